"""Tables of the bias reports: those of pairs, and all of them by name."""

from collections.abc import Callable
from dataclasses import replace

from django.utils.translation import gettext as _

from ..shown import Row, Table, percent
from .numbers import COUNTS, Body, points, rate_cells, rate_number, rate_share
from .people import hours, languages, left_out, pasted, speed, use_cases, weight
from .words import MARK


def _rates(title: str, help: str, label: str, number: str, rows: list[tuple[str, str, Body]]) -> Table:
    """Of pairs: a code for the file, a label for the page, the rate."""
    names = [_("Pairs"), _("Of them tied"), _("Prompts"), _("Labelers")]
    return Table(
        "", title, help, label, [number], names,
        [Row(text, [rate_share(rate)], [rate["counts"][key] for key in COUNTS]) for _code, text, rate in rows],
        ["row", "value", "low", "high", *COUNTS],
        [[code, *rate_cells(rate), *(rate["counts"][key] for key in COUNTS)] for code, _text, rate in rows],
    )  # fmt: skip


def _position(body: Body) -> Table:
    found = body["position"]
    rows = [("shown earlier", _("Shown earlier"), found["first"])]
    rows += [
        (f"place {at}", _("Place %(number)d") % {"number": at}, rate) for at, rate in enumerate(found["places"], 1)
    ]
    return _rates(_("Wins by place"), _("Against all others of the judgment; a tie is half a win. Half is no bias."),
                  _("Shown"), _("Wins"), rows)  # fmt: skip


def _length(body: Body) -> Table:
    found = body["length"]
    rows = [("longer", _("The longer one"), found["longer"])]
    for band in found["bands"]:
        ends = {"low": percent(band["low"]), "high": percent(band["high"])}
        rows.append((f"{band['low']} to {band['high']}", _("longer by %(low)s to %(high)s") % ends, band["longer"]))
    rows.append(("rule", _("“The longer is better” is right"), found["rule"]))
    rows.append(("agreement", _("Two labelers agree"), found["agreement"]))
    return _rates(
        _("Wins by length"), _("In characters; a tie is half a win. The last two leave ties out: no rule passes agreement by much."),
        _("Candidate"), _("Wins"), rows,
    )  # fmt: skip


def _style(body: Body) -> Table:
    names, rows, values = [_("All pairs"), _("Like length")], [], []
    for one in body["styles"]:
        rates = [one["more"], one["matched"]]
        if rates[0]["counts"]["units"]:  # the file has the others, too
            counts = [rate["counts"]["units"] for rate in rates]
            rows.append(Row(str(MARK[one["mark"]]), [rate_share(rate) for rate in rates], counts))
        values.append([one["mark"], *(cell for rate in rates for cell in [*rate_cells(rate), rate["counts"]["units"]])])
    columns = [f"{name}{end}" for name in ("all", "like_length") for end in ("", "_low", "_high", "_pairs")]
    return Table(
        "", _("Wins of the one with more"), _("Over pairs that differ in it; of like length where the shorter has nine tenths of the longer."),
        _("More"), names, [_("Pairs"), _("Of like length")], rows, ["mark", *columns], values,
    )  # fmt: skip


def _view(body: Body) -> Table:
    found = body["rendering"]
    table = _rates(
        _("Wins of the one with more formatting"), _("By the view in which the labeler judged."), _("View"), _("Wins"),
        [("rendered", _("Rendered"), found["rendered"]), ("raw", _("Raw"), found["raw"])],
    )  # fmt: skip
    difference = found["difference"]
    counts = [difference["counts"][key] for key in COUNTS]
    number = replace(rate_number(difference, points, -1.0, 1.0), at="")
    row = Row(_("Rendered less raw"), [number], counts)
    values = [*table.values, ["difference", *rate_cells(difference), *counts]]
    return replace(table, rows=[*table.rows, row], values=values)


TABLES: dict[str, Callable[[Body], Table]] = {
    "position": _position,
    "length": _length,
    "style": _style,
    "view": _view,
    "hours-ties": hours("ties"),
    "hours-pace": hours("seconds_a_word"),
    "hours-agreement": hours("agreement"),
    "speed": speed,
    "pasted": pasted,
    "weight": weight,
    "left-out": left_out,
    "languages": languages,
    "use-cases": use_cases,
}


def table_of(name: str, body: Body) -> Table:
    return replace(TABLES[name](body), name=name, file="quality:bias-table")
