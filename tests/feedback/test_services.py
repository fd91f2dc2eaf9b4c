"""Reports and questions: said once, closed and answered once, and the database holds the rules."""

import threading

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from apps.audit.models import AuditEntry
from apps.core.domain.errors import Conflict, RuleBroken
from apps.feedback.models import Question, Report
from apps.feedback.selectors import unread_answers, waiting_of
from apps.feedback.services.questions import question_answer, question_ask, questions_mark_read
from apps.feedback.services.reports import letter_of, report_close, report_create
from apps.labeling.services.judgments import judgment_submit
from apps.prompts.models import Completion
from tests.make import make_rank_task


def verbs() -> list[str]:
    entries = AuditEntry.objects.filter(object_type__in=["report", "question"]).order_by("id")
    return list(entries.values_list("verb", flat=True))


# --- reports ------------------------------------------------------------------------------------


def test_a_letter_names_the_output_that_this_labeler_sees_under_it(assignment):
    for letter, text in (("A", "Answer 2"), ("B", "Answer 0"), ("C", "Answer 1")):
        told = report_create(assignment=assignment, subject=letter, category="broken")
        assert told.report.completion.body == text
        assert letter_of(told.report, assignment) == letter


def test_the_prompt_itself_may_be_reported(assignment):
    report = report_create(
        assignment=assignment, subject="prompt", category="personal_data", text=" A name \x00\r\n."
    ).report
    assert (report.completion, report.prompt, report.text) == (None, assignment.task.prompt, "A name \n.")
    assert letter_of(report, assignment) == "prompt"


@pytest.mark.parametrize("subject", ["D", "a", "", "AB", "prompts", None, 0, ["A"], {"A": 1}])
def test_a_letter_that_the_task_does_not_have_is_refused_by_name(assignment, subject):
    with pytest.raises(RuleBroken, match="it has prompt, A, B, C") as refused:
        report_create(assignment=assignment, subject=subject, category="broken")
    assert (refused.value.field, refused.value.code) == ("subject", "unknown_candidate")
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("category", "text", "field"),
    [
        ("rude", "", "category"),
        ("", "", "category"),
        (None, "", "category"),
        (["broken"], "", "category"),
        ("other", " \x00 ", "text"),
        ("broken", "x" * 2001, "text"),
        ("broken", 5, "text"),
        ("broken", "\ud800", "text"),
    ],
)
def test_a_broken_rule_of_a_report_is_named(assignment, category, text, field):
    with pytest.raises(RuleBroken) as refused:
        report_create(assignment=assignment, subject="A", category=category, text=text)
    assert refused.value.field == field
    assert not Report.objects.exists()


@pytest.mark.parametrize("subject", ["prompt", "B"])
def test_a_repeated_click_is_answered_as_the_first(assignment, subject):
    first = report_create(assignment=assignment, subject=subject, category="harmful", text="first")
    again = report_create(assignment=assignment, subject=subject, category="harmful", text="second")
    other = report_create(assignment=assignment, subject=subject, category="broken")
    assert (first.new, again.new, other.new) == (True, False, True)
    assert again.report == first.report
    assert again.report.text == "first"
    assert verbs() == ["report.created", "report.created"]


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_report_and_one_question(assignment):
    new, gate = [], threading.Barrier(4)

    def click() -> None:
        gate.wait()
        try:
            new.append(report_create(assignment=assignment, subject="prompt", category="harmful").new)
            new.append(question_ask(assignment=assignment, body="Why?").new)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new) == [False] * 6 + [True] * 2
    assert (Report.objects.count(), Question.objects.count()) == (1, 1)


def test_closing_once_twice_and_otherwise(cast, assignment):
    report = report_create(assignment=assignment, subject="A", category="broken").report
    assert waiting_of(cast.project).reports == 1
    closed = report_close(actor=cast.manager.user, report=report, resolution=" Taken out. ")
    assert (closed.state, closed.resolution, closed.resolved_by) == ("closed", "Taken out.", cast.manager.user)
    assert (
        report_close(actor=cast.manager.user, report=report, resolution="Taken out.").resolved_at == closed.resolved_at
    )
    with pytest.raises(Conflict) as refused:
        report_close(actor=cast.researcher.user, report=report, resolution="Left in.")
    assert (refused.value.code, refused.value.details["resolution"]) == ("already_closed", "Taken out.")
    assert verbs() == ["report.created", "report.closed"]
    assert waiting_of(cast.project).reports == 0


# --- questions ----------------------------------------------------------------------------------


def test_asking_twice_is_one_question(assignment):
    first = question_ask(assignment=assignment, body="Is a tie fine?\r\nOr not?")
    again = question_ask(assignment=assignment, body="  Is a tie fine?\nOr not?\x00 ")
    assert (first.new, again.new, again.question) == (True, False, first.question)
    assert question_ask(assignment=assignment, body="And C?").new
    assert verbs() == ["question.asked", "question.asked"]


@pytest.mark.parametrize("body", ["", " \n", "\x00", None, 7, "x" * 2001, "\udfff"])
def test_a_question_says_something_and_not_too_much(assignment, body):
    with pytest.raises(RuleBroken) as refused:
        question_ask(assignment=assignment, body=body)
    assert refused.value.field == "body"
    assert not Question.objects.exists()


