"""From practice to a decision, and what the database refuses on the way."""

import pytest
from django.db import IntegrityError, connection, transaction

from apps.audit.models import AuditEntry
from apps.core.domain.errors import Conflict, NotFound, RuleBroken
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.screening.models import Attempt, Decision, Exam, ExamAnswer, Grade, PracticeAnswer
from apps.screening.selectors.candidate import sitting_of, stage_of
from apps.screening.selectors.results import candidates, left_to_grade
from apps.screening.services.attempts import answer_save, attempt_begin, attempt_submit, practice_answer
from apps.screening.services.decisions import attempt_decide
from apps.screening.services.exams import exam_make, exam_publish, item_put, reference_put
from apps.screening.services.grades import grade_give
from tests.exams.make import answer_for, exam_body, flag_item, practise, publish, rank_item, sit, whole_body, write_item
from tests.make import make_rank_task


def again(attempt: Attempt) -> Attempt:
    return Attempt.objects.select_related("exam", "membership__project", "membership__user").get(pk=attempt.pk)


def test_practice_opens_the_exam_and_a_wrong_try_can_be_made_good(cast, candidate):
    publish(cast.researcher)
    attempt = attempt_begin(member=candidate)
    assert attempt_begin(member=candidate).pk == attempt.pk
    with pytest.raises(Conflict, match="practice is passed"):
        answer_save(attempt=attempt, item_id="f1", body={})

    assert not practice_answer(attempt=attempt, item_id="p1", body=answer_for(attempt, "p1", flag="no")).right
    assert practice_answer(attempt=attempt, item_id="p2", body=answer_for(attempt, "p2")).right
    assert again(attempt).practice_passed_at is None
    assert sitting_of(again(attempt)).next_practice.id == "p1"
    assert practice_answer(attempt=attempt, item_id="p1", body=answer_for(attempt, "p1")).right
    assert again(attempt).practice_passed_at is not None
    assert stage_of(candidate, again(attempt)) == "exam"


def test_answers_are_kept_as_they_go_and_submitted_once(cast, candidate):
    publish(cast.researcher)
    attempt = attempt_begin(member=candidate)
    practise(attempt)
    answer_save(attempt=attempt, item_id="r1", body={"tiers": {"A": 1}})
    with pytest.raises(RuleBroken, match="still need an answer") as caught:
        attempt_submit(attempt=attempt)
    assert caught.value.details["missing"] == ["f1", "f2", "r1", "d1", "topics"]
    assert sitting_of(again(attempt)).answers["r1"] == {"tiers": {"A": 1}}

    done = sit(candidate)
    assert not attempt_submit(attempt=done).new
    with pytest.raises(Conflict, match="submitted"):
        answer_save(attempt=done, item_id="r1", body={})
    with pytest.raises(Conflict, match="You have sat the exam"):
        attempt_begin(member=candidate)


def test_scores_of_each_part(cast, candidate):
    publish(cast.researcher)
    attempt = attempt_begin(member=candidate)
    wrong = answer_for(attempt, "f2", flag="yes")
    done = sit(candidate, f2=wrong, r1=answer_for(attempt, "r1", tiers=[1, 2, 2]))
    [found] = candidates([done])
    assert (found.flags.value, found.flags.of) == (0.5, 2)
    # Against (1, 2, 2) all three pairs are the same; against (1, 2, 3) two are, and one is a tie of one side.
    assert (found.rankings.with_ties.value, found.rankings.with_ties.of) == (5 / 6, 6)
    assert (found.rankings.strict.value, found.rankings.strict.of) == (1.0, 4)
    assert (found.demonstrations.value, found.demonstrations.why) == (None, "not_graded")
    assert found.topics == ["Religion"]

    [text] = left_to_grade(cast.researcher)
    grade_give(actor=cast.researcher, answer=text, value=7)
    grade_give(actor=cast.manager, answer=text, value=4)
    [found] = candidates([done])
    assert found.demonstrations.value == 5.5
    assert not left_to_grade(cast.researcher)
    assert [found.reaches(part) for part in ("flags", "rankings", "demonstrations")] == [False, True, False]


