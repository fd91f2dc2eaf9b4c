"""Curves and numbers: small ones worked out by hand."""

import pytest

from apps.training.domain.charts.chart import Curve, along, short


def curve(*points: tuple[int, float]) -> Curve:
    values = [value for _, value in points]
    return Curve("loss", "Loss", points, min(values), max(values), len(points))


def test_a_curve_fills_its_box_and_y_goes_down():
    assert curve((10, 1.0), (15, 3.0), (20, 2.0)).path == "M0.00 100.00 L50.00 0.00 L100.00 50.00"
    assert curve((10, 1.0), (15, 3.0), (20, 2.0)).end == "M100.00 50.00 h0"


def test_one_value_and_a_flat_line_are_drawn_in_the_middle():
    assert curve((7, 5.0)).path == "M0.00 50.00"
    assert curve((0, 2.0), (4, 2.0)).path == "M0.00 50.00 L100.00 50.00"


def test_the_description_says_the_numbers():
    text = curve((1, 0.5), (1200, 0.25)).description
    assert text == "2 values from step 1 to 1,200: lowest 0.25, highest 0.5, last 0.25."


def test_a_long_curve_has_a_short_table_with_both_ends():
    rows = curve(*((step, float(step)) for step in range(300))).rows(20)
    assert len(rows) == 20
    assert (rows[0][0], rows[-1][0]) == (0, 299)
    assert len(set(rows)) == 20


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (0.012342, "0.01234"), (9.65e-6, "9.65e-6"), (12345.6, "12,346"), (1.0, "1"), (-0.5, "-0.5"),
        (1e-5, "1e-5"), (256000, "256,000"), (float("inf"), "inf"), (1e20, "1e20"),
    ],
)  # fmt: skip
def test_numbers_are_short(value, text):
    assert short(value) == text


def test_places_beyond_the_axis_stay_on_it():
    assert (along(0.3, 0.4), along(0.7, 0.4), along(1.2, 0.4)) == ("0.00%", "50.00%", "100.00%")
