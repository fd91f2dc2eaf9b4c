"""The report as tables: the same rows on the page and as CSV. Shares are percentages on the page only."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from apps.projects.models import Cohort

from .domain.told import OF_SCALES
from .words import STATISTICS, TIES, WHY

Body = Mapping[str, Any]
Statistics = Mapping[str, Mapping[str, Any]]
# Of the page; the file has all of them.
SHOWN = 200


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
    """`values` are the rows of the file, `rows` those of the page. The first number of each row is drawn."""

    name: str
    title: str
    help: str
    label: str
    numbers: list[str]
    counts: list[str]
    rows: list[Row]
    columns: list[str]
    values: list[list[Any]]

    @property
    def hidden(self) -> int:
        return len(self.values) - len(self.rows)


def headline(body: Body) -> list[tuple[str, Number]]:
    """The two numbers that stand side by side."""
    statistics = body["overall"]["statistics"]
    return [(str(STATISTICS[name]), _share(statistics[name])) for name in ("agreement", "agreement_without_ties")]


def tables_of(body: Body) -> list[Table]:
    """Those that have a number to show."""
    tables = (table_of(name, body) for name in TABLES)
    return [table for table in tables if any(not number.why for row in table.rows for number in row.numbers)]


def table_of(name: str, body: Body) -> Table:
    return TABLES[name](name, body)


def _statistics(name: str, body: Body) -> Table:
    found = body["overall"]["statistics"]
    overall = {key: found[key] for key in STATISTICS if key in found}  # JSON in the database has an order of its own
    rows = [
        Row(str(STATISTICS[key]), [_plain(one)], [one["left_out"]], str(TIES[one["ties"]]))
        for key, one in overall.items()
    ]
    values = [[key, *_cells(one), one["ties"], one["left_out"], one["why"] or ""] for key, one in overall.items()]
    return Table(
        name, _("All statistics"), _("Of everything that two persons judged."), _("Statistic"), [_("Value")], [_("Left out")],
        rows, ["statistic", "value", "low", "high", "ties", "left_out", "why"], values,
    )  # fmt: skip


def _scales(name: str, body: Body) -> Table:
    rows, values = [], []
    for scale in body["scales"]:
        label = f"{scale['name']} {scale['lowest']}-{scale['highest']}"
        statistics, counts = [scale["statistics"][key] for key in OF_SCALES], [scale["tasks"], scale["ratings"]]
        rows.append(Row(label, [_plain(one) for one in statistics], counts))
        values.append([label, *(cell for one in statistics for cell in _cells(one)), *counts])
    return Table(
        name, _("Scales"), _("Candidates that two persons rated."), _("Scale"), [str(STATISTICS[one]) for one in OF_SCALES],
        [_("Candidates"), _("Ratings")], rows, ["scale", *_columns(OF_SCALES), "candidates", "ratings"], values,
    )  # fmt: skip


def _grouped(
    title: Promise, help: Promise, label: Promise, key: str, named: Callable[[Body], str]
) -> Callable[[str, Body], Table]:
    def table(name: str, body: Body) -> Table:
        drawn = ("agreement", "agreement_without_ties", "alpha")
        counted = ("tasks", "labelers", "pairs")
        found = [(named(one), one) for one in body[key]]
        return _of_sections(name, str(title), str(help), str(label), drawn, counted, found)

    return table


def _of_sections(
    name: str, title: str, help: str, label: str, drawn: tuple[str, ...], counted: tuple[str, ...],
    found: list[tuple[str, Body]],
) -> Table:  # fmt: skip
    rows = [
        Row(text, _numbers(one["statistics"], drawn), [one[count] for count in counted]) for text, one in found[:SHOWN]
    ]
    values = [
        [text, *(cell for key in drawn for cell in _cells(one["statistics"][key])), *(one[count] for count in counted)]
        for text, one in found
    ]
    names = {"tasks": _("Tasks"), "labelers": _("Labelers"), "pairs": _("Pairs"), "judgments": _("Judgments"),
             "meetings": _("Tasks together")}  # fmt: skip
    return Table(
        name, title, help, label, [str(STATISTICS[key]) for key in drawn], [names[count] for count in counted],
        rows, [name, *_columns(drawn), *counted], values,
    )  # fmt: skip


def _labelers(name: str, body: Body) -> Table:
    ordered = sorted(body["labelers"], key=lambda one: -one["judgments"])
    return _of_sections(
        name, _("Each labeler beside all others"), _("Everybody who judged a task with them."), _("Labeler"),
        ("agreement", "agreement_without_ties", "kappa"), ("judgments", "pairs"), [(one["labeler"], one) for one in ordered],
    )  # fmt: skip


def _pairs(title: Promise, help: Promise, key: str) -> Callable[[str, Body], Table]:
    def table(name: str, body: Body) -> Table:
        found = [(f"{one['first']} · {one['second']}", one) for one in body[key]["results"]]
        drawn = ("agreement", "agreement_without_ties", "kappa", "tau_b")
        return _of_sections(name, str(title), str(help), _("Labelers"), drawn, ("meetings", "pairs"), found)

    return table


def _group_name(key: str) -> Callable[[Body], str]:
    def named(one: Body) -> str:
        if one["across"]:
            return _("One of each of two")
        return str(one[key]) or _("none")

    return named


def _cohort_name(one: Body) -> str:
    return _("One of each") if one["across"] else str(Cohort(one["cohort"]).label)


def _guideline_name(one: Body) -> str:
    if one["across"]:
        return _("One of each of two")
    if one["number"] is None:
        return _("none")
    return _("%(track)s, version %(number)s") % {"track": one["track"], "number": one["number"]}


TABLES: dict[str, Callable[[str, Body], Table]] = {
    "cohorts": _grouped(
        later("Cohorts"), later("Training labelers, those held out, and one of each side by side."), later("Cohort"), "cohorts",
        _cohort_name,
    ),
    "statistics": _statistics,
    "labelers": _labelers,
    "pairs": _pairs(later("Labeler by labeler"), later("Every two who judged the same task."), "pairs_of_labelers"),
    "references": _pairs(later("Labelers beside references"), later("Pools and models whose rankings were imported."), "references"),
    "use-cases": _grouped(
        later("Use cases"), later("Of the prompt, or none."), later("Use case"), "use_cases", _group_name("use_case"),
    ),
    "guidelines": _grouped(
        later("Guideline versions"), later("The version that both labelers worked under."), later("Guideline"), "guidelines", _guideline_name,
    ),
    "months": _grouped(
        later("Over time"), later("By the month in which both were submitted, UTC."), later("Month"), "months", _group_name("month")),
    "scales": _scales,
}  # fmt: skip


def _numbers(statistics: Statistics, drawn: tuple[str, ...]) -> list[Number]:
    return [_share(statistics[key]) if key.startswith("agreement") else _plain(statistics[key]) for key in drawn]


def _share(one: Mapping[str, Any]) -> Number:
    return _number(one, lambda value: f"{100 * value:.1f} %")


def _plain(one: Mapping[str, Any]) -> Number:
    return _number(one, lambda value: f"{value:.2f}")


def _number(one: Mapping[str, Any], said: Callable[[float], str]) -> Number:
    if one["value"] is None:
        return Number("–", why=str(WHY[one["why"]]))
    place = _percent(one["value"])
    if one["low"] is None:
        return Number(said(one["value"]), at=place, begin=place, end=place)
    interval = _("%(low)s to %(high)s") % {"low": said(one["low"]), "high": said(one["high"])}
    return Number(said(one["value"]), interval, at=place, begin=_percent(one["low"]), end=_percent(one["high"]))


def _percent(value: float) -> str:
    """A place on the strip; what lies below nothing is drawn at its edge."""
    return f"{100 * min(max(value, 0.0), 1.0):.2f}%"


def _cells(one: Mapping[str, Any]) -> Iterator[Any]:
    return ("" if one[key] is None else one[key] for key in ("value", "low", "high"))


def _columns(names: Any) -> list[str]:
    return [column for name in names for column in (name, f"{name}_low", f"{name}_high")]
