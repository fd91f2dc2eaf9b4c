"""CSV lines that a spreadsheet opens as text."""

import csv

import pytest

from apps.core.csv_file import csv_lines


def opened(value) -> str:
    """The cell as a reader of CSV finds it."""
    return list(csv.reader(csv_lines(["cell"], [[value]])))[1][0]


@pytest.mark.parametrize("value", ["=1+1", " =1+1", "\n+1", "\t-1", "\r@SUM(1)", "＝1+1", "－1"])
def test_what_a_spreadsheet_takes_for_a_formula(value):
    assert opened(value) == f"'{value}"


@pytest.mark.parametrize(
    ("value", "cell"), [("a = 1", "a = 1"), ("1 - 1", "1 - 1"), (None, ""), (7, "7"), (-0.5, "-0.5")]
)
def test_what_is_none(value, cell):
    assert opened(value) == cell
