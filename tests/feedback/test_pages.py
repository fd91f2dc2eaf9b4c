"""The panel, a labeler's questions, and what a manager finds: as pages, with and without scripts."""

import csv
import io
import re

import pytest
from django.test import Client

from apps.feedback.models import Question, Report
from apps.feedback.services.questions import question_answer, question_ask
from apps.feedback.services.reports import report_close, report_create
from apps.labeling.models import Assignment
from apps.labeling.services.judgments import judgment_submit
from apps.prompts.models import Prompt
from tests.make import make_rank_task

HTMX = {"HX-Request": "true"}
HOSTILE = "</textarea><script>alert(1)</script><img src=x onerror=alert(1)> \u202egnp"


@pytest.fixture
def desk(cast, as_member) -> Client:
    """The labeler's browser."""
    return as_member(cast.labeler)


@pytest.fixture
def boss(cast, as_member) -> Client:
    return as_member(cast.manager)


def text_of(answer) -> str:
    return answer.content.decode()


# --- the panel ----------------------------------------------------------------------------------


def test_the_panel_stands_in_the_room_closed_and_outside_the_judgment_form(desk, assignment):
    page = text_of(desk.get(f"/work/{assignment.uid}/"))
    panel = page[page.index('<section id="feedback"') :]
    assert '<form id="judgment"' not in panel
    assert panel.index("<details>") < panel.index("Ask the project about this task")
    for letter in "ABC":
        assert f'<option value="{letter}">candidate {letter}</option>' in panel


def test_with_a_script_the_answer_is_the_panel_alone(desk, assignment):
    answer = desk.post(f"/work/{assignment.uid}/ask/", {"feedback-question": "Is a <b> fine?"}, headers=HTMX)
    panel = text_of(answer)
    assert (answer.status_code, "<html" in panel, "<details open>" in panel) == (200, False, True)
    assert re.search(r'<p class="message" tabindex="-1" autofocus>Your question is with the project', panel)
    assert '<div id="announcer" hx-swap-oob="innerHTML">Your question is with the project' in panel
    assert "Is a &lt;b&gt; fine?" in panel
    assert "Waiting for an answer" in panel
    again = text_of(desk.post(f"/work/{assignment.uid}/ask/", {"feedback-question": "Is a <b> fine?"}, headers=HTMX))
    assert "You have asked this already" in again
    assert Question.objects.count() == 1


@pytest.mark.parametrize(
    ("verb", "sent", "said"),
    [
        ("ask", {"feedback-question": " "}, "Write something first."),
        ("ask", {"feedback-question": "x" * 2001}, "At most 2000 characters; this text has 2001."),
        ("report", {"feedback-subject": "D", "feedback-category": "broken"}, "This task has no candidate of that name"),
        ("report", {"feedback-subject": "A"}, "One of harmful"),
        ("report", {"feedback-subject": "A", "feedback-category": "other"}, "Write something first."),
    ],
)
def test_what_is_wrong_stands_beside_its_control_with_the_focus(desk, assignment, verb, sent, said):
    answer = desk.post(f"/work/{assignment.uid}/{verb}/", sent, headers=HTMX)
    panel = text_of(answer)
    assert answer.status_code == 422
    assert f'">{said}' in panel
    assert panel.count("autofocus") == 1
    assert re.search(r'aria-invalid="true" aria-describedby="[a-z]+-error" autofocus', panel)
    assert not Question.objects.exists()
    assert not Report.objects.exists()


def test_without_scripts_the_judgment_half_made_is_kept(desk, assignment):
    sent = {"tier-B": "1", "note": "so far", "revision": "0", "feedback-question": "Is a tie fine?"}
    answer = desk.post(f"/work/{assignment.uid}/ask/", sent)
    assert (answer.status_code, answer["Location"]) == (303, f"/work/{assignment.uid}/")
    page = text_of(desk.get(answer["Location"]))
    assert "Your question is with the project" in page
    assert 'name="tier-B" value="1" checked' in page
    assignment.refresh_from_db()
    assert assignment.draft == {"tiers": {"B": 1}, "ratings": {}, "note": "so far"}


def test_a_refused_question_without_scripts_keeps_its_words_and_the_draft(desk, assignment):
    sent = {"tier-B": "1", "revision": "0", "feedback-subject": "B", "feedback-text": HOSTILE}
    answer = desk.post(f"/work/{assignment.uid}/report/", sent)
    page = text_of(answer)
    assert answer.status_code == 422
    assert "&lt;/textarea&gt;&lt;script&gt;" in page
    assert '<option value="B" selected>' in page
    assert f'href="/work/{assignment.uid}/"' in page
    assignment.refresh_from_db()
    assert assignment.draft["tiers"] == {"B": 1}


