"""Pairs with a side that nobody can doubt to be the better: which of them a reward model gets wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..charts.strips import Measure, Strips, measure, strips
from .report_json import finite, mapping, mappings, share, text, whole
from .saying import Sentence, listed
from .saying import said as _
from .words import sentinel_name, signed


@dataclass(frozen=True, slots=True)
class Missed:
    """A pair whose better side it does not prefer. The texts are shown as any other model's: hostile until rendered."""

    kind: Sentence
    prompt: str
    better: str
    worse: str
    note: str
    margin: str


@dataclass(frozen=True, slots=True)
class SentinelsReading:
    strips: Strips
    missed: list[Missed]
    sentences: list[Sentence]
    left_out: str


def read_sentinels(found: Any) -> SentinelsReading | None:
    section = mapping(found)
    kinds = [measure("held_out", sentinel_name(text(row.get("kind"))), row) for row in mappings(section.get("kinds"))]
    drawn = strips([*kinds, measure("together", _("all of them"), section)])
    missed = [one for row in mappings(section.get("rows")) if (one := _missed(row))]
    if not drawn and not missed:
        return None
    shown = [row for row in drawn.rows if row.key == "held_out"]
    return SentinelsReading(drawn, missed, _sentences(section, shown), text(section.get("why_left_out")))


def _missed(row: Mapping[str, Any]) -> Missed | None:
    if row.get("right") is True or not text(row.get("prompt")):
        return None
    margin = finite(row.get("margin"))
    return Missed(
        kind=sentinel_name(text(row.get("kind"))), prompt=text(row.get("prompt")), better=text(row.get("better")),
        worse=text(row.get("worse")), note=text(row.get("note")), margin="" if margin is None else signed(margin, 2),
    )  # fmt: skip


def _sentences(section: Mapping[str, Any], kinds: list[Measure]) -> list[Sentence]:
    told = []
    right, pairs, accuracy = finite(section.get("right")), whole(section.get("pairs")), share(section.get("accuracy"))
    if right is not None and pairs and accuracy is not None:
        told.append(
            _(
                "Of {pairs} pairs in which one reply is beyond doubt the better, it prefers that one in {right}.",
                pairs=pairs, right=f"{right:g}",
            )
        )  # fmt: skip
    fooled = [row.label for row in kinds if row.high < 0.5]
    if fooled:
        told.append(_("It prefers the worse reply where that is: {kinds}.", kinds=listed(fooled)))
    doubtful = [row.label for row in kinds if row.low <= 0.5 <= row.high]
    if doubtful:
        told.append(_("Not shown to do better than chance on: {kinds}.", kinds=listed(doubtful)))
    return told
