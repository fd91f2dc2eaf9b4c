"""Is formatting preferred for how it looks? The same preference in the rendered view and in the raw one.

Labelers choose their view, so a difference may also be one of people or of tasks.
"""

from dataclasses import dataclass

import numpy as np

from .columns import NOT_KNOWN
from .estimate import Rate, Sentence, Told, Why
from .found import Found, not_said
from .intervals import Bools, Floats, over_prompts
from .lessons import Lesson
from .marks import Mark
from .pairs import Halves, Table, counts_of, preferred, rate, sums_of
from .style import more_marked


@dataclass(frozen=True, slots=True)
class Rendering:
    """How often the one with more formatting wins, by view, a tie being half; `difference` is rendered less raw."""

    rendered: Rate
    raw: Rate
    difference: Rate
    told: Told


def rendering(table: Table) -> Rendering:
    raw = table.given.raw
    halves = preferred(table, more_marked(table, Mark.FORMATTING))
    shown, plain = halves.where(raw == 0), halves.where(raw == 1)
    rendered_rate, raw_rate = rate(table, shown, Why.NO_DIFFERENCE), rate(table, plain, Why.NO_DIFFERENCE)
    difference = _difference(table, halves, (shown, rendered_rate), (plain, raw_rate))
    return Rendering(rendered_rate, raw_rate, difference, _told(rendered_rate, raw_rate, difference))


def _difference(table: Table, whole: Halves, shown: tuple[Halves, Rate], plain: tuple[Halves, Rate]) -> Rate:
    counts = counts_of(table, whole)
    views = np.setdiff1d(table.given.raw, [NOT_KNOWN])
    if len(table.given) and len(views) < 2:
        return Rate(counts, why=Sentence(Why.ONE_VIEW if len(views) else Why.NO_VIEW))
    for part in (shown[1], plain[1]):
        if part.value is None:
            return Rate(counts, why=part.why)
    sums = sums_of(table, shown[0], plain[0])
    value, _ = _apart(sums.sum(axis=0).astype(np.float64))
    interval = over_prompts(sums, _apart, table.bootstrap)
    if interval is None or interval.low == interval.high:
        return Rate(counts, float(value), why_no_interval=Sentence(Why.NO_VARIATION))
    return Rate(counts, float(value), interval)


def _apart(sums: Floats) -> tuple[Floats, Bools]:
    one, all_one, other, all_other = (sums[..., at] for at in range(4))
    defined = (all_one > 0) & (all_other > 0)
    return one / np.where(all_one > 0, all_one, 1) - other / np.where(all_other > 0, all_other, 1), defined


def _told(rendered: Rate, raw: Rate, difference: Rate) -> Told:
    if difference.value is None or rendered.value is None or raw.value is None:
        return not_said(difference)
    differ = bool(difference.side_of(0.0))
    values = {"rendered": rendered.value, "raw": raw.value}
    found = Found.VIEWS_DIFFER if differ else Found.VIEWS_ALIKE
    return Told(Sentence(found, values), Sentence(Lesson.VIEW if differ else Lesson.NOTHING))
