"""Forms about a project's people and guidelines. The rules themselves are the services'."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.forms import AddressField

from .models import Cohort, Membership, Track


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
    accepts_sensitive = forms.BooleanField(label=_("Accepts sensitive prompts"), required=False)


class GuidelineForm(forms.Form):
    track = forms.ChoiceField(
        label=_("Track"),
        choices=Track.choices,
        help_text=_("Collection: helpfulness first. Evaluation: truth and harmlessness first."),
    )
    body = forms.CharField(
        label=_("Text"),
        widget=forms.Textarea(attrs={"rows": 18}),
        help_text=_("Markdown. Each line that starts with ## becomes an entry of the table of contents."),
    )
    requires_acknowledgement = forms.BooleanField(
        label=_("Labelers acknowledge it before they go on"), required=False, initial=True
    )
