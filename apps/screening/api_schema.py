"""What screening takes and answers, for the OpenAPI document and the wire."""

from collections.abc import Collection, Iterable
from typing import Any

from rest_framework import serializers

from apps.core.api import Filters
from apps.core.strict import StrictBody

from .domain.exam import PARTS
from .domain.new_exam import MOST_ITEMS
from .domain.scoring import Score, Why
from .models import REASON_MAX, Attempt, Decision, Exam, Grade
from .selectors.candidate import Sitting, stage_of
from .selectors.results import Candidate

STAGES = ("no_exam", "begin", "practice", "exam", "waiting", "again", "rejected", "accepted")


def _named(values: Iterable[str]) -> list[tuple[str, str]]:
    """Choices as `ENUM_NAMES` of the settings writes them, so that the document calls them by those names."""
    return [(str(value), str(value).capitalize()) for value in values]


class ExamReference(serializers.Serializer[Any]):
    by = serializers.CharField(required=False, help_text="A researcher's pseudonym; yours where it is left out.")
    tiers = serializers.ListField(child=serializers.IntegerField(), help_text="By position of the texts, 1 is best.")


class ExamFlag(serializers.Serializer[Any]):
    name = serializers.CharField()
    label = serializers.CharField(required=False)  # type: ignore[assignment]
    help = serializers.CharField(required=False, allow_blank=True)


class ExamItem(serializers.Serializer[Any]):
    id = serializers.CharField(required=False, help_text="Given by you, or made.")
    part = serializers.ChoiceField(_named(PARTS))
    practice = serializers.BooleanField(required=False)
    sensitive = serializers.BooleanField(required=False)
    prompt = serializers.CharField(required=False, allow_blank=True)
    texts = serializers.ListField(child=serializers.CharField(), required=False)
    key = serializers.DictField(child=serializers.CharField(), required=False, help_text="Of flags: yes or no by name.")
    references = ExamReference(many=True, required=False)
    explanation = serializers.CharField(required=False, allow_blank=True)


class PracticeRule(serializers.Serializer[Any]):
    last = serializers.IntegerField(help_text="Different items, those practised last.")
    right = serializers.IntegerField(help_text="So many of them at least, as they were answered last.")


class ExamBody(serializers.Serializer[Any]):
    """Checked by `domain.new_exam`, which names field and rule; this is its shape for the document."""

    title = serializers.CharField(required=False)
    intro = serializers.CharField(required=False, allow_blank=True)
    flags = ExamFlag(many=True, required=False)
    topics = serializers.ListField(child=serializers.CharField(), required=False)
    cutoffs = serializers.DictField(
        child=serializers.FloatField(),
        required=False,
        help_text="flags and rankings from 0 to 1, demonstrations 1 to 7.",
    )
    practice_rule = PracticeRule(required=False)
    items = ExamItem(many=True, required=False, help_text=f"At most {MOST_ITEMS}.")


class ExamListed(serializers.ModelSerializer[Exam]):
    class Meta:
        model = Exam
        fields = ["number", "sha256", "created_at", "published_at"]


class ExamAnswerBody(ExamListed):
    body = serializers.SerializerMethodField()

    class Meta(ExamListed.Meta):
        fields = [*ExamListed.Meta.fields, "body"]

    def get_body(self, exam: Exam) -> ExamBody:
        body: ExamBody = exam.body
        return body


class CandidateScore(serializers.Serializer[Any]):
    value = serializers.FloatField(allow_null=True, help_text="Null exactly where `why` says why.")
    why = serializers.ChoiceField(_named(Why), allow_null=True)
    of = serializers.IntegerField(help_text="Flags, pairs or texts that it rests on.")
    cutoff = serializers.FloatField(allow_null=True, help_text="Soft: a person decides.")
    reaches = serializers.BooleanField(allow_null=True)


class DecisionListed(serializers.ModelSerializer[Decision]):
    by = serializers.CharField(source="by.pseudonym")
    outcome = serializers.ChoiceField(_named(Decision.Outcome.values))
    skills = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Decision
        fields = ["uid", "number", "outcome", "reason", "skills", "by", "decided_at"]


class CandidateListed(serializers.Serializer[Any]):
    """An attempt by its applicant's pseudonym; scores are null until it is submitted."""

    uid = serializers.UUIDField()
    candidate = serializers.CharField(help_text="The pseudonym.")
    exam = serializers.IntegerField()
    attempt = serializers.IntegerField()
    state = serializers.ChoiceField(_named(("practice", "exam", "submitted", *Decision.Outcome.values)))
    flags = CandidateScore(allow_null=True)
    rankings = CandidateScore(allow_null=True, help_text="A tie is an answer of its own.")
    rankings_strict = CandidateScore(allow_null=True, help_text="Without the pairs that either of the two tied.")
    demonstrations = CandidateScore(allow_null=True)
    topics = serializers.ListField(child=serializers.CharField())
    other_topics = serializers.CharField()
    items_not_seen = serializers.IntegerField()
    practice_tries = serializers.IntegerField()
    decisions = DecisionListed(many=True)


class CandidateAnswer(serializers.Serializer[Any]):
    """What the applicant said of one item, beside what the exam's version says of it."""

    item = serializers.CharField()
    part = serializers.ChoiceField(_named(PARTS))
    seen = serializers.BooleanField(help_text="False: not asked of them, for they accept no sensitive text.")
    flags = serializers.DictField(child=serializers.CharField(), help_text="Yes or no by name.")
    tiers = serializers.ListField(child=serializers.IntegerField(), help_text="By position of the texts, 1 is best.")
    reply = serializers.CharField(allow_null=True, help_text="Null until you graded it, or somebody decided.")
    grades = serializers.ListField(child=serializers.IntegerField(), help_text="Of the reply, once you may read it.")