@pytest.mark.parametrize(
    ("outcome", "status", "cohort"),
    [
        ("accept_training", "active", "training"),
        ("accept_held_out", "active", "held-out"),
        ("reject", "suspended", "training"),
        ("ask_again", "qualifying", "training"),
    ],
)
def test_a_decision_is_a_persons_and_becomes_true(cast, candidate, outcome, status, cohort):
    publish(cast.researcher)
    attempt = sit(candidate)
    candidate.refresh_from_db()
    assert candidate.status == "qualifying"  # nothing happens by itself, whatever the scores
    first = attempt_decide(
        actor=cast.manager, attempt=attempt, outcome=outcome, reason="Looked at it.", skills=["topic:religion"]
    )
    twice = attempt_decide(
        actor=cast.manager, attempt=attempt, outcome=outcome, reason="Looked at it.", skills=["topic:religion"]
    )
    assert (first.new, twice.new, Decision.objects.count()) == (True, False, 1)
    candidate.refresh_from_db()
    assert (candidate.status, candidate.cohort, candidate.skills) == (status, cohort, ["topic:religion"])
    assert first.decision.scores["flags"] == {"value": 1.0, "why": None}
    entry = AuditEntry.objects.get(verb="exam.decided")
    assert (entry.data["reason"], entry.actor) == ("Looked at it.", cast.manager.user)


def test_a_second_decision_is_another_row_and_knows_of_the_first(cast, candidate):
    publish(cast.researcher)
    attempt = sit(candidate)
    attempt_decide(actor=cast.manager, attempt=attempt, outcome="reject", reason="Too hasty.", seen=0)
    with pytest.raises(Conflict, match="Somebody decided meanwhile"):
        attempt_decide(actor=cast.manager, attempt=attempt, outcome="accept_training", reason="Fine.", seen=0)
    attempt_decide(actor=cast.manager, attempt=attempt, outcome="accept_training", reason="Fine.", seen=1)
    assert [d.outcome for d in attempt.decisions.order_by("number")] == ["reject", "accept_training"]
    with pytest.raises(Conflict, match="grades stand"):
        grade_give(actor=cast.researcher, answer=attempt.answers.get(item="d1"), value=5)


def test_asked_again_sits_the_newest_version(cast, candidate):
    publish(cast.researcher)
    attempt = sit(candidate)
    publish(cast.researcher, exam_body(flag_item("n1"), topics=[]))
    attempt_decide(actor=cast.manager, attempt=attempt, outcome="ask_again", reason="Once more.")
    second = attempt_begin(member=candidate)
    assert (second.number, second.exam.number, again(attempt).exam.number) == (2, 2, 1)
    with pytest.raises(Conflict, match="another attempt"):
        attempt_decide(actor=cast.manager, attempt=attempt, outcome="reject", reason="No.")


def test_an_attempt_keeps_its_version(cast, candidate):
    publish(cast.researcher)
    attempt = attempt_begin(member=candidate)
    publish(cast.researcher, exam_body(flag_item("n1")))
    practise(attempt)
    assert [item.id for item in sitting_of(again(attempt)).items] == ["f1", "f2", "r1", "d1"]


def test_sensitive_items_are_for_those_who_accept_them(cast, candidate, other_candidate):
    publish(
        cast.researcher,
        exam_body(flag_item("f1", sensitive=True), write_item("d1", sensitive=True), flag_item("f2"), topics=[]),
    )
    assert [item.id for item in sitting_of(attempt_begin(member=candidate)).items] == ["f1", "f2", "d1"]
    attempt = attempt_begin(member=other_candidate)
    assert [item.id for item in sitting_of(attempt).items] == ["f2"]
    with pytest.raises(NotFound):
        answer_save(attempt=attempt, item_id="d1", body={"text": "x"})
    answer_save(attempt=attempt, item_id="f2", body=answer_for(attempt, "f2"))
    attempt_submit(attempt=attempt)
    [found] = candidates([again(attempt)])
    assert (found.flags.items, found.hidden, found.demonstrations.why) == (1, 2, "not_seen")


def test_no_exam_no_attempt(cast, candidate):
    with pytest.raises(Conflict, match="no exam yet"):
        attempt_begin(member=candidate)
    assert stage_of(candidate, None) == "no_exam"
    publish(cast.researcher)
    with pytest.raises(Conflict, match="still qualifying"):
        attempt_begin(member=cast.labeler)


