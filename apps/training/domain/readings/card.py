"""The rest of a reward run's report card, part by part in the order in which one asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..charts.strips import Measure
from .confidence import ConfidenceReading, read_confidence
from .curve import CurveReading, read_curve
from .ensemble import EnsembleReading, read_ensemble
from .folds import FoldsReading, read_folds
from .leanings import LeaningsReading, read_leanings
from .previous import PreviousReading, read_previous
from .report_json import mapping, mappings, text, whole
from .saying import Sentence
from .saying import said as _
from .sentinels import SentinelsReading, read_sentinels
from .slices import SlicesReading, read_slices

TITLES = {
    "slices": _("Where it is weak"),
    "folds": _("Does it know other people's taste?"),
    "confidence": _("Can its confidence be believed?"),
    "learning_curve": _("Would more labels help?"),
    "leanings": _("What it likes"),
    "ensemble": _("How sure it is"),
    "sentinels": _("What it sees through"),
    "previous": _("What changed since the model before"),
}
# What the report calls the parts of which it says why they are not there.
_PARTS = {"calibration": "confidence", "margins": "confidence"}
_REASONS = (
    "slices", "folds", "calibration", "margins", "learning_curve", "leanings", "ensemble", "sentinels", "previous",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Further:
    """A training beside the model's own, made for this card."""

    name: str
    prompts: int | None
    comparisons: int | None
    steps: int | None
    seed: int | None
    failed: str


@dataclass(frozen=True, slots=True)
class Card:
    """A part that is not there is None; `missing` says why, where the report does."""

    slices: SlicesReading | None
    folds: FoldsReading | None
    confidence: ConfidenceReading | None
    learning_curve: CurveReading | None
    leanings: LeaningsReading | None
    ensemble: EnsembleReading | None
    sentinels: SentinelsReading | None
    previous: PreviousReading | None
    missing: list[tuple[Sentence, str]]
    trainings: list[Further]

    @property
    def titles(self) -> Mapping[str, Sentence]:
        return TITLES

    @property
    def contents(self) -> list[tuple[str, Sentence]]:
        """The parts that are there, by their places on the page."""
        return [(key, title) for key, title in TITLES.items() if getattr(self, key) is not None]


def read_card(found: Any, by: Mapping[str, Measure]) -> Card | None:
    """`by` has the report's own measures: `held_out`, `agreement`. None of a report that is older than the card."""
    card = mapping(found)
    if not card:
        return None
    model, people = by.get("held_out"), by.get("agreement")
    return Card(
        slices=read_slices(card.get("slices"), model),
        folds=read_folds(card.get("folds")),
        confidence=read_confidence(card.get("calibration"), card.get("margins")),
        learning_curve=read_curve(card.get("learning_curve"), people),
        leanings=read_leanings(card.get("leanings")),
        ensemble=read_ensemble(card.get("ensemble"), model),
        sentinels=read_sentinels(card.get("sentinels")),
        previous=read_previous(card.get("previous")),
        missing=_missing(card),
        trainings=[_further(row) for row in mappings(card.get("trainings")) if text(row.get("name"))],
    )


def _missing(card: Mapping[str, Any]) -> list[tuple[Sentence, str]]:
    """Each reason once, beside the part it is of."""
    found: dict[tuple[Sentence, str], None] = {}
    for key in _REASONS:
        if why := text(card.get(f"why_no_{key}")):
            found[TITLES[_PARTS.get(key, key)], why] = None
    return list(found)


def _further(row: Mapping[str, Any]) -> Further:
    return Further(
        name=text(row.get("name")), prompts=whole(row.get("prompts")), comparisons=whole(row.get("comparisons")),
        steps=whole(row.get("steps")), seed=whole(row.get("seed")), failed=text(row.get("failed")),
    )  # fmt: skip
