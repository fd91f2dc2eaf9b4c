"""A run's metrics as curves: however long the run was, about 300 points of each."""

from collections import defaultdict
from itertools import chain

from django.db import connection

from ..domain.chart import Curve, Point
from ..models import RunMetric, TrainingRun

# Of each slice its lowest and its highest value are drawn, so that no peak is lost.
SLICES = 150
# What a reader wants to see first, by kind of run; whatever else a program wrote follows by name.
FIRST = {
    "pretrain": ("loss",),
    "sft": ("loss", "validation_loss"),
    "reward": ("loss", "accuracy", "validation_accuracy"),
    "ppo": ("reward", "kl", "objective", "length", "eos_rate", "entropy"),
}
LABELS = {"kl": "KL", "eos_rate": "EOS rate", "approx_kl": "Approximate KL", "objective": "Reward minus KL penalty"}

_SQL = f"""
SELECT name, slice, count(*), min(step), max(step), min(value), max(value),
       (array_agg(step ORDER BY value))[1], (array_agg(step ORDER BY value DESC))[1],
       (array_agg(value ORDER BY step))[1], (array_agg(value ORDER BY step DESC))[1]
FROM (
    SELECT name, step, value, (step - min(step) OVER w) * {SLICES} / (max(step) OVER w - min(step) OVER w + 1) AS slice
    FROM {RunMetric._meta.db_table} WHERE run_id = %s WINDOW w AS (PARTITION BY name)
) AS sliced
GROUP BY name, slice ORDER BY name, slice
"""  # noqa: S608 - names of ours


def curves_of(run: TrainingRun) -> list[Curve]:
    """The curves of `run`, those that matter most first. Each has the run's true lowest, highest, first and last value."""
    slices: dict[str, list[_Slice]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [run.pk])
        for name, _, *numbers in cursor.fetchall():
            slices[name].append(_Slice(*numbers))
    first = FIRST.get(run.kind, ())
    order = sorted(slices, key=lambda name: (first.index(name) if name in first else len(first), name))
    return [_curve(name, slices[name]) for name in order]


class _Slice:
    """A run of steps, by its four telling points."""

    def __init__(
        self,
        count: int,
        begin: int,
        end: int,
        low: float,
        high: float,
        low_at: int,
        high_at: int,
        first: float,
        last: float,
    ) -> None:
        self.count, self.low, self.high = count, low, high
        self.extremes: set[Point] = {(low_at, low), (high_at, high)}
        self.first: Point = (begin, first)
        self.last: Point = (end, last)


def _curve(name: str, slices: list[_Slice]) -> Curve:
    points = {slices[0].first, slices[-1].last, *chain.from_iterable(one.extremes for one in slices)}
    return Curve(
        name=name,
        label=LABELS.get(name, name.replace("_", " ").capitalize()),
        points=tuple(sorted(points)),
        low=min(one.low for one in slices),
        high=max(one.high for one in slices),
        count=sum(one.count for one in slices),
    )
