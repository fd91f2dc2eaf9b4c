"""The sentences that the room's scripts say, for translators: `say("...")` in `static/js` looks them up.

A test compares this list with the scripts.
"""

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

ROOM_TEXTS: tuple[str, ...] = (
    # ladder and board
    # steps
    # keys
    # compare
    # drafts, lease, next task
    # pace
    # writing
    _("1 word"),
    _("{n} words"),
    _("1 character"),
    _("{n} characters"),
    _("{n} of {limit} characters"),
)


def room_translations() -> dict[str, str]:
    """Those of the sentences that the language in use says otherwise, by the English one."""
    said = {sentence: gettext(sentence) for sentence in ROOM_TEXTS}
    return {sentence: other for sentence, other in said.items() if other != sentence}
