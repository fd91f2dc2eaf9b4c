"""The report as tables: the same rows on the page and as CSV."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from apps.quality.shown import SHOWN, Row, Table, number_of, percent

from .words import CAUSES, OF, SUSPECTED, WHY, Body

FILE = "causes:disagreement-table"


def table_of(name: str, body: Body) -> Table:
    return TABLES[name](body)


def _causes(body: Body) -> Table:
    rows = [
        Row(
            str(CAUSES[one["cause"]]),
            [number_of(one["share"], one["low"], one["high"], percent, why=str(WHY[one["why"]]) if one["why"] else "")],
            [], _verdict(one),
        )
        for one in body["causes"]
    ]  # fmt: skip
    columns = ["cause", "named", "share", "low", "high", "p", "of", "why"]
    values = [[_cell(one[column]) for column in columns] for one in body["causes"]]
    return Table(
        "causes", _("What each cause explains"),
        _("Of the disagreement that a cause explains, on prompts that had no say in finding it; what is left is ordinary difference."),
        _("Cause"), [_("Share")], [], rows, columns, values, FILE,
    )  # fmt: skip


def _verdict(one: dict[str, Any]) -> str:
    if one["why"]:
        return ""
    if one["named"]:
        return _("named, p %(p)s, %(of)s") % {"p": _small(one["p"]), "of": OF[one["of"]]}
    if one["low"] is None:
        return _("nothing stands out")
    if one["low"] > 0:
        return _("not sure enough, p %(p)s") % {"p": _small(one["p"])}
    return _("not more than chance")


def _small(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"


def _labelers(body: Body) -> Table:
    ordered = sorted(body["labelers"], key=lambda one: one["reliability"])
    rows = [
        Row(
            one["labeler"],
            [number_of(one["reliability"], None, None, lambda value: f"{value:.2f}")],
            [],
            _of_labeler(one),
        )
        for one in ordered[:SHOWN]
    ]
    values = [
        [one["labeler"], one["reliability"], _cell(one["group"]), " ".join(one["suspected_for"])] for one in ordered
    ]
    return Table(
        "labelers", _("Labelers"),
        _("How much of what a labeler says is what careful people say: 1 all, 0 nothing. It orders people by who met whom; it is no grade."),
        _("Labeler"), [_("Reliability")], [], rows, ["labeler", "reliability", "group", "suspected_for"], values, FILE,
    )  # fmt: skip


def _of_labeler(one: dict[str, Any]) -> str:
    group = [] if one["group"] is None else [_("group %(number)d") % {"number": one["group"] + 1}]
    return ", ".join([*group, *(str(SUSPECTED[what]) for what in one["suspected_for"])])


def _examples(body: Body) -> Table:
    found = [(one["cause"], example) for one in body["causes"] for example in one["examples"]]
    rows = [Row(str(CAUSES[cause]), [], [example["opposite"], example["compared"]]) for cause, example in found]
    values = [
        [cause, example["task"], example["prompt"], example["opposite"], example["compared"]]
        for cause, example in found
    ]
    return Table(
        "examples", _("Examples"), "", _("Cause"), [], [_("Opposite"), _("Compared")], rows,
        ["cause", "task", "prompt", "opposite", "compared"], values, FILE, drawn=False,
    )  # fmt: skip


def _cell(value: Any) -> Any:
    return "" if value is None else value


TABLES: dict[str, Callable[[Body], Table]] = {"causes": _causes, "labelers": _labelers, "examples": _examples}