def test_the_draft_is_written_by_several(cast):
    exam_make(actor=cast.manager, body=exam_body(rank_item("r1", [1, 2])))
    item_put(actor=cast.researcher, item=flag_item("f1"))
    reference_put(actor=cast.researcher, id="r1", tiers=[1, 1])
    reference_put(actor=cast.researcher, id="r1", tiers=[2, 1])
    body = Exam.objects.get().body
    assert [item["id"] for item in body["items"]] == ["r1", "f1"]
    assert {one["by"]: one["tiers"] for one in body["items"][0]["references"]} == {
        "researcher-0": [1, 2], cast.researcher.pseudonym: [2, 1],
    }  # fmt: skip
    item_put(actor=cast.manager, item=rank_item("r1", [1, 2]) | {"texts": ["New", "Texts"], "references": []})
    with pytest.raises(RuleBroken, match="no researcher ranked it yet"):
        exam_publish(actor=cast.manager)


def refused(statement: str, *values: object) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_the_database_keeps_what_was_published_submitted_and_decided(cast, candidate):
    exam = publish(cast.researcher)
    attempt = sit(candidate)
    answer = attempt.answers.get(item="d1")
    grade_give(actor=cast.researcher, answer=answer, value=6)
    attempt_decide(actor=cast.manager, attempt=attempt, outcome="reject", reason="No.")
    refused("UPDATE screening_exam SET body = '{}' WHERE id = %s", exam.pk)
    refused("DELETE FROM screening_exam WHERE id = %s", exam.pk)
    refused("UPDATE screening_attempt SET submitted_at = NULL WHERE id = %s", attempt.pk)
    refused("UPDATE screening_examanswer SET body = '{}' WHERE id = %s", answer.pk)
    refused("DELETE FROM screening_examanswer WHERE id = %s", answer.pk)
    refused("INSERT INTO screening_examanswer (uid, attempt_id, item, body, saved_at) VALUES (gen_random_uuid(), %s, 'x', '{}', now())", attempt.pk)  # fmt: skip
    refused('UPDATE screening_practiceanswer SET "right" = NOT "right"')
    refused("UPDATE screening_decision SET outcome = 'accept_training'")
    refused("DELETE FROM screening_decision")
    refused("UPDATE screening_grade SET value = 7")
    assert (PracticeAnswer.objects.count(), Grade.objects.get().value) == (2, 6)


def test_the_database_refuses_an_attempt_at_a_draft_and_a_decision_before_the_end(cast, candidate):
    exam_make(actor=cast.manager, body=whole_body())
    draft = Exam.objects.get()
    with pytest.raises(IntegrityError, match="published"), transaction.atomic():
        Attempt.objects.create(membership=candidate, exam=draft, number=1)
    exam_publish(actor=cast.manager)
    attempt = attempt_begin(member=candidate)
    with pytest.raises(IntegrityError, match="not submitted"), transaction.atomic():
        Decision.objects.create(attempt=attempt, number=1, by=cast.manager, outcome="reject", reason="x", scores={})
    with pytest.raises(IntegrityError, match="attempt_one_open"), transaction.atomic():
        Attempt.objects.create(membership=candidate, exam=draft, number=2)


def test_a_cohort_changed_later_leaves_old_judgments_where_they_were(cast, candidate):
    """The judgment copied the cohort; a decision about the person moves nothing that was said before."""
    publish(cast.researcher)
    attempt = sit(candidate)
    attempt_decide(actor=cast.manager, attempt=attempt, outcome="accept_held_out", reason="Held out.")
    candidate.refresh_from_db()
    make_rank_task(cast.project, k=2)
    judgment = judgment_submit(
        assignment=assignment_claim(member=candidate, kind="rank"), body={"tiers": {"A": 1, "B": 2}}
    ).judgment
    attempt_decide(actor=cast.manager, attempt=attempt, outcome="accept_training", reason="Needed there.")
    candidate.refresh_from_db()
    judgment.refresh_from_db()
    assert (candidate.cohort, judgment.cohort) == ("training", "held-out")
    refused("UPDATE labeling_judgment SET cohort = 'training' WHERE id = %s", judgment.pk)


def test_grading_needs_one_to_seven_and_replaces(cast, candidate):
    publish(cast.researcher)
    attempt = sit(candidate)
    answer = ExamAnswer.objects.get(attempt=attempt, item="d1")
    with pytest.raises(RuleBroken, match="1 to 7"):
        grade_give(actor=cast.researcher, answer=answer, value=8)
    grade_give(actor=cast.researcher, answer=answer, value=3)
    grade_give(actor=cast.researcher, answer=answer, value=5)
    assert [grade.value for grade in Grade.objects.all()] == [5]
