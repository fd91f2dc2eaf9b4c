"""What a reward model likes: length, lists, politeness and the like, beside what its labelers like."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..charts.strips import Measure, measure
from .report_json import Estimate, estimate, mapping, mappings, text, texts, whole
from .saying import Sentence, listed
from .saying import said as _
from .words import feature_names, with_interval

SHOWN_FIRST = "shown_first"
IN_PROPORTION, LENGTH = "log_characters", "characters"


@dataclass(frozen=True, slots=True)
class Leaning:
    """One feature: how often the reply with more of it wins, by the model and by its labelers."""

    key: str
    label: Sentence
    called: Sentence
    model: Measure
    labelers: Measure
    difference: Estimate | None
    of_model: Estimate | None
    of_labelers: Estimate | None
    pairs: int | None

    @property
    def correlations(self) -> list[Sentence | None]:
        """Of the model, of its labelers, and their difference, with their intervals."""
        found = (self.of_model, self.of_labelers, self.difference)
        return [with_interval(one, 2) if one else None for one in found]


@dataclass(frozen=True, slots=True)
class LeaningsReading:
    leanings: list[Leaning]
    absent: Sentence | None
    sentences: list[Sentence]


def read_leanings(found: Any) -> LeaningsReading | None:
    section = mapping(found)
    leanings = [one for row in mappings(section.get("rows")) if (one := _leaning(row))]
    if not leanings:
        return None
    absent = [feature_names(key)[1] for key in texts(section.get("absent"))]
    return LeaningsReading(leanings, listed(absent) if absent else None, _sentences(leanings))


def _leaning(row: Mapping[str, Any]) -> Leaning | None:
    key = text(row.get("feature"))
    label, called = feature_names(key)
    model = measure("held_out", _("the model"), mapping(row.get("model_more")))
    labelers = measure("people", _("its labelers"), mapping(row.get("labelers_more")))
    if not key or not model or not labelers:
        return None
    return Leaning(
        key, label, called, replace(model, axis=0.0), replace(labelers, axis=0.0), estimate(row.get("difference")),
        estimate(row.get("model")), estimate(row.get("labelers")), whole(row.get("pairs")),
    )  # fmt: skip


def _sentences(leanings: Sequence[Leaning]) -> list[Sentence]:
    own = _once([one for one in leanings if one.key != SHOWN_FIRST])
    more = _names(own, lambda one: one.difference is not None and one.difference.above)
    less = _names(own, lambda one: one.difference is not None and one.difference.below)
    told = []
    if more:
        told.append(_("Compared with its labelers it leans towards {features}.", features=more))
    if less:
        told.append(_("Compared with its labelers it leans away from {features}.", features=less))
    if not more and not less:
        told.append(_("No leaning beyond its labelers' own is shown."))
    shared = _names(own, _is_shared)
    if shared:
        told.append(_("Like its labelers it prefers more of {features}.", features=shared))
    return [*told, *_of_position(leanings)]


def _once(leanings: Sequence[Leaning]) -> list[Leaning]:
    """Length is measured twice and named once."""
    has_length = any(one.key == LENGTH for one in leanings)
    return [one for one in leanings if one.key != IN_PROPORTION or not has_length]


def _is_shared(one: Leaning) -> bool:
    """Both prefer it, and that they differ in how much is not shown."""
    differs = one.difference is None or one.difference.above or one.difference.below
    return one.model.low > 0.5 and one.labelers.low > 0.5 and not differs


def _names(leanings: Sequence[Leaning], wanted: Callable[[Leaning], bool]) -> Sentence | None:
    chosen = [one.called for one in leanings if wanted(one)]
    return listed(chosen) if chosen else None


def _of_position(leanings: Sequence[Leaning]) -> list[Sentence]:
    """The model sees no order, its labelers do."""
    position = next((one for one in leanings if one.key == SHOWN_FIRST), None)
    if position and position.labelers.low > 0.5:
        return [
            _(
                "Its labelers favour what was shown first, which the model cannot see: a part of their choices is no taste."
            )
        ]
    if position and position.labelers.high < 0.5:
        return [
            _(
                "Its labelers favour what was shown later, which the model cannot see: a part of their choices is no taste."
            )
        ]
    return []