def test_an_older_page_asks_and_does_not_overwrite_the_newer_draft(desk, assignment):
    Assignment.objects.update(draft={"note": "newer"}, draft_revision=3)
    sent = {"note": "older", "revision": "0", "feedback-question": "Is a tie fine?"}
    page = text_of(desk.post(f"/work/{assignment.uid}/ask/", sent, follow=True))
    assert "Your question is with the project" in page
    assert "Another window saved a newer draft" in page
    assignment.refresh_from_db()
    assert assignment.draft == {"note": "newer"}


@pytest.mark.parametrize("revision", ["", "x", "-1", "\u00b2", "9" * 5_000])
def test_a_revision_that_is_none_keeps_no_draft(desk, assignment, revision):
    desk.post(f"/work/{assignment.uid}/ask/", {"note": "x", "revision": revision, "feedback-question": "Why?"})
    assignment.refresh_from_db()
    assert (assignment.draft, Question.objects.count()) == (None, 1)


def test_after_submitting_there_is_a_page_to_ask_from(desk, assignment):
    judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 2, "C": 3}})
    answer = desk.post(f"/work/{assignment.uid}/ask/", {"feedback-question": "Was that right?"})
    assert answer["Location"] == f"/work/{assignment.uid}/feedback/"
    page = text_of(desk.get(answer["Location"]))
    assert "Was that right?" in page
    assert "hx-post" not in page[page.index('id="feedback-form"') :]


def test_who_is_suspended_meanwhile_is_told_within_the_panel(cast, desk, assignment):
    cast.labeler.status = "suspended"
    cast.labeler.save()
    answer = desk.post(f"/work/{assignment.uid}/ask/", {"feedback-question": "Why?"}, headers=HTMX)
    assert answer.status_code == 403
    assert text_of(answer).startswith('<section id="feedback"')
    assert "suspended" in text_of(answer)


def test_signed_out_a_script_keeps_what_was_typed_and_a_form_leads_to_sign_in(client, assignment):
    path = f"/work/{assignment.uid}/ask/"
    assert client.post(path, {"feedback-question": "Why?"}, headers=HTMX).status_code == 401
    assert client.post(path, {"feedback-question": "Why?"})["Location"].startswith("/sign-in/")


@pytest.mark.parametrize(("verb", "field"), [("ask", "feedback-question"), ("report", "feedback-text")])
def test_nine_megabytes_are_refused_clearly(desk, assignment, verb, field):
    answer = desk.post(f"/work/{assignment.uid}/{verb}/", {field: "x" * 9_000_000})
    assert answer.status_code == 413
    assert "too large" in text_of(answer)
    assert not Question.objects.exists()


# --- a labeler's questions ----------------------------------------------------------------------


def test_an_answer_is_counted_shown_as_new_once_and_read(cast, desk, boss, assignment):
    question = question_ask(assignment=assignment, body="Is a tie fine?").question
    assert 'class="count"' not in text_of(desk.get("/p/clinic/work/"))
    question_answer(actor=cast.manager.user, question=question, answer="Yes, use it.")
    assert '<span class="count">1<span class="visually-hidden"> unread</span>' in text_of(desk.get("/p/clinic/work/"))
    page = text_of(desk.get("/p/clinic/questions/"))
    for words in ("New answer", "Yes, use it.", "The project", "Is a tie fine?"):
        assert words in page
    assert "manager@" not in page
    assert "New answer" not in text_of(desk.get("/p/clinic/questions/"))
    assert 'class="count"' not in text_of(desk.get("/p/clinic/work/"))
    question_answer(actor=cast.manager.user, question=question, answer="Only if you must.", amend=True)
    assert "New answer" in text_of(desk.get("/p/clinic/questions/"))


def test_the_room_shows_an_answer_without_taking_it_for_read(cast, desk, assignment):
    question = question_ask(assignment=assignment, body="Is a tie fine?").question
    question_answer(actor=cast.manager.user, question=question, answer="Yes, use it.")
    page = text_of(desk.get(f"/work/{assignment.uid}/"))
    assert '<span class="count">1 answer</span>' in page
    assert "Yes, use it." in page
    question.refresh_from_db()
    assert question.read_at is None


def test_others_see_nothing_of_it(cast, as_member, assignment):
    question_ask(assignment=assignment, body="Is a tie fine?")
    other = as_member(cast.second_labeler)
    assert "Is a tie fine?" not in text_of(other.get("/p/clinic/questions/"))
    assert other.get(f"/work/{assignment.uid}/feedback/").status_code == 404


