"""The form of a prompt that a labeler writes. The rules are `domain.written`'s."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .domain.written import CONTEXT_MAX, TEXT_MAX
from .words import USE_CASE_CHOICES


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "dir": "auto", "spellcheck": "true"})


class WrittenPromptForm(forms.Form):
    text = forms.CharField(
        label=_("Prompt"),
        max_length=TEXT_MAX,
        widget=_area(8),
        help_text=_("What somebody would ask the assistant, in their words. Any task: the more different, the better."),
    )
    context = forms.CharField(
        label=_("Sources"),
        max_length=CONTEXT_MAX,
        required=False,
        widget=_area(5),
        help_text=_("A text that the answer must rest on, where there is one."),
    )
    use_case = forms.ChoiceField(label=_("What kind of request is it?"))
    sensitive = forms.BooleanField(
        label=_("It touches sexual, violent, political or very personal matters"), required=False
    )

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.fields["use_case"].choices = [("", "—"), *USE_CASE_CHOICES.items()]  # type: ignore[attr-defined]
        # The browser's limit would cut a pasted text without a word.
        for name in ("text", "context"):
            self.fields[name].widget.attrs.pop("maxlength", None)