class CandidateWithAnswers(CandidateListed):
    answers = CandidateAnswer(many=True, help_text="Empty until the exam is handed in.")


def answers_told(one: Candidate, blind: Collection[str]) -> list[dict[str, Any]]:
    """`blind`: the items whose reply and grades are kept from whoever asks."""
    if one.attempt.submitted_at is None:
        return []
    return [
        {
            "item": answer.item.id, "part": answer.item.part, "seen": answer.said is not None, "flags": answer.flags,
            "tiers": list(answer.said.tiers or ()) if answer.said else [],
            "reply": answer.said.text if answer.said and answer.item.id not in blind else None,
            "grades": [] if answer.item.id in blind else answer.grades,
        }
        for answer in one.answered
    ]  # fmt: skip


def candidate_told(one: Candidate) -> dict[str, Any]:
    ranked = one.rankings
    return {
        "uid": one.attempt.uid, "candidate": one.pseudonym, "exam": one.attempt.exam.number,
        "attempt": one.attempt.number, "state": one.state,
        **{part: _score(one, part, one.score(part)) for part in PARTS},
        "rankings_strict": _score(one, None, ranked.strict) if ranked else None,
        "topics": one.topics, "other_topics": one.other, "items_not_seen": one.hidden, "practice_tries": one.tries,
        "decisions": one.decisions,
    }  # fmt: skip


def _score(one: Candidate, part: str | None, score: Score | None) -> dict[str, Any] | None:
    if score is None:
        return None
    cutoff = one.exam.cutoffs[part] if part else None
    reaches = one.reaches(part) if part else None
    return {"value": score.value, "why": score.why, "of": score.of, "cutoff": cutoff, "reaches": reaches}


class CandidateFilters(Filters):
    exam = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    candidate = serializers.CharField(required=False, max_length=40)
    lookups = {"exam": "exam__number", "candidate": "membership__pseudonym"}


class DecisionBody(StrictBody):
    outcome = serializers.ChoiceField(_named(Decision.Outcome.values))
    reason = serializers.CharField(max_length=REASON_MAX)
    skills = serializers.ListField(child=serializers.CharField(max_length=60), required=False, max_length=50)
    seen = serializers.IntegerField(
        required=False, min_value=0, max_value=10_000, help_text="How many decisions you know of; 409 where there are more."
    )  # fmt: skip


class DemonstrationToGrade(serializers.Serializer[Any]):
    """Without its author, the exam's other answers and the grades of others."""

    uid = serializers.UUIDField()
    prompt = serializers.CharField()
    sensitive = serializers.BooleanField()
    text = serializers.CharField()


class GradeBody(StrictBody):
    value = serializers.IntegerField(min_value=1, max_value=7)


class OwnGrade(serializers.ModelSerializer[Grade]):
    class Meta:
        model = Grade
        fields = ["value", "graded_at"]


class OwnItem(serializers.Serializer[Any]):
    id = serializers.CharField()
    part = serializers.ChoiceField(_named(PARTS))
    sensitive = serializers.BooleanField()
    prompt = serializers.CharField()
    texts = serializers.DictField(child=serializers.CharField(), help_text="By letter, in your own order.")
    flags = ExamFlag(many=True)
    answer = serializers.JSONField(allow_null=True, help_text="What is saved of it.")
    answered = serializers.BooleanField(help_text="Whole.")


class OwnAttempt(serializers.Serializer[Any]):
    """The applicant's own side: no key, no grade, nobody else."""

    stage = serializers.ChoiceField(_named(STAGES))
    title = serializers.CharField(allow_null=True)
    attempt = serializers.IntegerField(allow_null=True)
    practice_right = serializers.IntegerField(allow_null=True)
    practice_counted = serializers.IntegerField(allow_null=True)
    topics = serializers.ListField(child=serializers.CharField(), help_text="To choose from, as the item `topics`.")
    practice = OwnItem(many=True)
    items = OwnItem(many=True, help_text="Once the practice is passed.")
    left = serializers.ListField(child=serializers.CharField(), help_text="Items without a whole answer.")


def attempt_told(attempt: Attempt | None, sitting: Sitting | None, member: Any, shown: Any) -> dict[str, Any]:
    """`shown` makes an OwnItem of an item."""
    under_way = sitting is not None and attempt is not None and attempt.submitted_at is None
    opened = under_way and attempt is not None and attempt.practice_passed_at is not None
    return {
        "stage": stage_of(member, attempt),
        "title": sitting.exam.title if sitting else None,
        "attempt": attempt.number if attempt else None,
        "practice_right": sitting.standing.right if sitting and under_way else None,
        "practice_counted": sitting.standing.counted if sitting and under_way else None,
        "topics": list(sitting.exam.topics) if sitting and under_way else [],
        "practice": [shown(item) for item in sitting.practice] if sitting and under_way else [],
        "items": [shown(item) for item in sitting.items] if sitting and opened else [],
        "left": [step.id for step in sitting.steps if not step.done] if sitting and opened else [],
    }


class AnswerSaved(serializers.Serializer[Any]):
    item = serializers.CharField()
    answered = serializers.BooleanField(help_text="Whole: nothing of it is missing.")
    saved_at = serializers.DateTimeField()


class Practised(serializers.Serializer[Any]):
    right = serializers.BooleanField()
    explanation = serializers.CharField()
    key = serializers.DictField(child=serializers.CharField(), help_text="Flags by name; empty for a ranking.")
    rankings = serializers.ListField(
        child=serializers.DictField(child=serializers.IntegerField()), help_text="Of the researchers, by your letters."
    )
    exam_open = serializers.BooleanField()
