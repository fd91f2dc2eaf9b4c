"""Forms about people."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class AddressField(forms.EmailField):
    """An email address as it is stored: in lower case, and no longer than its column.

    Failed sign-ins are counted by what arrives at `authenticate`, so one address must have one spelling.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=254, **options)

    def to_python(self, value: Any) -> Any:
        return (super().to_python(value) or "").lower()


class SignInForm(AuthenticationForm):
    username = AddressField(
        label=_("Email"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True, "spellcheck": "false"}),
    )
    error_messages = {
        "invalid_login": _("This email and password do not belong together. Check both, then try again."),
        "inactive": _("This account is closed."),
    }


class TokenForm(forms.Form):
    label = forms.CharField(
        label=_("What is it for?"), max_length=80, widget=forms.TextInput(attrs={"placeholder": _("nightly export")})
    )
