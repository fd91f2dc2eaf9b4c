"""The states of imports, snapshots, runs, sets of candidates and turns of the loop, in words for people."""

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()
WORDS = {
    "receiving": _("receiving"),
    "queued": _("queued"),
    "building": _("building"),
    "waiting": _("waiting"),
    "not reached": _("not reached"),
    "running": _("running"),
    "partial": _("partial"),
    "ready": _("ready"),
    "done": _("done"),
    "failed": _("failed"),
    "cancelled": _("cancelled"),
}


@register.filter
def state_word(state: str) -> str:
    """In the reader's language; the API and the names of styles keep the stored word."""
    return str(WORDS.get(state, state))
