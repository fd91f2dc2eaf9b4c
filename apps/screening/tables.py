"""Candidates as rows of the page's table and of the file."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.labeling.room import order_in_words

from .domain.exam import DEMONSTRATIONS, FLAGS, PARTS, RANKINGS
from .domain.scoring import ranking_score
from .selectors.results import Answered, Candidate
from .words import PART_NAMES, STATES, cutoff_text, told

COLUMNS = (
    "candidate", "attempt", "exam", "state", "flags", "flags_of", "flags_reaches", "rankings", "rankings_of",
    "rankings_reaches", "rankings_strict", "rankings_strict_of", "demonstrations", "demonstrations_graded",
    "demonstrations_written", "demonstrations_reaches", "items_not_seen", "practice_tries", "topics", "other_topics",
    "decision", "decided_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    name: str
    text: str
    rests: str
    why: str
    cutoff: str
    reaches: bool | None


@dataclass(frozen=True, slots=True)
class Row:
    candidate: Candidate
    state: str
    cells: list[Cell]
    strict: dict[str, Any]


def row_of(candidate: Candidate) -> Row:
    cells = [
        Cell(
            name=str(PART_NAMES[part]), **told(part, candidate.score(part)), reaches=candidate.reaches(part),
            cutoff=cutoff_text(part, candidate.exam.cutoffs[part]),
        )
        for part in PARTS
    ]  # fmt: skip
    strict = told(RANKINGS, candidate.rankings.strict if candidate.rankings else None)
    return Row(candidate, str(STATES[candidate.state]), cells, strict)


def csv_row(candidate: Candidate) -> list[Any]:
    flags, ranked, written = candidate.flags, candidate.rankings, candidate.demonstrations
    return [
        candidate.pseudonym, candidate.attempt.number, candidate.attempt.exam.number, candidate.state,
        _number(flags), flags.of if flags else "", _yes(candidate.reaches(FLAGS)),
        _number(ranked and ranked.with_ties), ranked.with_ties.of if ranked else "", _yes(candidate.reaches(RANKINGS)),
        _number(ranked and ranked.strict), ranked.strict.of if ranked else "",
        _number(written), written.of if written else "", written.out_of if written else "",
        _yes(candidate.reaches(DEMONSTRATIONS)), candidate.hidden, candidate.tries,
        "; ".join(candidate.topics), candidate.other,
        candidate.decision.outcome if candidate.decision else "",
        candidate.decision.decided_at.isoformat() if candidate.decision else "",
    ]  # fmt: skip


def _number(score: Any) -> Any:
    return "" if score is None or score.value is None else round(score.value, 6)


def _yes(reaches: bool | None) -> str:
    return "" if reaches is None else "yes" if reaches else "no"


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What the candidate said of one item, what the researchers say, and how far that is the same."""

    item: Any
    part: str
    said: str
    key: str
    alike: str
    text: str
    blind: bool = False


def answer_rows(candidate: Candidate, blind: Collection[str]) -> Iterator[AnswerRow]:
    """`blind`: of these items neither the text nor its grades, for whoever looks has yet to grade them."""
    for one in candidate.answered:
        if one.item.id in blind:
            yield AnswerRow(one.item, str(PART_NAMES[one.item.part]), "", "", "", "", blind=True)
            continue
        said, key, alike = _flagged(one, candidate) if one.item.part == FLAGS else _ranked(one)
        if one.item.part == DEMONSTRATIONS:
            said, key, alike = "", "", ", ".join(map(str, one.grades)) or _("no grade yet")
        if one.said is None:
            said, alike = _("not seen"), ""
        text = (one.said.text or "") if one.said else ""
        yield AnswerRow(one.item, str(PART_NAMES[one.item.part]), said, key, alike, text)


ANSWER_COLUMNS = ("item", "part", "sensitive", "applicant", "researchers", "alike_or_grades", "reply")


def answer_cells(row: AnswerRow) -> list[str]:
    reply = _("not graded by you yet") if row.blind else row.text
    return [row.item.id, row.item.part, _yes(row.item.sensitive), row.said, row.key, row.alike, reply]


def flag_rows(candidate: Candidate) -> list[tuple[str, str]]:
    """Each flag by itself, where there are several: how often it was answered as the researchers did."""
    seen = [one for one in candidate.answered if one.item.part == FLAGS and one.said is not None]
    if len(candidate.exam.flags) < 2 or not seen:
        return []
    rows = []
    for flag in candidate.exam.flags:
        same = sum(one.flags.get(flag.name) == one.item.key.get(flag.name) for one in seen)
        rows.append((flag.label, _("%(n)d of %(of)d") % {"n": same, "of": len(seen)}))
    return rows


def _flagged(one: Answered, candidate: Candidate) -> tuple[str, str, str]:
    words = {"yes": _("yes"), "no": _("no"), "": "–"}
    names = [(flag.name, flag.label) for flag in candidate.exam.flags]
    said = "; ".join(f"{label}: {words[one.flags.get(name, '')]}" for name, label in names)
    key = "; ".join(f"{label}: {words[one.item.key.get(name, '')]}" for name, label in names)
    same = sum(one.flags.get(name) == one.item.key.get(name) for name, _label in names)
    return said, key, _("%(n)d of %(of)d") % {"n": same, "of": len(names)}


def _ranked(one: Answered) -> tuple[str, str, str]:
    said = order_in_words(one.said.tiers) if one.said and one.said.tiers else ""
    key = "; ".join(order_in_words(reference.tiers) for reference in one.item.references)
    alike = told(RANKINGS, ranking_score([one.pairs]).with_ties)["text"] if one.pairs else ""
    return said, key, alike
