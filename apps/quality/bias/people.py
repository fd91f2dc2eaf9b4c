"""Tables of the bias reports on people and on what there is to judge."""

from collections.abc import Callable
from dataclasses import replace

from django.utils.translation import gettext as _

from ..shown import SHOWN, Number, Row, Table, number_of, percent
from .numbers import COUNTS, Body, points, rate_cells, rate_number, rate_share


def hours(key: str) -> Callable[[Body], Table]:
    def table(body: Body) -> Table:
        title, number = {
            "ties": (_("Ties"), _("Tied pairs")),
            "seconds_a_word": (_("Time for a word"), _("Seconds")),
            "agreement": (_("Agreement with others"), _("Pairs alike")),
        }[key]
        trend = body["fatigue"][key]
        pace = key == "seconds_a_word"
        highs = [(rate["interval"] or {}).get("high") or rate["value"] or 0.0 for rate in trend["hours"]]
        most = max([*highs, 0.001]) * 1.1 if pace else 1.0
        seconds: Callable[[float], str] = "{:.3f}".format
        said_as = seconds if pace else percent
        rows = [
            Row(_("Hour %(number)d") % {"number": at}, [rate_number(rate, said_as, 0.0, most)], _of_people(rate))
            for at, rate in enumerate(trend["hours"], 1)
        ]
        slope = trend["slope"]
        change = percent if pace else points
        rows.append(
            Row(_("Change an hour"), [replace(rate_number(slope, change, -1.0, 1.0), at="")], _of_people(slope))
        )
        values = [[f"hour {at}", *rate_cells(rate), *_of_people(rate)] for at, rate in enumerate(trend["hours"], 1)]
        values.append(["change an hour", *rate_cells(slope), *_of_people(slope)])
        ticks = ("0", seconds(most / 2), seconds(most)) if pace else None
        return Table(
            "", title, _("Hours since the first submit after a pause of half an hour; the sixth holds all later ones."),
            _("Hour"), [number], [_("Judgments"), _("Labelers")], rows,
            ["hour", "value", "low", "high", "judgments", "labelers"], values, ticks=ticks,
        )  # fmt: skip

    return table


def _of_people(rate: Body) -> list[int]:
    return [rate["counts"]["judgments"], rate["counts"]["labelers"]]


def speed(body: Body) -> Table:
    found = body["speed"]
    return _shares(_("Quick judgments"), _("Labelers by their share of judgments quicker than anybody reads."), _("Quick"),
                   _("Judgments"), [("all", _("Everybody"), found["quick"])], found["labelers"])  # fmt: skip


def pasted(body: Body) -> Table:
    found = body["pasted"]
    whole = [
        ("all", _("Everybody: mostly pasted"), found["mostly"]),
        ("mean", _("Everybody: mean share"), found["mean"]),
    ]
    return _shares(_("Pasted"), _("Demonstrations of which more than half was pasted, where the browser told."),
                   _("Mostly pasted"), _("Demonstrations"), whole, found["labelers"])  # fmt: skip


def _shares(
    title: str, help: str, number: str, units: str, whole: list[tuple[str, str, Body]], labelers: list[Body]
) -> Table:
    rows = [Row(text, [rate_share(rate)], [rate["counts"]["units"]]) for _code, text, rate in whole]
    values = [[code, *rate_cells(rate), rate["counts"]["units"]] for code, _text, rate in whole]
    for one in labelers:
        interval = one["interval"]
        drawn = number_of(one["share"], interval["low"], interval["high"], percent)
        rows.append(Row(one["labeler"], [drawn], [one["all"]]))
        values.append([one["labeler"], one["share"], interval["low"], interval["high"], one["all"]])
    return Table("", title, help, _("Labeler"), [number], [units], rows[:SHOWN],
                 ["labeler", "value", "low", "high", "of"], values)  # fmt: skip


def weight(body: Body) -> Table:
    top = body["weight"]["top"]

    def drawn(value: float) -> Number:
        return number_of(value, None, None, percent)

    return Table(
        "", _("Who gave most"), _("Shares of all comparisons and judgments by persons: a count of all there is."), _("Labeler"),
        [_("Comparisons"), _("Judgments")], [],
        [Row(one["labeler"], [drawn(one["comparisons"]), drawn(one["judgments"])], []) for one in top],
        ["labeler", "comparisons", "judgments"], [[one["labeler"], one["comparisons"], one["judgments"]] for one in top],
    )  # fmt: skip


def left_out(body: Body) -> Table:
    one = body["weight"]["left_out"]
    change, name = one["change"], one["labeler"] or "–"
    number = rate_number(change, points, -0.2, 0.2)
    row = Row(_("Without %(labeler)s") % {"labeler": name}, [number], [change["counts"][key] for key in COUNTS])
    return Table(
        "", _("Without the labeler who moves it most"), _("How the win rate of the longer candidate would change."), _("Labeler"),
        [_("Change")], [_("Pairs"), _("Of them tied"), _("Prompts"), _("Labelers")], [row],
        ["labeler", "change", "low", "high", *COUNTS], [[name, *rate_cells(change), *row.counts]],
        ticks=("-20", "0", "+20"),
    )  # fmt: skip


def languages(body: Body) -> Table:
    rows = body["languages"]["rows"]
    prompts = sum(one["prompts"] for one in rows) + body["languages"]["unknown"]
    drawn = [number_of(one["prompts"] / prompts, None, None, percent) for one in rows]
    return Table(
        "", _("Prompts by language"), _("Beside the labelers who have it as a skill."), _("Language"), [_("Share")],
        [_("Prompts"), _("Labelers")],
        [Row(one["language"], [number], [one["prompts"], one["knowing"]]) for one, number in zip(rows, drawn, strict=True)][:SHOWN],
        ["language", "prompts", "labelers"], [[one["language"], one["prompts"], one["knowing"]] for one in rows],
    )  # fmt: skip


def use_cases(body: Body) -> Table:
    rows = body["use_cases"]["rows"]
    keys = ("prompts", "judged", "labelers")
    return Table(
        "", _("Prompts by use case"), _("How many of them somebody judged, and how many labelers did."), _("Use case"), [_("Judged")],
        [_("Prompts"), _("Judged"), _("Labelers")],
        [Row(one["use_case"], [number_of(one["judged"] / one["prompts"], None, None, percent)], [one[key] for key in keys]) for one in rows][:SHOWN],
        ["use_case", *keys], [[one["use_case"], *(one[key] for key in keys)] for one in rows],
    )  # fmt: skip
