"""The report as tables: the same rows on the page and as CSV. Shares are percentages on the page only."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from apps.projects.models import Cohort

from ..domain.told import OF_SCALES
from ..shown import SHOWN, Number, Row, Table, cells, columns_of, number_of, percent
from .words import STATISTICS, TIES, WHY

Body = Mapping[str, Any]
Statistics = Mapping[str, Mapping[str, Any]]


def headline(body: Body) -> list[tuple[str, Number]]:
    """The two numbers that stand side by side."""
    statistics = body["overall"]["statistics"]
    return [(str(STATISTICS[name]), share(statistics[name])) for name in ("agreement", "agreement_without_ties")]


def tables_of(body: Body) -> list[Table]:
    """Those that have a number to show; of guideline changes also why there is none."""
    tables = (table_of(name, body) for name in TABLES)
    return [table for table in tables if table.says or (table.rows and table.name == "guideline-changes")]


def table_of(name: str, body: Body) -> Table:
    return TABLES[name](name, body)


def _statistics(name: str, body: Body) -> Table:
    found = body["overall"]["statistics"]
    overall = {key: found[key] for key in STATISTICS if key in found}  # JSON in the database has an order of its own
    rows = [
        Row(str(STATISTICS[key]), [plain(one)], [one["left_out"]], str(TIES[one["ties"]]))
        for key, one in overall.items()
    ]
    values = [[key, *cells(one), one["ties"], one["left_out"], one["why"] or ""] for key, one in overall.items()]
    return Table(
        name, _("All statistics"), _("Of everything that two persons judged."), _("Statistic"), [_("Value")], [_("Left out")],
        rows, ["statistic", "value", "low", "high", "ties", "left_out", "why"], values,
    )  # fmt: skip


def _scales(name: str, body: Body) -> Table:
    rows, values = [], []
    for scale in body["scales"]:
        label = f"{scale['name']} {scale['lowest']}-{scale['highest']}"
        statistics, counts = [scale["statistics"][key] for key in OF_SCALES], [scale["tasks"], scale["ratings"]]
        rows.append(Row(label, [plain(one) for one in statistics], counts))
        values.append([label, *(cell for one in statistics for cell in cells(one)), *counts])
    return Table(
        name, _("Scales"), _("Candidates that two persons rated."), _("Scale"), [str(STATISTICS[one]) for one in OF_SCALES],
        [_("Candidates"), _("Ratings")], rows, ["scale", *columns_of(OF_SCALES), "candidates", "ratings"], values,
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
        [text, *(cell for key in drawn for cell in cells(one["statistics"][key])), *(one[count] for count in counted)]
        for text, one in found
    ]
    names = {"tasks": _("Tasks"), "labelers": _("Labelers"), "pairs": _("Pairs"), "judgments": _("Judgments"),
             "meetings": _("Tasks together")}  # fmt: skip
    return Table(
        name, title, help, label, [str(STATISTICS[key]) for key in drawn], [names[count] for count in counted],
        rows, [name, *columns_of(drawn), *counted], values,
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
        shown = _of_sections(name, str(title), str(help), _("Labelers"), drawn, ("meetings", "pairs"), found)
        values = [
            [one["first"], one["second"], *row[1:]] for one, row in zip(body[key]["results"], shown.values, strict=True)
        ]
        return replace(shown, columns=["first", "second", *shown.columns[1:]], values=values)

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


def _changes(name: str, body: Body) -> Table:
    keys, rows, values = ("agreement", "agreement_without_ties"), [], []
    for one in body.get("guideline_changes", ()):
        label = _("%(track)s, %(before)s to %(after)s") % {key: one[key] for key in ("track", "before", "after")}
        numbers, counts = [one["statistics"][key] for key in keys], [one["prompts_before"], one["prompts_after"]]
        rows.append(Row(label, [points(number) for number in numbers], counts))
        values.append(
            [
                one["track"],
                one["before"],
                one["after"],
                *(cell for number in numbers for cell in cells(number)),
                *counts,
            ]
        )
    return Table(
        name, _("Before and after each version"),
        _("Agreement under a version less that under the one before. Labelers and tasks change with time, too: a difference does not say why."),
        _("Guideline"), [str(STATISTICS[key]) for key in keys], [_("Prompts before"), _("Prompts after")], rows,
        ["track", "before", "after", *columns_of(keys), "prompts_before", "prompts_after"], values, ticks=("-30", "0", "+30"),
    )  # fmt: skip


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
    "guideline-changes": _changes,
    "months": _grouped(
        later("Over time"), later("By the month in which both were submitted, UTC."), later("Month"), "months", _group_name("month")),
    "scales": _scales,
}  # fmt: skip


def _numbers(statistics: Statistics, drawn: tuple[str, ...]) -> list[Number]:
    return [share(statistics[key]) if key.startswith("agreement") else plain(statistics[key]) for key in drawn]


def share(one: Mapping[str, Any]) -> Number:
    return _number(one, percent)


def points(one: Mapping[str, Any]) -> Number:
    """A difference of two shares."""
    return _number(one, lambda value: f"{100 * value:+.1f}", least=-0.3, most=0.3)


def plain(one: Mapping[str, Any]) -> Number:
    return _number(one, lambda value: f"{value:.2f}")


def _number(one: Mapping[str, Any], said: Callable[[float], str], **ends: float) -> Number:
    why = "" if one["why"] is None else str(WHY[one["why"]])
    return number_of(one["value"], one["low"], one["high"], said, why=why, **ends)
