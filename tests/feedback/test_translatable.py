"""The pages of feedback hold no text that translators were not offered."""

import re

import pytest

from apps.feedback.services.questions import question_answer, question_ask
from apps.feedback.services.reports import report_close, report_create
from tests.make import make_rank_task
from tests.pages.untranslated import left_in_english, speak_pseudo

# What people of the scene said, and who they are.
SAID = re.compile(
    r"labelstudio_rlhf|Clinic|\w+@example\.org|(labeler|second|manager|researcher)\S*|\bUTC\b|Qqq\w*|Question \d+\?|Answer \d"
)


def english(answer) -> list[str]:
    return [text for text in left_in_english(answer) if re.search(r"[^\W\d_]{2,}", SAID.sub("", text))]


@pytest.fixture
def scene(cast, assignment, hold) -> dict[str, str]:
    """Everything in both its states."""
    for number in range(2):
        asked = question_ask(assignment=assignment, body=f"Qqq{number}").question
        told = report_create(assignment=assignment, subject="AB"[number], category="other", text="Qqq").report
    report_create(assignment=assignment, subject="prompt", category="harmful")
    question_answer(actor=cast.manager.user, question=asked, answer="Qqqyes")
    report_close(actor=cast.manager.user, report=told, resolution="Qqqdone")
    for code in ("unclear", "other", ""):
        hold(make_rank_task(cast.project), state="skipped", lease_expires_at=None, skip_code=code, skip_reason="Qqq")
    return {"held": str(assignment.uid), "question": str(asked.uid), "report": str(told.uid)}


@pytest.mark.parametrize("path", ["/work/{held}/feedback/", "/p/clinic/questions/"])
def test_a_labelers_pages(cast, as_member, scene, monkeypatch, path):
    speak_pseudo(monkeypatch)
    assert english(as_member(cast.labeler).get(path.format(**scene))) == []


@pytest.mark.parametrize("sent", [{"feedback-question": ""}, {"feedback-question": "Qqqnew"}])
def test_the_panel_as_an_answer(cast, as_member, scene, monkeypatch, sent):
    speak_pseudo(monkeypatch)
    answer = as_member(cast.labeler).post(f"/work/{scene['held']}/ask/", sent, headers={"HX-Request": "true"})
    assert english(answer) == []


@pytest.mark.parametrize(
    "path",
    [
        "/p/clinic/feedback/", "/p/clinic/feedback/?state=closed", "/p/clinic/feedback/?list=reports",
        "/p/clinic/feedback/?list=reports&state=closed", "/p/clinic/feedback/?list=skipped",
        "/p/clinic/feedback/questions/{question}/", "/p/clinic/feedback/reports/{report}/",
    ],
)  # fmt: skip
def test_a_managers_pages(cast, as_member, scene, monkeypatch, path):
    speak_pseudo(monkeypatch)
    assert english(as_member(cast.manager).get(path.format(**scene))) == []
