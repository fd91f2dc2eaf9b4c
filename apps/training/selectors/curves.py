"""A run's metrics as curves: however long the run was, about 300 points of each."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain

from django.db import connection

from ..domain.charts.chart import Curve, Point
from ..models import RunMetric, TrainingRun

# Of each slice its lowest and its highest value are drawn, so that no peak is lost.
SLICES = 150
# What a reader wants to see first, by kind of run; whatever else a program wrote follows by name.
FIRST = {
    "pretrain": ("loss", "held_out_loss"),
    "sft": ("loss", "validation_loss", "reward"),
    "reward": ("loss", "accuracy", "further_loss"),
    "ppo": ("reward", "kl", "objective", "length", "eos_rate", "entropy"),
}
LABELS = {"kl": "KL", "eos_rate": "EOS rate", "approx_kl": "Approximate KL", "objective": "Reward minus KL penalty"}

# An array is compared item by item, so the least `[value, step]` is the lowest value and where it stood.
_SQL = f"""
SELECT name, count(*), min(ARRAY[step, value]), max(ARRAY[step, value]), min(ARRAY[value, step]), max(ARRAY[value, step])
FROM {RunMetric._meta.db_table}, (
    SELECT min(step) AS low, max(step) + 1 AS high FROM {RunMetric._meta.db_table} WHERE run_id = %s
) AS reach
WHERE run_id = %s GROUP BY name, (step - low) * {SLICES} / (high - low) ORDER BY name, min(step)
"""  # noqa: S608 - names of ours


def curves_of(run: TrainingRun) -> list[Curve]:
    """The curves of `run`, those that matter most first. Each has the run's true lowest, highest, first and last value."""
    slices: dict[str, list[_Slice]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [run.pk, run.pk])
        for name, count, begin, end, low, high in cursor.fetchall():
            extremes = {(int(step), value) for value, step in (low, high)}
            slices[name].append(_Slice(count, (int(begin[0]), begin[1]), (int(end[0]), end[1]), extremes))
    first = FIRST.get(run.kind, ())
    order = sorted(slices, key=lambda name: (first.index(name) if name in first else len(first), name))
    return [_curve(name, slices[name]) for name in order]


@dataclass(frozen=True, slots=True)
class _Slice:
    """Neighbouring steps: how many, the first and the last point, the lowest and the highest."""

    count: int
    first: Point
    last: Point
    extremes: set[Point]


def _curve(name: str, slices: list[_Slice]) -> Curve:
    extremes = set(chain.from_iterable(one.extremes for one in slices))
    return Curve(
        name=name,
        label=LABELS.get(name, name.replace("_", " ").capitalize()),
        points=tuple(sorted({slices[0].first, slices[-1].last, *extremes})),
        low=min(value for _, value in extremes),
        high=max(value for _, value in extremes),
        count=sum(one.count for one in slices),
    )
