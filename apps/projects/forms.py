"""Forms about a project's people and guidelines. The rules themselves are the services'."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.forms import AddressField

from .guideline_services import CHANGE_MAX
from .models import Cohort, Membership, Track


class ProjectForm(forms.Form):
    """A new project: what it is called. How work is handed out is on its settings page."""

    name = forms.CharField(label=_("Name"), max_length=120)
    slug = forms.SlugField(
        label=_("Name in addresses (slug)"), max_length=60,
        help_text=_("Letters, digits, hyphens and underscores, like clinic-2026. It stays as it is."),
    )  # fmt: skip
    description = forms.CharField(
        label=_("What it is about"), required=False, widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    )


class MemberForm(forms.Form):
    email = AddressField(label=_("Email"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    password = forms.CharField(
        label=_("First password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Only for someone without an account here; others keep their own."),
    )
    role = forms.ChoiceField(label=_("Role"), choices=Membership.Role.choices)
    cohort = forms.ChoiceField(
        label=_("Cohort"),
        choices=Cohort.choices,
        help_text=_("Judgments of held-out labelers never enter a training snapshot."),
    )
    status = forms.ChoiceField(
        label=_("Begins with"),
        choices=[
            (Membership.Status.ACTIVE, _("Work")),
            (Membership.Status.QUALIFYING, _("The exam, and work once accepted")),
        ],
        required=False,
    )
    accepts_sensitive = forms.BooleanField(label=_("Accepts sensitive prompts"), required=False)

    def clean_status(self) -> str:
        status = self.cleaned_data["status"] or Membership.Status.ACTIVE
        labels = self.cleaned_data.get("role") in (Membership.Role.LABELER, Membership.Role.ADJUDICATOR)
        if status == Membership.Status.QUALIFYING and not labels:
            raise forms.ValidationError(_("Only labelers and adjudicators sit the exam."))
        return str(status)


class FirstGuidelineForm(forms.Form):
    """The first version of a track: everybody acknowledges it."""

    track = forms.ChoiceField(choices=Track.choices, widget=forms.HiddenInput)
    based_on = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    body = forms.CharField(
        label=_("Text"),
        widget=forms.Textarea(attrs={"rows": 24, "dir": "auto", "spellcheck": "true"}),
        help_text=_(
            "Markdown. Each heading is a rule. To let the labeling room open it at a field, write the field’s name behind "
            "the heading: ## Facts {#hallucination}"
        ),
    )


class GuidelineForm(FirstGuidelineForm):
    changes_meaning = forms.TypedChoiceField(
        label=_("Does the meaning change?"),
        choices=[
            ("yes", _("Yes: everybody acknowledges it before their next task")),
            ("no", _("No, it says the same: nobody is interrupted")),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether the meaning changes.")},
    )
    change = forms.CharField(
        label=_("What is different, in a sentence"),
        max_length=CHANGE_MAX,
        help_text=_("Labelers read it before what changed, and it stays in the list of versions."),
        error_messages={"required": _("Say in a sentence what is different.")},
    )
