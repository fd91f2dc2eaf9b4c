"""Whether a reward model's confidence can be believed: calibration, and accuracy against the margin."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..charts.chart import percent, short
from ..charts.plot import Dot, Plot, axis_of_shares
from ..charts.strips import between
from .report_json import Estimate, estimate, finite, mapping, mappings, share, whole
from .saying import Sentence
from .saying import said as _
from .words import signed, with_interval

COIN = math.log(2)  # nats a pair


@dataclass(frozen=True, slots=True)
class ConfidenceReading:
    plots: list[Plot]
    facts: list[tuple[Sentence, str]]
    sentences: list[Sentence]


def read_confidence(calibration: Any, margins: Any) -> ConfidenceReading | None:
    section = mapping(calibration)
    plots = [plot for plot in (_calibration_plot(section), _margin_plot(mapping(margins))) if plot]
    facts = _facts(section)
    if not plots and not facts:
        return None
    return ConfidenceReading(plots, facts, [*_of_temperature(section), *_of_loss(section), *_of_margins(plots)])


@dataclass(frozen=True, slots=True)
class _Bin:
    begin: float
    end: float
    dot: Dot
    pairs: int | None


def _bins(section: Mapping[str, Any], across: str, up: str) -> list[_Bin]:
    found = []
    for row in mappings(section.get("bins")):
        place = [finite(row.get(name)) for name in ("from", "to", across)]
        seen = [share(row.get(name)) for name in (up, "low", "high")]
        if None not in place and None not in seen:
            begin, end, x = (one or 0.0 for one in place)
            y, low, high = (one or 0.0 for one in seen)
            found.append(_Bin(begin, end, Dot(x, y, low, high), whole(row.get("pairs"))))
    return found


def _calibration_plot(section: Mapping[str, Any]) -> Plot | None:
    bins = _bins(section, "predicted", "agreed")
    if not bins:
        return None
    lowest, _top = axis_of_shares(min(one.dot.low for one in bins))
    return Plot(
        "calibration", _("Calibration"),
        _("How often labelers agree, against what the model says, with 95 % intervals. On the dashed line both are the same."),
        [one.dot for one in bins], across=(0.5, 1.0), up=(lowest, 1.0),
        ends_across=("50\u00a0%", "100\u00a0%"), ends_up=(percent(lowest, 0), percent(1, 0)),
        title_across=_("what the model says"), guide=[(0.5, 0.5), (1.0, 1.0)],
        columns=[_("The model says"), _("Labelers agree"), _("95 % interval"), _("Pairs")],
        rows=[
            (percent(one.dot.x), percent(one.dot.y), between(one.dot.low, one.dot.high), _count(one.pairs)) for one in bins
        ],
    )  # fmt: skip


def _margin_plot(section: Mapping[str, Any]) -> Plot | None:
    bins = _bins(section, "mean", "accuracy")
    if not bins:
        return None
    lowest, _top = axis_of_shares(min(one.dot.low for one in bins))
    widest = max(one.dot.x for one in bins)
    return Plot(
        "margins", _("Accuracy against margin"),
        _("How often it is right, by how far apart it puts the two replies, with 95 % intervals. The dashed line is chance."),
        [one.dot for one in bins], across=(0.0, widest), up=(lowest, 1.0),
        ends_across=("0", short(widest)), ends_up=(percent(lowest, 0), percent(1, 0)),
        title_across=_("margin, in units of its scale"), guide=[(0.0, 0.5), (widest, 0.5)],
        columns=[_("Margin"), _("Right"), _("95 % interval"), _("Pairs")],
        rows=[
            (f"{signed(one.begin, 2)} \u2013 {signed(one.end, 2)}", percent(one.dot.y), between(one.dot.low, one.dot.high),
             _count(one.pairs))
            for one in bins
        ],
    )  # fmt: skip


def _facts(section: Mapping[str, Any]) -> list[tuple[Sentence, str]]:
    facts: list[tuple[Sentence, str]] = []
    if error := estimate(section.get("ece")):
        facts.append((_("Expected calibration error (ECE)"), with_interval(error)))
    if (chance := finite(section.get("ece_if_calibrated"))) is not None:
        facts.append((_("The same of a calibrated model, by chance alone"), signed(chance, 3)))
    if temperature := estimate(section.get("temperature")):
        facts.append((_("Temperature that would calibrate it"), with_interval(temperature, 2)))
    if loss := estimate(section.get("log_loss")):
        facts.append((_("Loss, in nats a pair (a coin's is 0.693)"), with_interval(loss)))
    return facts


def _of_temperature(section: Mapping[str, Any]) -> list[Sentence]:
    found = estimate(section.get("temperature"))
    if found is None:
        return []
    if found.low > 1:
        return [
            _(
                "It is over-confident: it would have to divide its margins by {times} to be believed.",
                times=_times(found),
            )
        ]
    if found.high < 1:
        return [
            _("It is too timid: its margins would have to be divided by {times} to be believed.", times=_times(found))
        ]
    return [_("As far as these pairs tell, its confidence can be believed: the temperature's interval holds 1.")]


def _of_loss(section: Mapping[str, Any]) -> list[Sentence]:
    loss = estimate(section.get("log_loss"))
    if loss and loss.low > COIN:
        return [_("Who bet by its confidence would do worse than by a coin.")]
    return []


def _of_margins(plots: Sequence[Plot]) -> list[Sentence]:
    """The first and the last bin of the margins, where there are two."""
    dots = next((plot.dots for plot in plots if plot.name == "margins"), ())
    if len(dots) < 2:
        return []
    first, last = dots[0], dots[-1]
    if last.low > first.high:
        return [
            _(
                "The further apart it puts two replies, the more often it is right: from {first} to {last}.",
                first=percent(first.y), last=percent(last.y),
            )
        ]  # fmt: skip
    return [_("That it is right more often where it puts two replies further apart is not shown.")]


def _times(found: Estimate) -> Sentence:
    return with_interval(found, 2)


def _count(pairs: int | None) -> str:
    return "" if pairs is None else f"{pairs:,}"
