"""What a schema asks and what a new one changed, in words for managers."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .domain.parts import Parts
from .domain.schema_changes import Change

PARTS = {
    "ranking": gettext_lazy("Ranking"),
    "ratings": gettext_lazy("Ratings and flags of each candidate"),
    "proposal": gettext_lazy("A proposed order from the ratings"),
    "prompt": gettext_lazy("Flags and use case of the prompt"),
    "notes": gettext_lazy("Notes"),
    "prompt_writing": gettext_lazy("Labelers write prompts"),
}
RANKINGS = {
    "ladder": gettext_lazy("on the ladder"),
    "pairs": gettext_lazy("pair by pair"),
    "off": gettext_lazy("not at all"),
}
ASPECTS = {
    "kind": gettext_lazy("kind"),
    "subject": gettext_lazy("subject"),
    "label": gettext_lazy("label"),
    "help": gettext_lazy("explanation"),
    "polarity": gettext_lazy("polarity"),
    "na": gettext_lazy("n.a. allowed"),
    "required": gettext_lazy("answer needed"),
    "low": gettext_lazy("lowest step"),
    "high": gettext_lazy("highest step"),
}
PRESETS = {
    "instructgpt": gettext_lazy("InstructGPT (tables 3 and 7)"),
    "rank-only": gettext_lazy("Rank only"),
    "rate-only": gettext_lazy("Rate only"),
    "pairs": gettext_lazy("Pairs"),
}


def change_in_words(change: Change) -> str:
    match change.what:
        case "added":
            return _("“%(field)s” is new.") % {"field": change.subject}
        case "removed":
            return _("“%(field)s” is no longer asked.") % {"field": change.subject}
        case "order":
            return _("The order is another.")
        case "part":
            values = {"part": PARTS[change.aspect], "before": _value(change.before), "after": _value(change.after)}
            return _("%(part)s: %(before)s, now %(after)s.") % values
    values = {
        "field": change.subject, "aspect": ASPECTS.get(change.aspect, change.aspect),
        "before": _value(change.before), "after": _value(change.after),
    }  # fmt: skip
    if change.aspect == "help":
        return _("“%(field)s” has another explanation.") % values
    return _("“%(field)s”: %(aspect)s was %(before)s, now %(after)s.") % values


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in RANKINGS:
        return str(RANKINGS[value])
    return str(value)


def steps_in_words(parts: Parts) -> list[str]:
    """What a labeler does in a ranking task, in order."""
    said = []
    if parts.ratings:
        said.append(_("Read each candidate alone and rate it."))
    if parts.ranking == "ladder":
        said.append(_("Rank them on the ladder; ties are welcome."))
    if parts.ranking == "pairs":
        said.append(_("Compare them pair by pair, which builds the ladder."))
    if parts.proposal:
        said.append(_("The ladder may be begun from the order that the ratings propose."))
    if parts.prompt:
        said.append(_("Say something about the prompt."))
    if parts.notes:
        said.append(_("Leave a note, if there is something to say."))
    return said
