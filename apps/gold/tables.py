"""What gold and retests say, as tables: the same rows on the page and as CSV."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.projects.models import Project
from apps.quality.agreement.words import WHY
from apps.quality.domain.estimate import Estimate
from apps.quality.domain.told import estimate_told
from apps.quality.shown import Number, Row, Table, cells, columns_of, number_of, percent

from .domain.consistency import EVERYBODY, Consistency, Retest, consistency_by
from .domain.standing import Standing
from .domain.weeks import standing_by_week
from .selectors import GoldAnswer, GoldScore, gold_answers, gold_scores, retests_of
from .selectors.consistency import consistency_of
from .selectors.items import ItemRow, gold_items, item_rows

FILE = "gold:table"
ESTIMATES = ("agreement", "agreement_without_ties", "tau_b")
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


def weeks_table(project: Project, answers: Iterable[GoldAnswer]) -> Table:
    """Gold by week, of one labeler or of all."""
    weeks = standing_by_week((one.at, one.score) for one in answers if one.counts)
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


def consistency_row(label: str, one: Consistency) -> Row:
    return Row(label, [_estimate(name, getattr(one, name)) for name in ESTIMATES], [one.retests])


def _estimate(name: str, estimate: Estimate) -> Number:
    told = estimate_told(estimate)
    why = str(WHY[told["why"]]) if told["why"] else ""
    said: Callable[[float], str] = (lambda value: f"{value:.2f}") if name == "tau_b" else percent
    return number_of(told["value"], told["low"], told["high"], said, why=why)


def consistency_table(
    name: str, title: str, help: str, label: str, rows: Sequence[tuple[str, Consistency]], column: str, file: str = FILE
) -> Table:
    """`column`: what the first column of the file is called."""
    return Table(
        name, title, help, label,
        [_("Alike, a tie is an outcome"), _("Alike, ties left out"), _("Kendall's tau-b")], [_("Retests")],
        [consistency_row(text, one) for text, one in rows],
        [column, "retests", *columns_of(ESTIMATES)],
        [
            [text, one.retests, *(cell for key in ESTIMATES for cell in cells(estimate_told(getattr(one, key))))]
            for text, one in rows
        ],
        file=file,
    )  # fmt: skip


def consistency_of_all(project: Project) -> Table:
    """Everybody together first, then each labeler, those with most retests first."""
    retests = retests_of(project)
    found = consistency_by(retests, [EVERYBODY] * len(retests))
    rows = [(_("Everybody"), one) for one in found.values()]
    each = sorted(consistency_of(retests).values(), key=lambda one: (-one.retests, one.labeler))
    rows += [(one.labeler, one.consistency) for one in each]
    return consistency_table(
        "consistency", _("Consistency with oneself"),
        _("What labelers said of a task, beside what they said when it came to them again without a word. Intervals: 95 %, from resampling whole prompts."),
        _("Labeler"), rows, "labeler",
    )  # fmt: skip


def months_table(retests: Sequence[Retest]) -> Table:
    """Consistency by the month of the retest."""
    codes = [one.at.year * 12 + one.at.month - 1 for one in retests]
    found = consistency_by(retests, codes)
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


def _items(project: Project) -> Sheet:
    rows = item_rows(gold_items(project), gold_answers(project), project.gold_threshold)
    return Sheet(
        ["gold", "prompt", "pairs", "may_miss", "answers", "passed", "good_labelers", "good_labelers_failed", "proposed_as_bad",
         "retired_as", "retired_because", "explanation", "created_at", "retired_at"],
        [_item_cells(row) for row in rows],
    )  # fmt: skip


def _item_cells(row: ItemRow) -> list[Any]:
    item = row.item
    return [
        str(item.uid), str(item.task.prompt.uid), len(item.pairs), item.may_miss, row.answers, row.passed, row.doubt.good,
        row.doubt.good_failed, "yes" if row.proposed else "no", item.retired_as, item.retired_because, item.explanation,
        item.created_at.isoformat(), item.retired_at.isoformat() if item.retired_at else "",
    ]  # fmt: skip


def _labelers(project: Project) -> Sheet:
    scores = ordered_scores(gold_scores(project).values())
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


def _consistency(project: Project) -> Sheet:
    table = consistency_of_all(project)
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
SHEETS: dict[str, Callable[[Project], Sheet]] = {"items": _items, "labelers": _labelers, "consistency": _consistency}
