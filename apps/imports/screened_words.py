"""What an import's options did, in words, for its page."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import Import

_LEFT_OUT = {
    "near_duplicate": gettext_lazy("Left out: near duplicates"),
    "source_full": gettext_lazy("Left out: the user or organisation has its most prompts"),
    "use_case_full": gettext_lazy("Left out: the use case has its most prompts"),
    "pii_withheld": gettext_lazy("Left out: held personal data"),
    "pii_masked": gettext_lazy("Lines with personal data masked"),
    "language_set": gettext_lazy("Language set"),
    "language_unclear": gettext_lazy("Language unclear"),
    "without_source": gettext_lazy("Without the field that stands for the source"),
}
_KINDS = {
    "email": gettext_lazy("e-mail addresses"),
    "phone": gettext_lazy("phone numbers"),
    "iban": gettext_lazy("bank accounts"),
    "card": gettext_lazy("payment cards"),
    "ip": gettext_lazy("IP addresses"),
    "national_id": gettext_lazy("national ids"),
    "credentials": gettext_lazy("passwords in links"),
    "api_key": gettext_lazy("keys"),
}


def screened_shown(imported: Import) -> list[tuple[str, int]]:
    """A label and a number a rule; the rules before the kinds of personal data."""
    counts = imported.screened
    rules = [(str(label), counts[name]) for name, label in _LEFT_OUT.items() if name in counts]
    kinds = [name.removeprefix("pii_") for name in counts if name.startswith("pii_") and name not in _LEFT_OUT]
    found = [
        (_("Personal data: {kind}").format(kind=_KINDS.get(kind, kind)), counts[f"pii_{kind}"])
        for kind in sorted(kinds)
    ]
    return rules + found
