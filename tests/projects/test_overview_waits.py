"""The front page of a project says what waits for those who look after it."""

import pytest

from apps.feedback.services.questions import question_ask
from apps.feedback.services.reports import report_create
from apps.labeling.services.claim import assignment_claim
from apps.screening.services.decisions import attempt_decide
from tests.exams.conftest import candidate_of
from tests.exams.make import publish, sit
from tests.make import make_rank_task
from tests.pages.conftest import as_member  # noqa: F401

WAITS = ("1 question waits", "1 report is open", "1 applicant waits for a decision")


@pytest.fixture
def said(cast):
    """A question, a report and an exam handed in."""
    make_rank_task(cast.project, k=2)
    assignment = assignment_claim(member=cast.labeler, kind="rank")
    question_ask(assignment=assignment, body="What of dates?")
    report_create(assignment=assignment, subject="prompt", category="broken")
    publish(cast.researcher)
    return sit(candidate_of(cast, "zelda"))


def shown(client) -> list[bool]:
    page = client.get("/p/clinic/").content.decode()
    return [words in page for words in WAITS]


def test_a_manager_is_told_until_it_is_decided(cast, said, as_member):  # noqa: F811
    client = as_member(cast.manager)
    assert shown(client) == [True, True, True]
    attempt_decide(actor=cast.manager, attempt=said, outcome="reject", reason="Not yet.")
    assert shown(client) == [True, True, False]


def test_a_researcher_is_told_what_is_theirs_and_a_labeler_nothing(cast, said, as_member):  # noqa: F811
    assert shown(as_member(cast.researcher)) == [False, True, False]
    assert shown(as_member(cast.second_labeler)) == [False, False, False]
