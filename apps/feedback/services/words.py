"""What people may write here: plain text of a bounded length."""

from typing import Any

from django.utils.translation import gettext as _

from apps.core.domain.errors import RuleBroken

from ..models import TEXT_MAX


def clean_words(value: Any, field: str, *, required: bool) -> str:
    """`value` without NUL characters and outer space, with plain line ends. Raises RuleBroken that names `field`."""
    if not isinstance(value, str):
        raise RuleBroken(_("%(field)s: a text is needed.") % {"field": field}, field=field)
    words = value.replace("\x00", "").replace("\r\n", "\n").strip()
    if not words and required:
        raise RuleBroken(_("%(field)s: write something first.") % {"field": field}, field=field, code="empty_text")
    if len(words) > TEXT_MAX:
        raise RuleBroken(
            _("%(field)s: at most %(most)d characters; this text has %(length)d.")
            % {"field": field, "most": TEXT_MAX, "length": len(words)},
            field=field, code="text_too_long",
        )  # fmt: skip
    try:
        words.encode()
    except UnicodeEncodeError as error:
        raise RuleBroken(
            _("%(field)s: holds half a character (a lone surrogate).") % {"field": field}, field=field
        ) from error
    return words
