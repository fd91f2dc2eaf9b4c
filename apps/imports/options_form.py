"""Options of an import on its page: the same words as the API's, each explained."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.domain.errors import RuleBroken

from .domain.asked import ASKED, options_asked
from .domain.options import CAP_PER_SOURCE, DEDUPE_PREFIX
from .services.recogniser import options_runnable


class OptionsForm(forms.Form):
    """`options` is what was asked for, once the form is valid."""

    options: dict[str, Any]

    dedupe_prefix = forms.CharField(
        required=False,
        label=_("Leave out near duplicates: common characters"),
        help_text=_(
            "A prompt whose last message shares so many first characters with an earlier one, here or in the file. 200 is a good length."
        ),
        widget=forms.NumberInput(attrs={"placeholder": DEDUPE_PREFIX}),
    )
    cap_per_source = forms.CharField(
        required=False,
        label=_("Most prompts of one user or organisation"),
        help_text=_("Counted over the whole project by source key. InstructGPT took about 200."),
        widget=forms.NumberInput(attrs={"placeholder": CAP_PER_SOURCE}),
    )
    split_by = forms.CharField(
        required=False,
        label=_("What stands for the user or organisation"),
        help_text=_("source_key, or a field like metadata.organisation. All prompts of one go to the same split."),
    )
    pii = forms.ChoiceField(
        required=False,
        label=_("Personal data"),
        choices=[
            ("off", _("Keep texts as they are")),
            ("mask", _("Mask it, like [email]")),
            ("withhold", _("Leave out lines that hold any")),
        ],
        help_text=_(
            "E-mail addresses, phone, account and card numbers, IP addresses, national ids, passwords in links, keys. What was found where is reported, never the data."
        ),
    )
    pii_model = forms.CharField(
        required=False,
        label=_("Recogniser model"),
        help_text=_(
            "For names and places, which have no pattern: a folder below the installation's folder of recognisers."
        ),
    )
    language = forms.CharField(
        required=False,
        label=_("Language"),
        help_text=_("detect, or a code like de, for lines that do not say their own."),
    )
    use_case_quotas = forms.CharField(
        required=False, label=_("Most prompts by use case"), help_text=_("Of the project, like chat=500, open_qa=200.")
    )
    priority = forms.CharField(
        required=False,
        label=_("Priority of the tasks"),
        help_text=_("Higher ones are handed out first."),
        widget=forms.NumberInput(),
    )
    cohort = forms.ChoiceField(
        required=False,
        label=_("Keep the tasks for"),
        choices=[("", _("Everybody")), ("training", _("Training labelers")), ("held-out", _("Held-out labelers"))],
    )
    requires = forms.CharField(
        required=False,
        label=_("Skills the tasks ask for"),
        help_text=_("With commas, like language:es, domain:medicine."),
    )
    columns = forms.CharField(
        required=False, label=_("Columns"), widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_('JSON that says which column holds what, like {"prompt": "question"}, where the file has other names.'),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            self.options = options_asked({name: str(cleaned.get(name) or "") for name in ASKED})
            options_runnable(self.options)
        except RuleBroken as broken:
            name = broken.field.removeprefix("options.").partition(".")[0]
            self.add_error(name if name in self.fields else None, broken.message)
        return cleaned

    def option_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ASKED]

    def file_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in ASKED]

    @property
    def options_open(self) -> bool:
        """Unfold what holds an error or was filled in."""
        return any(field.errors or field.value() not in (None, "", "off") for field in self.option_fields())
