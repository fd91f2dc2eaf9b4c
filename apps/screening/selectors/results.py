"""Candidates with their scores, by pseudonym alone: who they are is on no page of screening."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.utils.translation import gettext as _

from apps.core.domain.errors import NotFound, RuleBroken
from apps.labeling.domain.submission import Submission
from apps.projects.models import Membership, Project

from ..domain.answers import flags_said, parse_answer
from ..domain.exam import DEMONSTRATIONS, FLAGS, RANKINGS, TOPICS, Exam, Item, exam_of
from ..domain.scoring import (
    PairCounts,
    RankingScore,
    Score,
    Why,
    among_researchers,
    demonstration_score,
    flag_score,
    pair_counts,
    ranking_score,
)
from ..models import Attempt, Decision, ExamAnswer, Grade, PracticeAnswer


@dataclass(frozen=True, slots=True)
class Answered:
    """One item with what the candidate said of it, None where they did not see it; `grades` of a demonstration."""

    item: Item
    said: Submission | None
    flags: dict[str, str]
    pairs: PairCounts | None
    grades: list[int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An attempt and what it is worth. Scores are None until it is submitted."""

    attempt: Attempt
    exam: Exam
    flags: Score | None
    rankings: RankingScore | None
    demonstrations: Score | None
    topics: list[str]
    other: str
    hidden: int
    tries: int
    decisions: list[Decision]
    answered: list[Answered]

    @property
    def pseudonym(self) -> str:
        return self.attempt.membership.pseudonym

    @property
    def decision(self) -> Decision | None:
        return self.decisions[-1] if self.decisions else None

    @property
    def state(self) -> str:
        """practice, exam, submitted, or what was decided."""
        if self.decision is not None:
            return self.decision.outcome
        if self.attempt.submitted_at:
            return "submitted"
        return "exam" if self.attempt.practice_passed_at else "practice"

    def reaches(self, part: str) -> bool | None:
        """Whether the soft cut-off of `part` is reached; None where there is no number."""
        score = self.score(part)
        return None if score is None or score.value is None else score.value >= self.exam.cutoffs[part] - 1e-9

    def score(self, part: str) -> Score | None:
        """The number that the cut-off of `part` is set against."""
        ranked = self.rankings.with_ties if self.rankings else None
        return {FLAGS: self.flags, RANKINGS: ranked, DEMONSTRATIONS: self.demonstrations}[part]

    def kept(self) -> dict[str, Any]:
        """The scores as a decision keeps them."""
        parts = {part: self.score(part) for part in (FLAGS, RANKINGS, DEMONSTRATIONS)}
        return {part: {"value": one.value, "why": one.why} if one else None for part, one in parts.items()}


def attempts_of(project: Project) -> QuerySet[Attempt]:
    """Newest first."""
    return (
        Attempt.objects.filter(membership__project=project)
        .select_related("exam", "membership")
        .prefetch_related("decisions__by")
        .order_by("-id")
    )


def attempts_to_decide(project: Project) -> QuerySet[Attempt]:
    """Those that wait for a decision first. Then by pseudonyms, which are random: an order in time would tell who is who."""
    decided = Exists(Decision.objects.filter(attempt=OuterRef("pk")))
    waits = Case(When(~decided, submitted_at__isnull=False, then=Value(0)), default=Value(1))
    return attempts_of(project).order_by(waits, "membership__pseudonym", "-number")


def attempt_named(project: Project, uid: Any) -> Attempt:
    found = attempts_of(project).filter(uid=uid).first()
    if found is None:
        raise NotFound(_("There is no such applicant."))
    return found


def candidates(attempts: Sequence[Attempt]) -> list[Candidate]:
    """`attempts` with their scores, in a number of queries that does not grow with them."""
    pks = [attempt.pk for attempt in attempts]
    answers: dict[int, dict[str, ExamAnswer]] = defaultdict(dict)
    for answer in ExamAnswer.objects.filter(attempt__in=pks):
        answers[answer.attempt_id][answer.item] = answer
    grades: dict[int, list[int]] = defaultdict(list)
    for pk, value in Grade.objects.filter(answer__attempt__in=pks).values_list("answer_id", "value"):
        grades[pk].append(value)
    tries: dict[int, int] = defaultdict(int)
    for pk in PracticeAnswer.objects.filter(attempt__in=pks).values_list("attempt_id", flat=True):
        tries[pk] += 1
    exams = {attempt.exam_id: exam_of(attempt.exam.body) for attempt in attempts}
    return [
        _candidate(attempt, exams[attempt.exam_id], answers[attempt.pk], grades, tries[attempt.pk])
        for attempt in attempts
    ]


