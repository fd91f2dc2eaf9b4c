"""Where a reward model is weak: its accuracy by use case, K, length of the prompt, labeler, cohort and distance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..charts.strips import Measure, Strips, measure, strips
from .report_json import mapping, mappings, text, whole
from .saying import Sentence, listed
from .saying import said as _
from .saying import said_of as ngettext
from .words import NOT_SAID, plainly, slice_names

NAMED = 4  # so many are named in a sentence


@dataclass(frozen=True, slots=True)
class Slice:
    key: str
    title: Sentence
    strips: Strips
    glance: Sentence
    more: int
    has_agreement: bool


@dataclass(frozen=True, slots=True)
class SlicesReading:
    slices: list[Slice]
    sentences: list[Sentence]


@dataclass(frozen=True, slots=True)
class _Part:
    """A row of a slice, with the labelers' agreement there."""

    row: Measure
    people: Measure | None
    called: Sentence


def read_slices(found: Any, model: Measure | None) -> SlicesReading | None:
    slices, parts = [], []
    for one in mappings(found):
        key = text(one.get("by"))
        own = [part for row in mappings(one.get("rows")) if (part := _part(key, row))]
        if own:
            slices.append(_slice(key, one, own))
            parts += own
    return SlicesReading(slices, _sentences(parts, model)) if slices else None


def _slice(key: str, one: Mapping[str, Any], parts: Sequence[_Part]) -> Slice:
    title, _called = slice_names(key)
    rest = measure("rest", _("all others together"), mapping(one.get("rest")))
    shares = sorted(part.row.accuracy for part in parts)
    glance = ngettext(
        "{n} row, {share}", "{n} rows, {share}", len(parts), n=len(parts),
        share=parts[0].row.text if len(parts) == 1 else f"{100 * shares[0]:.1f} \u2013 {100 * shares[-1]:.1f}\u00a0%",
    )  # fmt: skip
    drawn = strips([*(part.row for part in parts), rest])
    return Slice(key, title, drawn, glance, whole(one.get("more")) or 0, any(part.people for part in parts))


def _part(key: str, row: Mapping[str, Any]) -> _Part | None:
    name = plainly(text(row.get("name"))) if key in ("use_case", "cohort") else text(row.get("name"))
    label = name or NOT_SAID
    people = measure("agreement", label, mapping(row.get("agreement")))
    beside = f"{people.text} ({people.interval})" if people else ""
    own = measure("slice", label, row, note=_note(key, row), beside=beside)
    if own is None:
        return None
    called = _("{name} ({part}, {share})", name=label, part=slice_names(key)[1], share=own.text)
    return _Part(own, people, called)


def _note(key: str, row: Mapping[str, Any]) -> str:
    """Of a labeler: what they are."""
    return ", ".join(
        plainly(one) for one in (text(row.get("kind")), text(row.get("cohort"))) if one and key == "labeler"
    )


def _sentences(parts: Sequence[_Part], model: Measure | None) -> list[Sentence]:
    told = []
    weak = [part for part in parts if model and part.row.high < model.low]
    if weak:
        told.append(_("Weaker than on the whole, as the intervals do not meet: {parts}.", parts=_named(weak)))
        told += _of_people(weak)
    elif model:
        told.append(
            _("No part is shown to be weaker than the whole: every interval meets that of all held-out prompts.")
        )
    contrary = [part for part in parts if part.row.high < 0.5]
    if contrary:
        told.append(_("Worse than chance, as if they wanted the opposite: {parts}.", parts=_named(contrary)))
    doubtful = [part for part in parts if part.row.low <= 0.5 and part not in weak + contrary]
    if doubtful and model and model.low > 0.5:  # else none is, and the first table says so
        told.append(_("Not shown to be better than chance: {parts}.", parts=_named(doubtful)))
    return told


def _of_people(weak: Sequence[_Part]) -> list[Sentence]:
    """Whether the labelers themselves agree where the model is weak."""
    known = [part for part in weak if part.people]
    room = [part for part in known if part.people and part.people.low > part.row.high]
    if room:
        return [
            _(
                "Labelers agree with each other more often there, so there is something to learn: {parts}.",
                parts=_named(room),
            )
        ]
    return [_("Labelers are not shown to agree better with each other there.")] if known else []


def _named(parts: Sequence[_Part]) -> Sentence:
    """The weakest few by name."""
    first = sorted(parts, key=lambda part: part.row.accuracy)[:NAMED]
    names = listed([part.called for part in first])
    more = len(parts) - len(first)
    return _("{names} and {n} more", names=names, n=more) if more else names
