"""The sentences that the room's scripts say, for translators: `say("...")` in `static/js` looks them up.

A test compares this list with the scripts.
"""

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

ROOM_TEXTS: tuple[str, ...] = (
    # ladder and board
    _("The proposed order is taken."),
    _("{place}, proposed"),
    _("The rest tie at the bottom."),
    _("Undone."),
    _("Nothing to undo."),
    _("Redone."),
    _("Nothing to redo."),
    _("Short texts"),
    _("Full texts"),
    _("Place {letter} on rung"),
    _("Place {letter} on rung {n}"),
    _("Move {letter} up"),
    _("Move {letter} down"),
    _("Tie {letter} with the one above"),
    _("rated {n}"),
    _("Fold the text of {letter}"),
    _("Show all {words} of {letter}"),
    _("Not placed yet"),
    _("Rank {n} of {m}"),
    _("best"),
    _("worst"),
    _("A rung of its own"),
    _("{question} That can be right; this is only a question."),
    _("You rated {one} {high} and {other} {low}, yet {other} stands above {one}."),
    _("{letter}, not placed yet"),
    _("{letter}, rank {n} of {m}, tied with {others}"),
    _("{letter}, rank {n} of {m}"),
    # steps
    _("The ladder, proposed from your ratings. Take this order, or move the outputs."),
    _("The ladder. {n} not placed yet."),
    _("Raw texts"),
    _("Formatted texts"),
    _("Next task. {prompt}"),
    _("The server could not be reached or did not accept it. Nothing is lost: try again."),
    _("not rated yet"),
    _("Output {letter} of {n}, {rated}"),
    _("{letter} rated {n}"),
    _("Output {letter}, {rated}"),
    _("This flag has no such answer."),
    _("{n} answered"),
    _("Not rated yet: {letters}."),
    _("The proposed order is no answer yet: take it, or move an output."),
    _("Not placed on the ladder yet: {letters}."),
    # keys
    _("Go to that output"),
    _("Rate it"),
    _("Next output"),
    _("Previous output"),
    _("Mark its flags"),
    _("In a flag: yes, and on to the next"),
    _("In a flag: no, and on to the next"),
    _("In a flag: not applicable, and on to the next"),
    _("In a flag: the one above"),
    _("In a flag: the one below"),
    _("Jot down a note on it"),
    _("On to the ladder"),
    _("Take that output in hand"),
    _("Put it on that rung"),
    _("Tie it with the one above"),
    _("One step up: out of a tie, or onto the rung above"),
    _("One step down"),
    _("All that are not placed yet tie at the bottom"),
    _("Take the order proposed from your ratings"),
    _("Compare two outputs side by side"),
    _("Fold or unfold its text"),
    _("Short or full texts on the ladder"),
    _("Undo the last move"),
    _("Redo it"),
    _("Back to reading and rating"),
    _("Go to the prompt"),
    _("Open or close the guideline"),
    _("Formatted or raw texts"),
    _("Close the guideline"),
    _("This sheet"),
    _("Submit"),
    _("Close"),
    _("Keyboard shortcuts"),
    _("Single-key shortcuts"),
    # compare
    # drafts, lease, next task
    _("Saved {time}"),
    _("Not saved"),
    _("Not saved: {reason}"),
    _("Not saved. Trying again."),
    _("Not saved: no connection. Trying again."),
    _("Another window saved a newer draft of this task. Reload to see it; what is on this page stays until you do."),
    _("This task is submitted or skipped already, so its draft is closed."),
    _("You are signed out. Sign in again in another tab, then reload this page; your work is there."),
    _("Your time on this task has run out. Your draft is kept: claim it again to go on. You can also still submit."),
    _("This task goes back to the queue in {n} seconds unless you go on with it."),
    _("Your last changes of {time} had not reached the server. This browser had kept them: they are back."),
    _(
        "This browser kept changes of {time} that had not reached the server. A newer draft was saved since, and is what you see."
    ),
    _("Take the changes instead"),
    _("Forget them"),
    # pace
    _(
        "You have worked for {minutes} minutes without a pause. A short one is good for you and for your judgment; nothing here is lost meanwhile."
    ),
    _("Later"),
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
