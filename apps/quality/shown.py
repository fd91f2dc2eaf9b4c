"""Numbers, rows and tables as pages draw them and files hold them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from apps.core.csv_file import csv_lines

# Of the page; the file has all of them.
SHOWN = 200
# What the ends and the middle of a strip stand for.
Ticks = tuple[str, str, str]


@dataclass(frozen=True)
class Number:
    """A statistic on the page: its text and interval, or why there is none."""

    text: str
    interval: str = ""
    why: str = ""
    at: str = ""
    begin: str = ""
    end: str = ""


@dataclass(frozen=True)
class Row:
    label: str
    numbers: list[Number]
    counts: list[int]
    note: str = ""


@dataclass(frozen=True)
class Table:
    """`values` are the rows of the file, `rows` those of the page. The first number of each row is drawn on a strip from
    the first to the last of `ticks`; without ticks from nothing to all."""

    name: str
    title: str
    help: str
    label: str
    numbers: list[str]
    counts: list[str]
    rows: list[Row]
    columns: list[str]
    values: list[list[Any]]
    file: str = "quality:agreement-table"
    ticks: Ticks | None = None
    drawn: bool = True

    @property
    def hidden(self) -> int:
        return len(self.values) - len(self.rows)

    @property
    def says(self) -> bool:
        """Whether there is a number in it."""
        return any(not number.why for row in self.rows for number in row.numbers)


def percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def number_of(
    value: float | None, low: float | None, high: float | None, said: Callable[[float], str], *, why: str = "",
    least: float = 0.0, most: float = 1.0,
) -> Number:  # fmt: skip
    """`least` and `most` are the ends of the strip; what lies beyond is drawn at its edge."""
    if value is None:
        return Number("–", why=why)

    def place(number: float) -> str:
        return f"{100 * min(max((number - least) / (most - least), 0.0), 1.0):.2f}%"

    if low is None or high is None:
        return Number(said(value), at=place(value), begin=place(value), end=place(value))
    interval = _("%(low)s to %(high)s") % {"low": said(low), "high": said(high)}
    return Number(said(value), interval, at=place(value), begin=place(low), end=place(high))


def cells(one: Mapping[str, Any]) -> Iterator[Any]:
    return ("" if one[key] is None else one[key] for key in ("value", "low", "high"))


def columns_of(names: Iterable[str]) -> list[str]:
    return [column for name in names for column in (name, f"{name}_low", f"{name}_high")]


def csv_answer(filename: str, columns: list[str], values: Iterable[list[Any]]) -> HttpResponse:
    """A file for a spreadsheet."""
    answer = HttpResponse(csv_lines(columns, values), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{filename}.csv"'
    return answer