def test_nobody_meets_the_words_of_a_sensitive_prompt_in_a_list(cast, desk, boss, hold):
    cast.labeler.accepts_sensitive = True
    cast.labeler.save()
    task = make_rank_task(cast.project, sensitive=True)
    Prompt.objects.filter(pk=task.prompt_id).update(sensitive=True)
    question_ask(assignment=hold(task), body="Must I?")
    last = re.search(r'"content":"(.*?)"', task.prompt.messages)[1]
    page = text_of(desk.get("/p/clinic/questions/"))
    assert "On a prompt marked sensitive" in page
    assert last not in page
    managed = text_of(boss.get("/p/clinic/feedback/"))
    assert managed.index("Show the sensitive prompt</summary>") < managed.index(last)


@pytest.mark.parametrize("sensitive", [True, False])
def test_a_reported_output_of_a_sensitive_prompt_is_folded(cast, boss, assignment, sensitive):
    Prompt.objects.filter(pk=assignment.task.prompt_id).update(sensitive=sensitive)
    report_create(assignment=assignment, subject="A", category="harmful")
    page = text_of(boss.get("/p/clinic/feedback/?list=reports"))
    assert ('<details class="completion" open>' in page) is not sensitive


# --- the project's side -------------------------------------------------------------------------


def test_a_manager_reads_the_question_beside_its_task_and_answers(cast, boss, assignment):
    question = question_ask(assignment=assignment, body="Is B better than A?").question
    page = text_of(boss.get("/p/clinic/feedback/"))
    for words in (
        "Is B better than A?",
        "Answer 0",
        "Answer 2",
        cast.labeler.pseudonym,
        str(assignment.task.prompt.uid),
    ):
        assert words in page
    answer = boss.post(f"/p/clinic/feedback/questions/{question.uid}/", {"answer": "Yes."})
    assert answer["Location"] == "/p/clinic/feedback/?list=questions"
    assert "No question waits for an answer." in text_of(boss.get(answer["Location"]))
    answered = text_of(boss.get("/p/clinic/feedback/?list=questions&state=closed"))
    assert "manager@example.org" in answered
    assert "\nYes.</textarea>" in answered
    boss.post(f"/p/clinic/feedback/questions/{question.uid}/", {"answer": "No.", "amend": "1"})
    question.refresh_from_db()
    assert question.answer == "No."


def test_who_answers_second_sees_the_first_answer_and_keeps_the_own_words(cast, boss, assignment):
    question = question_ask(assignment=assignment, body="Why?").question
    question_answer(actor=cast.manager.user, question=question, answer="The first.")
    answer = boss.post(f"/p/clinic/feedback/questions/{question.uid}/", {"answer": "The second."})
    page = text_of(answer)
    assert answer.status_code == 409
    assert "Somebody has answered this question already" in page
    assert "The first." in page
    assert "\nThe second.</textarea>" in page
    assert 'name="amend"' in page


def test_an_empty_answer_is_refused(boss, assignment):
    question = question_ask(assignment=assignment, body="Why?").question
    answer = boss.post(f"/p/clinic/feedback/questions/{question.uid}/", {"answer": " "})
    assert (answer.status_code, "write something first" in text_of(answer)) == (422, True)


def test_a_manager_closes_a_report_and_the_closed_ones_are_listed_apart(cast, boss, assignment):
    report = report_create(assignment=assignment, subject="B", category="harmful", text="Look here").report
    page = text_of(boss.get("/p/clinic/feedback/?list=reports"))
    for words in ("Harmful or unsafe", "Look here", "Answer 0", "Close the report"):
        assert words in page
    assert "Answer 2" not in page
    path = f"/p/clinic/feedback/reports/{report.uid}/"
    assert boss.post(path, {"resolution": "Taken out."})["Location"] == "/p/clinic/feedback/?list=reports"
    assert "No report is open." in text_of(boss.get("/p/clinic/feedback/?list=reports"))
    assert "Taken out." in text_of(boss.get("/p/clinic/feedback/?list=reports&state=closed"))
    late = boss.post(path, {"resolution": "Left in."})
    assert (late.status_code, "Somebody has closed this report already" in text_of(late)) == (409, True)


def test_a_researcher_reads_reports_and_skips_but_neither_questions_nor_addresses(cast, as_member, assignment):
    question_ask(assignment=assignment, body="Is a tie fine?")
    report = report_create(assignment=assignment, subject="B", category="harmful").report
    researcher = as_member(cast.researcher)
    page = text_of(researcher.get("/p/clinic/feedback/?list=questions"))
    assert "Harmful or unsafe" in page
    assert "Is a tie fine?" not in page
    assert "Close the report" not in page
    report_close(actor=cast.manager.user, report=report)
    assert "manager@" not in text_of(researcher.get("/p/clinic/feedback/?list=reports&state=closed"))


