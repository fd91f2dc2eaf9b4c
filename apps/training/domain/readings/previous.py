"""What changed since the reward model before: both on the same held-out pairs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ..charts.chart import short
from ..charts.strips import Strips, measure, strips
from .report_json import Estimate, estimate, finite, mapping, mappings, text, whole
from .saying import Sentence
from .saying import said as _
from .saying import said_of as ngettext
from .words import points, points_between, signed, with_interval

PAIRS = (
    ("both_right", _("Both right")),
    ("only_new", _("Only this one right")),
    ("only_old", _("Only the one before right")),
    ("both_wrong", _("Neither right")),
)


@dataclass(frozen=True, slots=True)
class Turned:
    """A pair whose margin changed much, by the labelers' order. `prompt_uid` is empty where it names no prompt."""

    prompt_uid: str
    prompt: str
    better: str
    worse: str
    old: str
    new: str
    labelers: Sentence | None


@dataclass(frozen=True, slots=True)
class PreviousReading:
    strips: Strips
    counts: list[tuple[Sentence, int]]
    facts: list[tuple[Sentence, str]]
    changes: list[Turned]
    sentences: list[Sentence]
    left_out: int


def read_previous(found: Any) -> PreviousReading | None:
    section = mapping(found)
    new = measure("held_out", _("This model"), mapping(section.get("new")))
    old = measure("old", _("The one before"), mapping(section.get("old")))
    drawn = strips([new, old])
    counts = [(label, n) for key, label in PAIRS if (n := whole(section.get(key))) is not None]
    changes = [_turned(row) for row in mappings(section.get("changes"))]
    if not drawn and not counts and not changes:
        return None
    return PreviousReading(
        drawn, counts, _facts(section), changes, _sentences(section), whole(section.get("left_out")) or 0
    )


def _turned(row: Mapping[str, Any]) -> Turned:
    old, new = finite(row.get("old")), finite(row.get("new"))
    return Turned(
        prompt_uid=_uid(row.get("prompt_uid")), prompt=text(row.get("prompt")), better=text(row.get("better")),
        worse=text(row.get("worse")), old="" if old is None else signed(old, 2), new="" if new is None else signed(new, 2),
        labelers=_labelers(whole(row.get("labelers")), whole(row.get("against"))),
    )  # fmt: skip


def _labelers(count: int | None, against: int | None) -> Sentence | None:
    if not count:
        return None
    if against:
        return _("{n} against {against} labelers", n=f"{count:,}", against=f"{against:,}")
    return ngettext("{n} labeler", "{n} labelers", count, n=f"{count:,}")


def _uid(value: Any) -> str:
    """Only what leads somewhere: a report by hand names prompts as it likes."""
    try:
        return str(UUID(text(value)))
    except ValueError:
        return ""


def _facts(section: Mapping[str, Any]) -> list[tuple[Sentence, str]]:
    facts: list[tuple[Sentence, str]] = []
    better, worse, p = (finite(section.get(name)) for name in ("prompts_better", "prompts_worse", "mcnemar_p"))
    if better is not None and worse is not None:
        counted = _("{better} better, {worse} worse", better=f"{better:,.0f}", worse=f"{worse:,.0f}")
        facts.append((_("Prompts"), counted))
    if p is not None:
        facts.append((_("p, by a sign test over prompts"), short(p)))
    if found := estimate(section.get("correlation")):
        facts.append((_("Correlation of their rewards within a prompt"), with_interval(found, 2)))
    if name := text(section.get("identity")):
        facts.append((_("The model before"), name if len(name) <= 20 else f"{name[:12]}…"))
    return facts


def _sentences(section: Mapping[str, Any]) -> list[Sentence]:
    gain = estimate(section.get("gain"))
    told = [_of_gain(gain)] if gain else []
    only_new, only_old = whole(section.get("only_new")), whole(section.get("only_old"))
    if only_new is not None and only_old is not None:
        told.append(
            _(
                "It is right on {won} pairs that the one before had wrong, and wrong on {lost} that it had right.",
                won=f"{only_new:,}", lost=f"{only_old:,}",
            )
        )  # fmt: skip
    return told


def _of_gain(gain: Estimate) -> Sentence:
    if gain.above:
        return _(
            "It agrees with labelers more often than the model before, by {gain} points ({interval}).",
            gain=points(gain.value), interval=points_between(gain),
        )  # fmt: skip
    if gain.below:
        return _(
            "It agrees with labelers less often than the model before, by {gain} points ({low} to {high}).",
            gain=points(-gain.value), low=points(-gain.high), high=points(-gain.low),
        )  # fmt: skip
    return _(
        "That it is better or worse than the model before is not shown: the difference, {interval} points, may be 0.",
        interval=points_between(gain),
    )
