"""Long runs are drawn with few points, and lose no peak."""

import random

from apps.training.models import RunMetric
from apps.training.selectors.curves import SLICES, curves_of
from tests.training.rows import a_run, some_metrics


def test_a_short_curve_has_every_point(cast):
    run = a_run(cast.project)
    some_metrics(run, loss=[3.0, 1.0, 2.0])
    (curve,) = curves_of(run)
    assert curve.points == ((1, 3.0), (2, 1.0), (3, 2.0))
    assert (curve.low, curve.high, curve.last, curve.count) == (1.0, 3.0, 2.0, 3)


def test_a_long_curve_keeps_its_peaks_its_ends_and_few_points(cast):
    run = a_run(cast.project)
    values = [random.Random(step).random() for step in range(5_000)]
    values[1_234], values[4_321] = 50.0, -50.0
    some_metrics(run, loss=values)
    (curve,) = curves_of(run)
    assert len(curve.points) <= 2 * SLICES + 2
    assert {(1_235, 50.0), (4_322, -50.0)} <= set(curve.points)
    assert curve.points[0] == (1, values[0])
    assert curve.points[-1] == (5_000, values[-1])
    assert (curve.low, curve.high, curve.count) == (-50.0, 50.0, 5_000)
    assert set(curve.points) <= {(step, value) for step, value in enumerate(values, start=1)}


def test_equal_values_in_a_slice_are_drawn_once(cast):
    run = a_run(cast.project)
    some_metrics(run, learning_rate=[0.5] * 1_000)
    (curve,) = curves_of(run)
    assert {value for _, value in curve.points} == {0.5}
    assert (curve.first_step, curve.last_step) == (1, 1_000)


def test_what_matters_comes_first_then_the_rest_by_name(cast):
    run = a_run(cast.project, "ppo")
    some_metrics(run, zeal=[1.0], kl=[1.0], approx_kl=[1.0], reward=[1.0])
    assert [curve.name for curve in curves_of(run)] == ["reward", "kl", "approx_kl", "zeal"]


def test_metrics_of_few_steps_stand_at_their_own_steps(cast):
    """Validation is measured once an epoch: it has its own first and last step."""
    run = a_run(cast.project)
    some_metrics(run, loss=[1.0] * 40)
    RunMetric.objects.create(run=run, name="validation_loss", step=20, value=2.0)
    RunMetric.objects.create(run=run, name="validation_loss", step=40, value=1.5)
    curve = curves_of(run)[1]
    assert curve.points == ((20, 2.0), (40, 1.5))


def test_no_numbers_no_curves_and_another_runs_are_not_drawn(cast):
    some_metrics(a_run(cast.project), loss=[1.0])
    assert curves_of(a_run(cast.project)) == []
