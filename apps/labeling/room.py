"""What the room and the history show: rows and drafts put into the shape of their pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.projects.models import Membership
from apps.prompts.selectors import messages_of

from .domain.letters import letters_of, to_letters
from .form_body import Fields, Problem, fields_of
from .forms import room_form
from .models import Assignment, Judgment
from .room_texts import room_translations
from .selectors import correctable_until, desk_of, progress_of
from .trouble import Trouble


def room_context(
    assignment: Assignment,
    *,
    values: Fields,
    problems: Iterable[Problem] = (),
    rendering: str = "rendered",
    mode: str = "work",
    arrived: bool = False,
    trouble: Trouble | None = None,
    corrects: str = "",
    previewed: bool = False,
) -> dict[str, Any]:
    """`mode` is work, correct or gone (nothing can be sent any more); `arrived` when this room is the answer to a
    submit; `trouble` says why what was sent was not taken; `corrects` is the judgment that is looked at again."""
    desk = desk_of(assignment)
    return {
        "member": assignment.membership,
        "project": assignment.membership.project,
        "assignment": assignment,
        "desk": desk,
        "form": room_form(desk, values, problems, rendering),
        "progress": progress_of(assignment.membership),
        "mode": mode,
        "arrived": arrived,
        "trouble": trouble,
        "corrects": corrects,
        "previewed": previewed,
        "room_texts": room_translations(),
    }


def draft_fields(assignment: Assignment) -> dict[str, str]:
    return fields_of(assignment.draft)


def judgment_fields(judgment: Judgment) -> dict[str, str]:
    """The form as it was when `judgment` was submitted."""
    order = judgment.assignment.display_order if judgment.assignment else []
    letters = letters_of(order)
    body: dict[str, Any] = {
        "prompt_flags": judgment.prompt_flags,
        "use_case": judgment.use_case,
        "note": judgment.note,
        "rendering": judgment.rendering,
        "proposal": judgment.proposal,
    }
    if (ranking := getattr(judgment, "ranking", None)) is not None:
        body["tiers"] = dict(zip(letters, to_letters(order, ranking.tiers), strict=True))
    if (ratings := getattr(judgment, "ratings", None)) is not None:
        body["ratings"] = dict(zip(letters, to_letters(order, ratings.values), strict=True))
    if (demonstration := getattr(judgment, "demonstration", None)) is not None:
        body["text"] = demonstration.completion.body
    return fields_of(body)


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """`question` is None for a sensitive prompt: nobody meets such words in a list."""

    judgment: Judgment
    assignment: Assignment
    question: str | None
    said: str
    until: datetime
    may_correct: bool


def history_rows(member: Membership, judgments: Iterable[Judgment]) -> list[HistoryRow]:
    """`judgments` of `history_of(member)` as the rows of its page."""
    now = timezone.now()
    return [_row(member, judgment, judgment.assignment, now) for judgment in judgments if judgment.assignment]


def _row(member: Membership, judgment: Judgment, assignment: Assignment, now: datetime) -> HistoryRow:
    until = correctable_until(member, judgment.first_at)  # type: ignore[attr-defined]
    return HistoryRow(
        judgment=judgment,
        assignment=assignment,
        question=None if judgment.task.sensitive else messages_of(judgment.task.prompt)[-1]["content"],
        said=_said(judgment, assignment),
        until=until,
        may_correct=now <= until,
    )


def _said(judgment: Judgment, assignment: Assignment) -> str:
    """`B = D > A > C` for a ranking, `A 6, B 3` for ratings alone; the opening of a demonstration."""
    if (ranking := getattr(judgment, "ranking", None)) is not None:
        return order_in_words(to_letters(assignment.display_order, ranking.tiers))
    if (demonstration := getattr(judgment, "demonstration", None)) is not None:
        return str(demonstration.completion.body)
    ratings = getattr(judgment, "ratings", None)
    return ratings_in_words(to_letters(assignment.display_order, ratings.values)) if ratings is not None else ""


def order_in_words(tiers: Sequence[int]) -> str:
    letters = letters_of(range(len(tiers)))
    rungs = [[letter for letter, own in zip(letters, tiers, strict=True) if own == tier] for tier in sorted(set(tiers))]
    return " > ".join(" = ".join(rung) for rung in rungs)


def ratings_in_words(ratings: Sequence[dict[str, Any]]) -> str:
    """`A 6, B 3`: what was said on the scales; a candidate that got flags or a note only is named by its letter."""
    letters = letters_of(range(len(ratings)))
    said = [[str(step) for name, step in rating.items() if name not in ("flags", "note")] for rating in ratings]
    return ", ".join(" ".join([letter, "/".join(steps)]).strip() for letter, steps in zip(letters, said, strict=True))
