"""How far an import is, in words, for its page."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.templatetags.ui import grouped

from .models import Import
from .selectors import progress_shown

_MINUTE, _HOUR = 60, 3600


def progress_words(imported: Import) -> dict[str, Any]:
    """`percent`, `rate` and `left`, each None while it cannot be known."""
    progress = progress_shown(imported)
    running = imported.finished_at is None
    return {
        "percent": None if progress.share is None else int(100 * progress.share),
        "rate": grouped(round(progress.lines_per_second)) if progress.lines_per_second else None,
        "left": _left(progress.seconds_left) if running and progress.seconds_left is not None else None,
    }


def _left(seconds: float) -> str:
    if seconds < _MINUTE:
        return _("less than a minute left")
    if seconds < _HOUR:
        minutes = round(seconds / _MINUTE)
        return ngettext("about %(n)s minute left", "about %(n)s minutes left", minutes) % {"n": minutes}
    hours = round(seconds / _HOUR)
    return ngettext("about %(n)s hour left", "about %(n)s hours left", hours) % {"n": hours}
