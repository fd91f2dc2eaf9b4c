"""Answers to gold, and how each labeler stands by them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.labeling.models import Judgment
from apps.projects.models import Membership, Project

from ..domain.scoring import Score, score
from ..domain.standing import Standing, standing_of
from ..models import GoldItem


@dataclass(frozen=True, slots=True)
class GoldAnswer:
    """The current judgment of one labeler on one gold item. `member` and `item` are keys of their rows."""

    member: int
    labeler: str
    item: int
    judgment: UUID
    at: datetime
    tiers: tuple[int, ...]
    score: Score
    counts: bool


@dataclass(frozen=True, slots=True)
class GoldScore:
    """One labeler on all gold that counts. `labeler` is their pseudonym; `low` to `high` is the 95 % interval of the share
    of items passed. `below`: that share is under the project's threshold; `surely_below`: so is the interval's end."""

    member: int
    labeler: str
    standing: Standing
    below: bool
    surely_below: bool

    @property
    def items(self) -> int:
        return self.standing.items

    @property
    def passed(self) -> int:
        return self.standing.passed

    @property
    def share(self) -> float:
        return self.standing.share

    @property
    def low(self) -> float:
        return self.standing.interval[0]

    @property
    def high(self) -> float:
        return self.standing.interval[1]


def gold_answers(project: Project, member: Membership | None = None, item: GoldItem | None = None) -> list[GoldAnswer]:
    """What members, or one of them, said of gold, or of one item, oldest first, also of items that are retired; imported
    judgments answer no key."""
    known = GoldItem.objects.filter(task__project=project)
    items = {one.task_id: one for one in (known.filter(pk=item.pk) if item else known)}
    keys = {task: item.key for task, item in items.items()}
    given = Judgment.objects.filter(task__in=items, superseded_by=None, assignment__isnull=False, ranking__isnull=False)
    rows = (
        (given.filter(assignment__membership=member) if member else given)
        .order_by("submitted_at", "id")
        .values_list(
            "assignment__membership", "assignment__membership__pseudonym", "task", "uid", "submitted_at", "ranking__tiers"
        )
    )  # fmt: skip
    return [
        GoldAnswer(
            member, pseudonym, items[task].pk, uid, at, tuple(tiers),
            score(tiers, keys[task], items[task].may_miss), items[task].counts,
        )
        for member, pseudonym, task, uid, at, tiers in rows
    ]  # fmt: skip


def gold_scores(project: Project) -> dict[int, GoldScore]:
    """By member, of those who answered gold that counts."""
    return scores_of(gold_answers(project), project.gold_threshold)


def scores_of(answers: Iterable[GoldAnswer], threshold: float) -> dict[int, GoldScore]:
    given = list(answers)
    names = {one.member: one.labeler for one in given}
    return {member: score_of(member, names[member], one, threshold) for member, one in standings_of(given).items()}


def standings_of(answers: Iterable[GoldAnswer]) -> dict[int, Standing]:
    """By member, of those who answered gold that counts."""
    by_member = defaultdict[int, list[Score]](list)
    for answer in answers:
        if answer.counts:
            by_member[answer.member].append(answer.score)
    return {member: standing for member, scores in by_member.items() if (standing := standing_of(scores))}


def score_of(member: int, labeler: str, standing: Standing, threshold: float) -> GoldScore:
    return GoldScore(member, labeler, standing, standing.is_below(threshold), standing.is_surely_below(threshold))
