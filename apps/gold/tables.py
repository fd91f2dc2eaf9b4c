"""What gold and retests say, as tables: the same rows on the page and as CSV."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.projects.models import Project
from apps.quality.agreement.words import WHY
from apps.quality.shown import Number, Row, Table, cells, columns_of, number_of, percent

from .domain.consistency import ESTIMATES
from .domain.standing import Standing
from .selectors import GoldAnswer, GoldScore
from .selectors.items import ItemRow, gold_items, item_rows
from .services.kept import GoldNumbers, Told, Week

FILE = "gold:table"
_STANDING = [
    "items",
    "passed",
    "pass_share",
    "low",
    "high",
    "pairs_right",
    "pairs_tied",
    "pairs_reversed",
    "pair_share",
]


def share_number(standing: Standing) -> Number:
    return number_of(standing.share, *standing.interval, percent)


def standing_cells(one: Standing) -> list[Any]:
    low, high = one.interval
    return [
        one.items, one.passed, round(one.share, 4), round(low, 4), round(high, 4), one.right, one.tied, one.reversed,
        round(one.pair_share, 4),
    ]  # fmt: skip


def weeks_table(weeks: Sequence[Week]) -> Table:
    """Gold by week, of one labeler or of all."""
    return Table(
        "weeks", _("Gold by week"), _("Weeks begin on Monday, UTC. Items are counted in the week of the answer."),
        _("Week of"), [_("Items passed"), _("Pairs kept")], [_("Items"), _("Tied"), _("Reversed")],
        [
            Row(f"{week:%Y-%m-%d}", [share_number(one), Number(percent(one.pair_share))],
                [one.items, one.tied, one.reversed])
            for week, one in weeks
        ],
        ["week", *_STANDING], [[f"{week:%Y-%m-%d}", *standing_cells(one)] for week, one in weeks], file="gold:over-time",
    )  # fmt: skip


def consistency_row(label: str, one: Told) -> Row:
    return Row(label, [_estimate(name, one[name]) for name in ESTIMATES], [one["retests"]])


def _estimate(name: str, told: Told) -> Number:
    why = str(WHY[told["why"]]) if told["why"] else ""
    said: Callable[[float], str] = (lambda value: f"{value:.2f}") if name == "tau_b" else percent
    return number_of(told["value"], told["low"], told["high"], said, why=why)


def consistency_table(
    name: str, title: str, help: str, label: str, rows: Sequence[tuple[str, Told]], column: str, file: str = FILE
) -> Table:
    """`column`: what the first column of the file is called."""
    return Table(
        name, title, help, label,
        [_("Alike, a tie is an outcome"), _("Alike, ties left out"), _("Kendall's tau-b")], [_("Retests")],
        [consistency_row(text, one) for text, one in rows],
        [column, "retests", *columns_of(ESTIMATES)],
        [
            [text, one["retests"], *(cell for key in ESTIMATES for cell in cells(one[key]))]
            for text, one in rows
        ],
        file=file,
    )  # fmt: skip


def consistency_of_all(numbers: GoldNumbers) -> Table:
    """Everybody together first, then each labeler, those with most retests first."""
    each = [(numbers.names[member], one) for member, one in numbers.consistency.items()]
    rows = [(_("Everybody"), numbers.everybody)] if numbers.everybody else []
    rows += sorted(each, key=lambda row: (-row[1]["retests"], row[0]))
    return consistency_table(
        "consistency", _("Consistency with oneself"),
        _("What labelers said of a task, beside what they said when it came to them again without a word. Intervals: 95 %, from resampling whole prompts."),
        _("Labeler"), rows, "labeler",
    )  # fmt: skip


def months_table(found: Mapping[int, Told]) -> Table:
    """Consistency by the month of the retest."""
    rows = [(f"{code // 12:04}-{code % 12 + 1:02}", one) for code, one in sorted(found.items())]
    return consistency_table(
        "months", _("Consistency with oneself by month"), _("The month of the retest, UTC."), _("Month"), rows,
        "month", file="gold:over-time",
    )  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """A file: its columns and rows."""

    columns: list[str]
    values: list[list[Any]]


def _items(project: Project, numbers: GoldNumbers) -> Sheet:
    rows = item_rows(gold_items(project), numbers.items)
    return Sheet(
        ["gold", "prompt", "pairs", "may_miss", "answers", "passed", "good_labelers", "good_labelers_failed", "proposed_as_bad",
         "retired_as", "retired_because", "explanation", "created_at", "retired_at"],
        [_item_cells(row) for row in rows],
    )  # fmt: skip


def _item_cells(row: ItemRow) -> list[Any]:
    item, one = row.item, row.numbers
    return [
        str(item.uid), str(item.task.prompt.uid), len(item.pairs), item.may_miss, one.answers, one.passed, one.doubt.good,
        one.doubt.good_failed, "yes" if row.proposed else "no", item.retired_as, item.retired_because, item.explanation,
        item.created_at.isoformat(), item.retired_at.isoformat() if item.retired_at else "",
    ]  # fmt: skip


def _labelers(_project: Project, numbers: GoldNumbers) -> Sheet:
    scores = ordered_scores(numbers.scores.values())
    return Sheet(
        ["labeler", *_STANDING, "below_threshold", "surely_below"],
        [
            [one.labeler, *standing_cells(one.standing), *("yes" if flag else "no" for flag in (one.below, one.surely_below))]
            for one in scores
        ],
    )  # fmt: skip


def ordered_scores(scores: Iterable[GoldScore]) -> list[GoldScore]:
    """Those who stand out first: surely below, below, then by share."""
    return sorted(scores, key=lambda one: (not one.surely_below, not one.below, one.share, one.labeler))


def _consistency(_project: Project, numbers: GoldNumbers) -> Sheet:
    table = consistency_of_all(numbers)
    return Sheet(table.columns, table.values)


def answers_sheet(project: Project, answers: Iterable[GoldAnswer]) -> Sheet:
    """Each answer by itself, newest first."""
    uids = dict(gold_items(project).values_list("pk", "uid"))
    columns = ["labeler", "gold", "result", "counts", "kept", "tied", "reversed", "tiers", "judgment", "at"]
    return Sheet(columns, [_answer_cells(one, uids[one.item]) for one in reversed(list(answers))])


def _answer_cells(one: GoldAnswer, item: Any) -> list[Any]:
    result, counts = "passed" if one.score.passed else "failed", "yes" if one.counts else "no"
    tiers = " ".join(map(str, one.tiers))
    kept = [one.score.right, one.score.tied, one.score.reversed]
    return [one.labeler, str(item), result, counts, *kept, tiers, str(one.judgment), one.at.isoformat()]


# Each table of the pages, by the name of its file.
SHEETS: dict[str, Callable[[Project, GoldNumbers], Sheet]] = {
    "items": _items,
    "labelers": _labelers,
    "consistency": _consistency,
}
