"""Whether a reward model knows the taste of people it did not learn from: one training without each group of labelers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..charts.chart import percent
from ..charts.strips import Measure, Strips, measure, strips
from .report_json import estimate, finite, mapping, mappings, texts, whole
from .saying import Sentence
from .saying import said as _
from .words import points, points_between


@dataclass(frozen=True, slots=True)
class Fold:
    """A training without the group `names`: how often it agrees with the others and with that group."""

    number: int | None
    labelers: int | None
    names: str
    prompts: int | None
    comparisons: int | None
    within: Measure | None
    left_out: Measure | None


@dataclass(frozen=True, slots=True)
class FoldsReading:
    strips: Strips
    folds: list[Fold]
    sentences: list[Sentence]


def read_folds(found: Any) -> FoldsReading | None:
    section = mapping(found)
    within = measure("held_out", _("With the labelers it learned from"), mapping(section.get("within")))
    left_out = measure("left_out", _("With the group left out"), mapping(section.get("left_out")))
    folds = [_fold(row) for row in mappings(section.get("rows"))]
    itself = measure(
        "itself", _("With the same group, by the model that heard everybody"), mapping(section.get("model"))
    )
    drawn = strips([within, left_out, itself])
    return FoldsReading(drawn, folds, _sentences(section, within, left_out)) if drawn or folds else None


def _fold(row: Mapping[str, Any]) -> Fold:
    return Fold(
        number=whole(row.get("fold")),
        labelers=whole(row.get("labelers")),
        names=", ".join(texts(row.get("names"))),
        prompts=whole(row.get("trained_prompts")),
        comparisons=whole(row.get("trained_comparisons")),
        within=measure("within", "", mapping(row.get("within"))),
        left_out=measure("left_out", "", mapping(row.get("left_out"))),
    )


def _sentences(section: Mapping[str, Any], within: Measure | None, left_out: Measure | None) -> list[Sentence]:
    told = []
    gap = estimate(section.get("gap"))
    if gap and gap.above:
        told.append(
            _(
                "It knows the people it learned from better than others, by {gap} points ({interval}).",
                gap=points(gap.value), interval=points_between(gap),
            )
        )  # fmt: skip
    elif gap and gap.below:
        told.append(
            _(
                "It agrees more with those left out than with those it learned from, by {gap} points ({interval}): "
                "the groups differ in more than taste.",
                gap=points(-gap.value), interval=_("{low} to {high}", low=points(-gap.high), high=points(-gap.low)),
            )
        )  # fmt: skip
    elif gap:
        told.append(
            _(
                "That it knows the people it learned from better than others is not shown: the difference, "
                "{interval} points, may be 0.",
                interval=points_between(gap),
            )
        )
    told += _of_loss(section)
    if within and left_out and within.low > 0.5 >= left_out.low:
        told.append(_("Of people it never learned from it is not shown to be right more often than chance."))
    return [*told, *_of_errors(section, within, left_out)]


def _of_loss(section: Mapping[str, Any]) -> list[Sentence]:
    """On the same pairs: the model that heard everybody, less the one that did not hear those who ordered them."""
    loss = estimate(section.get("loss"))
    if loss is None:
        return []
    worth = {"gain": points(loss.value), "interval": points_between(loss)}
    if loss.above:
        return [_("Having heard a group is worth {gain} points on what it ordered ({interval}).", **worth)]
    if loss.below:
        return [
            _("Having heard a group makes it worse on what that group ordered, by {gain} points ({interval}).", **worth)
        ]
    return [_("That having heard a group helps on what it ordered is not shown: {interval} points.", **worth)]


def _of_errors(section: Mapping[str, Any], within: Measure | None, left_out: Measure | None) -> list[Sentence]:
    """Beside the paper's numbers, written as it writes them."""
    errors = finite(section.get("within_sem")), finite(section.get("left_out_sem"))
    if not within or not left_out or errors[0] is None or errors[1] is None:
        return []
    return [
        _(
            "As InstructGPT writes it: {within} ± {within_error} and {left_out} ± {left_out_error}; there 72.4 ± 0.4\u00a0% "
            "and 69.6 ± 0.9\u00a0%.",
            within=f"{100 * within.accuracy:.1f}", within_error=percent(errors[0]),
            left_out=f"{100 * left_out.accuracy:.1f}", left_out_error=percent(errors[1]),
        )
    ]  # fmt: skip
