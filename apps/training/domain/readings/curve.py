"""Whether more labels would help: accuracy on the same held-out pairs, after learning from less."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..charts.chart import percent
from ..charts.plot import Dot, Plot, axis_of_shares
from ..charts.strips import Measure, between, measure
from .report_json import estimate, mapping, mappings, text, whole
from .saying import Sentence, as_it_is
from .saying import said as _
from .words import points, points_between


@dataclass(frozen=True, slots=True)
class CurveReading:
    plot: Plot
    sentences: list[Sentence]


def read_curve(found: Any, people: Measure | None) -> CurveReading | None:
    """`people` is how often labelers agree with each other: the line to compare with."""
    section = mapping(found)
    points_found = _points(section)
    if not points_found:
        return None
    return CurveReading(_plot(points_found, people), _sentences(section))


@dataclass(frozen=True, slots=True)
class _Point:
    prompts: int
    comparisons: int | None
    seen: Measure


def _points(section: Mapping[str, Any]) -> list[_Point]:
    found = []
    for row in mappings(section.get("points")):
        seen, prompts = measure("", "", row), whole(row.get("trained_prompts"))
        if seen and prompts is not None and prompts > 0:
            found.append(_Point(prompts, whole(row.get("trained_comparisons")), seen))
    return sorted(found, key=lambda one: one.prompts)


def _plot(found: Sequence[_Point], people: Measure | None) -> Plot:
    places = [math.log2(one.prompts) for one in found]
    ends = places[0], places[-1]
    lowest, _top = axis_of_shares(min([one.seen.low for one in found] + ([people.accuracy] if people else [])))
    description = (
        _("Accuracy on held-out prompts after learning from so many prompts, with 95 % intervals. "
          "The dashed line is how often two labelers agree with each other.")
        if people
        else _("Accuracy on held-out prompts after learning from so many prompts, with 95 % intervals.")
    )  # fmt: skip
    return Plot(
        "learning", _("Learning curve"), description,
        [Dot(x, one.seen.accuracy, one.seen.low, one.seen.high) for x, one in zip(places, found, strict=True)],
        across=ends, up=(lowest, 1.0), ends_across=(f"{found[0].prompts:,}", f"{found[-1].prompts:,}"),
        ends_up=(percent(lowest, 0), percent(1, 0)),
        title_across=_("training prompts, each step doubled"),
        guide=[(ends[0], people.accuracy), (ends[1], people.accuracy)] if people else [],
        columns=[_("Training prompts"), _("Comparisons"), _("Right"), _("95 % interval")],
        rows=[
            (f"{one.prompts:,}", "" if one.comparisons is None else f"{one.comparisons:,}", one.seen.text,
             between(one.seen.low, one.seen.high))
            for one in found
        ],
    )  # fmt: skip


def _sentences(section: Mapping[str, Any]) -> list[Sentence]:
    gain = estimate(mapping(section.get("doubling")).get("gain"))
    if gain is None:
        why = text(section.get("why_no_doubling"))
        return [as_it_is(why)] if why else []
    seen = round(100 * gain.value, 1) != 0  # worse by 0.0 points is no news
    if seen and gain.above:
        return [
            _(
                "Each doubling of the training prompts brought {gain} points ({interval}): more labels would help for as long "
                "as that goes on.",
                gain=points(gain.value), interval=points_between(gain),
            )
        ]  # fmt: skip
    if seen and gain.below:
        return [
            _(
                "More prompts made it worse, by {gain} points a doubling: look at the newest labels or at the settings.",
                gain=points(-gain.value),
            )
        ]
    return [
        _(
            "That more labels of this kind would help is not shown: a doubling of the training prompts brought {interval} points.",
            interval=points_between(gain),
        )
    ]