def test_the_longest_question_fits(assignment):
    assert question_ask(assignment=assignment, body="\U0001f600" * 2000).question.body == "\U0001f600" * 2000


def test_a_question_may_come_after_submitting(assignment):
    judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 2, "C": 3}})
    assignment.refresh_from_db()
    assert question_ask(assignment=assignment, body="Was that right?").new


def test_an_answer_is_given_once_then_amended_and_the_audit_keeps_both(cast, assignment):
    question = question_ask(assignment=assignment, body="Is a tie fine?").question
    question_answer(actor=cast.manager.user, question=question, answer="Yes.")
    question_answer(actor=cast.manager.user, question=question, answer="Yes.")
    with pytest.raises(Conflict) as refused:
        question_answer(actor=cast.manager.user, question=question, answer="No.")
    assert (refused.value.code, refused.value.details["answer"]) == ("already_answered", "Yes.")
    question_answer(actor=cast.manager.user, question=question, answer="No.", amend=True)
    assert verbs() == ["question.asked", "question.answered", "question.amended"]
    amended = AuditEntry.objects.get(verb="question.amended")
    assert (amended.data, amended.actor) == ({"answer": "No.", "before": "Yes."}, cast.manager.user)


def test_read_is_read_until_amended(cast, assignment):
    question = question_ask(assignment=assignment, body="Is a tie fine?").question
    assert unread_answers(cast.labeler) == 0
    question = question_answer(actor=cast.manager.user, question=question, answer="Yes.")
    assert unread_answers(cast.labeler) == 1
    assert questions_mark_read(member=cast.second_labeler, questions=[question]) == 0
    stale = Question.objects.get(pk=question.pk)
    assert questions_mark_read(member=cast.labeler, questions=[question]) == 1
    assert questions_mark_read(member=cast.labeler, questions=[question]) == 0
    assert unread_answers(cast.labeler) == 0
    question_answer(actor=cast.manager.user, question=question, answer="No.", amend=True)
    assert unread_answers(cast.labeler) == 1
    assert questions_mark_read(member=cast.labeler, questions=[stale]) == 0, "it was the first answer that was seen"
    assert verbs().count("question.read") == 1


def test_the_count_in_the_navigation_is_one_query(cast, assignment, django_assert_num_queries):
    with django_assert_num_queries(1):
        unread_answers(cast.labeler)


# --- the referee --------------------------------------------------------------------------------


def refused(constraint: str, model, pk: int, **values) -> None:
    with pytest.raises((IntegrityError, InternalError), match=constraint), transaction.atomic():
        model.objects.filter(pk=pk).update(**values)


def test_the_database_refuses_a_report_that_is_half_closed_or_changed(cast, assignment):
    report = report_create(assignment=assignment, subject="A", category="broken").report
    refused("report_closed_when_resolved", Report, report.pk, state="closed")
    refused("report_closed_when_resolved", Report, report.pk, state="lost")
    refused("report_closed_when_resolved", Report, report.pk, resolution="done")
    for values in ({"text": "other words"}, {"completion": None}, {"category": "harmful"}):
        refused("append-only", Report, report.pk, **values)


def test_the_database_refuses_a_report_of_something_else(cast, assignment):
    elsewhere = make_rank_task(cast.project)
    said = {"project": cast.project, "task": assignment.task, "prompt": assignment.task.prompt, "member": cast.labeler}
    wrong = [
        {"completion": Completion.objects.get(pk=elsewhere.candidates[0])},
        {"prompt": elsewhere.prompt},
    ]
    for fields in wrong:
        with pytest.raises(IntegrityError, match="one of its outputs"), transaction.atomic():
            Report.objects.create(**said | fields, category="broken")
    for fields, constraint in (
        ({"category": "rude"}, "report_category_known"),
        ({"category": "other"}, "report_other"),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Report.objects.create(**said | fields)
    Report.objects.create(**said, category="broken")
    with pytest.raises(IntegrityError, match="report_once"), transaction.atomic():
        Report.objects.create(**said, category="broken")


def test_the_database_refuses_a_question_that_is_half_answered_or_changed(cast, assignment):
    question = question_ask(assignment=assignment, body="Why?").question
    refused("question_answer_is_whole", Question, question.pk, answer="Because.")
    refused("question_answer_is_whole", Question, question.pk, answered_by=cast.manager.user)
    refused("question_read_once_answered", Question, question.pk, read_at="2026-01-01T00:00Z")
    refused("append-only", Question, question.pk, body="What?")
    said = {"project": cast.project, "assignment": assignment, "member": cast.second_labeler}
    with pytest.raises(IntegrityError, match="whoever holds its assignment"), transaction.atomic():
        Question.objects.create(**said, body="Mine?", sha256="x")
    with pytest.raises(IntegrityError, match="question_says_something"), transaction.atomic():
        Question.objects.create(**said | {"member": cast.labeler}, body="", sha256="x")
    with pytest.raises(IntegrityError, match="question_once"), transaction.atomic():
        Question.objects.create(**said | {"member": cast.labeler}, body="Why?", sha256=question.sha256)