def _candidate(
    attempt: Attempt, exam: Exam, answers: dict[str, ExamAnswer], grades: dict[int, list[int]], tries: int
) -> Candidate:
    looked = [_answered(attempt, exam, item, answers.get(item.id), grades) for item in exam.asked]
    seen = [one for one in looked if one.said is not None]
    told = answers[TOPICS].body if TOPICS in answers else {}
    submitted = attempt.submitted_at is not None
    return Candidate(
        attempt=attempt, exam=exam,
        flags=_seen(flag_score([(one.item.key, one.flags) for one in _of(seen, FLAGS)]), exam, FLAGS) if submitted else None,
        rankings=_rankings(seen, exam) if submitted else None,
        demonstrations=(
            _seen(demonstration_score([one.grades for one in _of(seen, DEMONSTRATIONS)]), exam, DEMONSTRATIONS)
            if submitted else None
        ),
        topics=list(told.get("topics", [])), other=told.get("other", ""),
        hidden=len(looked) - len(seen) if submitted else 0, tries=tries,
        decisions=list(attempt.decisions.all()), answered=looked,
    )  # fmt: skip


def _answered(
    attempt: Attempt, exam: Exam, item: Item, answer: ExamAnswer | None, grades: dict[int, list[int]]
) -> Answered:
    try:
        said = parse_answer(item, exam, answer.body, str(attempt.uid)) if answer else None
    except RuleBroken:  # saved, not whole: an attempt under way
        said = None
    pairs = pair_counts(said.tiers or (), [one.tiers for one in item.references]) if said and item.references else None
    flags = flags_said(said) if said else {}
    return Answered(item, said, flags, pairs, sorted(grades[answer.pk]) if answer and said else [])


def _of(seen: Iterable[Answered], part: str) -> list[Answered]:
    return [one for one in seen if one.item.part == part]


def _rankings(seen: list[Answered], exam: Exam) -> RankingScore:
    found = ranking_score([one.pairs for one in _of(seen, RANKINGS) if one.pairs])
    return RankingScore(_seen(found.with_ties, exam, RANKINGS), _seen(found.strict, exam, RANKINGS))


def _seen(score: Score, exam: Exam, part: str) -> Score:
    """A part that was asked and of which nothing was seen is told apart from one that the exam does not have."""
    if score.why == Why.NOT_ASKED and exam.of(part):
        return Score(None, Why.NOT_SEEN, 0, score.out_of, 0)
    return score


def researchers_agree(exam: Exam) -> RankingScore:
    return among_researchers([[one.tiers for one in item.references] for item in exam.of(RANKINGS)])


def left_to_grade(member: Membership) -> QuerySet[ExamAnswer]:
    """Submitted demonstrations that `member` has not graded and nobody has decided about, without their authors."""
    return demonstrations_of(member.project).filter(attempt__decisions=None).exclude(grades__grader=member)


def blind_items(member: Membership, attempt: Attempt) -> frozenset[str]:
    """The replies of `attempt` that `member` may still grade and has not: until then they see neither text nor grades."""
    return frozenset(left_to_grade(member).filter(attempt=attempt).values_list("item", flat=True))


def demonstrations_of(project: Project) -> QuerySet[ExamAnswer]:
    """Every submitted demonstration of the project's candidates."""
    return (
        ExamAnswer.objects.filter(attempt__membership__project=project, attempt__submitted_at__isnull=False)
        .exclude(item=TOPICS)
        .filter(body__has_key="text")
        .select_related("attempt__exam")
        .order_by("uid")  # random: the texts of one candidate do not follow each other
    )


def demonstration_named(project: Project, uid: Any) -> ExamAnswer:
    found = demonstrations_of(project).filter(uid=uid).first()
    if found is None:
        raise NotFound(_("There is no such demonstration."))
    return found
