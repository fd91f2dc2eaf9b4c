"""What a candidate sees of an exam: their own steps, never a key, a grade or anybody else."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from apps.projects.models import Membership

from ..domain.answers import answered
from ..domain.exam import TOPICS, Exam, Item, exam_of, visible
from ..domain.practice import Standing, next_item, standing
from ..models import Attempt, Decision
from ..models import Exam as ExamRow


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to answer, and whether its answer is whole."""

    id: str
    part: str
    done: bool


@dataclass(frozen=True)
class Sitting:
    """An attempt with its version of the exam, as this candidate sees it."""

    attempt: Attempt
    exam: Exam
    accepts_sensitive: bool

    @cached_property
    def practice(self) -> tuple[Item, ...]:
        return visible(self.exam.practice, accepts_sensitive=self.accepts_sensitive)

    @cached_property
    def items(self) -> tuple[Item, ...]:
        return visible(self.exam.asked, accepts_sensitive=self.accepts_sensitive)

    @property
    def hidden(self) -> int:
        """How many items of the exam hold text that this candidate does not accept."""
        return len(self.exam.asked) - len(self.items)

    @cached_property
    def tries(self) -> list[tuple[str, bool]]:
        return list(self.attempt.tries.order_by("id").values_list("item", "right"))

    @property
    def standing(self) -> Standing:
        return standing(self.exam, self.tries, visible=self.practice)

    @property
    def next_practice(self) -> Item | None:
        return next_item(self.exam, self.tries, visible=self.practice)

    @cached_property
    def answers(self) -> dict[str, Any]:
        return dict(self.attempt.answers.values_list("item", "body"))

    @cached_property
    def steps(self) -> list[Step]:
        seed = str(self.attempt.uid)
        steps = [
            Step(item.id, item.part, answered(item, self.exam, self.answers.get(item.id), seed)) for item in self.items
        ]
        return steps + ([Step(TOPICS, TOPICS, TOPICS in self.answers)] if self.exam.topics else [])


def sitting_of(attempt: Attempt) -> Sitting:
    return Sitting(attempt, exam_of(attempt.exam.body), attempt.membership.accepts_sensitive)


def attempt_of(member: Membership) -> Attempt | None:
    """The newest attempt of `member`."""
    return (
        Attempt.objects.filter(membership=member)
        .select_related("exam", "membership__project", "membership__user")
        .order_by("-number")
        .first()
    )


def stands(attempt: Attempt) -> Decision | None:
    """The decision about it that holds now."""
    return attempt.decisions.order_by("-number").first()


def exam_in_force(member: Membership) -> ExamRow | None:
    """The version that somebody who begins now would sit."""
    return ExamRow.objects.filter(project=member.project_id, published_at__isnull=False).order_by("-number").first()


def stage_of(member: Membership, attempt: Attempt | None) -> str:
    """Where `member` stands: no_exam, begin, practice, exam, waiting, again, rejected or accepted."""
    if attempt is None:
        return "begin" if exam_in_force(member) else "no_exam"
    if attempt.submitted_at is None:
        return "exam" if attempt.practice_passed_at else "practice"
    decision = stands(attempt)
    if decision is None:
        return "waiting"
    return {"ask_again": "again", "reject": "rejected"}.get(decision.outcome, "accepted")