def test_skips_are_counted_by_reason_for_each_prompt(cast, boss, hold):
    task = make_rank_task(cast.project, required=3)
    rare = make_rank_task(cast.project, required=3)
    said = [("unclear", "What is asked?"), ("unclear", ""), ("broken", HOSTILE)]
    for member, (code, words) in zip((cast.labeler, cast.second_labeler, cast.adjudicator), said, strict=True):
        hold(task, member, state="skipped", lease_expires_at=None, skip_code=code, skip_reason=words)
    hold(rare, state="skipped", lease_expires_at=None, skip_reason="from before codes")
    page = text_of(boss.get("/p/clinic/feedback/?list=skipped"))
    assert page.index(str(task.prompt.uid)) < page.index(str(rare.prompt.uid))
    assert "unclear 2, broken 1" in page
    assert "no reason given 1" in page
    assert "What is asked?" in page
    assert "<script>alert" not in page


def test_skips_are_a_file(cast, boss, hold):
    task = make_rank_task(cast.project, required=2)
    for member, words in ((cast.labeler, "=1+1"), (cast.second_labeler, "")):
        hold(task, member, state="skipped", lease_expires_at=None, skip_code="broken", skip_reason=words)
    assert "/p/clinic/feedback/skipped.csv" in text_of(boss.get("/p/clinic/feedback/?list=skipped"))
    newest, first = csv.DictReader(io.StringIO(text_of(boss.get("/p/clinic/feedback/skipped.csv"))))
    assert [row["labeler"] for row in (newest, first)] == [cast.second_labeler.pseudonym, cast.labeler.pseudonym]
    assert (first["prompt"], first["task"]) == (str(task.prompt.uid), str(task.uid))
    assert (first["kind"], first["code"], first["reason"]) == ("rank", "broken", "'=1+1")


def test_lists_have_pages(cast, boss, assignment):
    for number in range(26):
        question_ask(assignment=assignment, body=f"Question number {number}?")
    first, second = (text_of(boss.get(f"/p/clinic/feedback/?list=questions&page={page}")) for page in (1, 2))
    assert ("number 0?" in first, "number 25?" in first, "number 25?" in second) == (True, False, True)
    assert "list=questions&amp;page=2" in first


def test_a_list_is_a_fixed_number_of_queries(cast, boss, assignment, django_assert_max_num_queries):
    for number in range(10):
        question_ask(assignment=assignment, body=f"Question number {number}?")
    for category in ("harmful", "broken", "duplicate"):
        report_create(assignment=assignment, subject="A", category=category)
    for path in ("questions", "reports", "skipped"):
        with django_assert_max_num_queries(12):
            boss.get(f"/p/clinic/feedback/?list={path}")


def test_hostile_words_are_words_on_every_page(cast, desk, boss, assignment):
    question = question_ask(assignment=assignment, body=HOSTILE).question
    report = report_create(assignment=assignment, subject="A", category="other", text=HOSTILE).report
    uid, other = question.uid, report.uid
    shown = [
        desk.get(f"/work/{assignment.uid}/"), desk.get(f"/work/{assignment.uid}/feedback/"),
        boss.get("/p/clinic/feedback/"), boss.get("/p/clinic/feedback/?list=reports"),
    ]  # fmt: skip
    question_answer(actor=cast.manager.user, question=question, answer=HOSTILE)
    report_close(actor=cast.manager.user, report=report, resolution=HOSTILE)
    shown += [
        desk.get("/p/clinic/questions/"), desk.get(f"/work/{assignment.uid}/"),
        boss.get(f"/p/clinic/feedback/questions/{uid}/"), boss.get(f"/p/clinic/feedback/reports/{other}/"),
        boss.get("/p/clinic/feedback/?list=reports&state=closed"), boss.get("/p/clinic/feedback/?state=closed"),
    ]  # fmt: skip
    for answer in shown:
        page = text_of(answer)
        assert answer.status_code == 200
        assert "&lt;script&gt;alert(1)" in page, answer.request["PATH_INFO"]
        assert "<script>alert" not in page
        assert "<img" not in page
        assert page.count("[U+202E]") >= 1


def test_an_unknown_list_or_state_shows_the_first(boss):
    assert "No question waits for an answer." in text_of(boss.get("/p/clinic/feedback/?list=x&state=y&page=z"))


def test_prompts_are_not_told_to_the_labeler_by_their_ids(cast, desk, assignment):
    question_ask(assignment=assignment, body="Why?")
    pages = [f"/work/{assignment.uid}/feedback/", "/p/clinic/questions/"]
    prompt = Prompt.objects.get(pk=assignment.task.prompt_id)
    for path in pages:
        page = text_of(desk.get(path)).lower()
        for secret in ("secret-model", "production", "purpose", "priority", str(prompt.uid)):
            assert secret not in page
