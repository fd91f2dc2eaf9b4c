"""Reports and questions over the API: own for labelers, all for those who answer."""

import pytest

from apps.feedback.models import Question, Report
from apps.labeling.models import Assignment
from apps.projects.models import Membership
from tests.api.calls import claim, code, tiers
from tests.make import make_demonstrate_task, make_rank_task


@pytest.fixture
def uid(cast, labeler) -> str:
    make_rank_task(cast.project, k=3)
    return claim(labeler)["uid"]


def test_a_report_and_its_repetition(cast, labeler, uid):
    said = {"subject": "B", "category": "harmful", "text": "<b>Poison</b>"}
    first, again = (labeler.post(f"assignments/{uid}/reports/", said) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert set(first.json()) == {"uid", "subject", "category", "text", "created_at"}
    assert (first.json()["subject"], first.json()["text"]) == ("B", "<b>Poison</b>")
    held = Assignment.objects.get(uid=uid)
    assert Report.objects.get().completion_id == held.task.candidates[held.display_order[1]]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"subject": "D", "category": "broken"}, "subject"),
        ({"subject": "x" * 50, "category": "broken"}, "subject"),
        ({"category": "broken"}, "subject"),
        ({"subject": "A"}, "category"),
        ({"subject": "A", "category": "rude"}, "category"),
        ({"subject": "A", "category": "other"}, "text"),
        ({"subject": "A", "category": "broken", "text": "x" * 2001}, "text"),
        ({"subject": "A", "category": "broken", "text": "\x00"}, "text"),
        ({"subject": "A", "category": "broken", "text": ["x"]}, "text"),
    ],
)
def test_a_broken_report_is_refused_by_name(labeler, uid, said, field):
    answer = labeler.post(f"assignments/{uid}/reports/", said)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == field
    assert not Report.objects.exists()


def test_a_task_without_outputs_has_only_its_prompt(cast, labeler):
    make_demonstrate_task(cast.project)
    uid = claim(labeler, "demonstrate")["uid"]
    assert code(labeler.post(f"assignments/{uid}/reports/", {"subject": "A", "category": "broken"})) == (
        422, "unknown_candidate",
    )  # fmt: skip
    assert labeler.post(f"assignments/{uid}/reports/", {"subject": "prompt", "category": "broken"}).status_code == 201


@pytest.mark.parametrize(("path", "field"), [("reports", "text"), ("questions", "body")])
def test_five_megabytes_are_too_large(labeler, uid, path, field):
    said = {"subject": "A", "category": "other", field: "x" * 5_000_000}
    assert code(labeler.post(f"assignments/{uid}/{path}/", said)) == (413, "too_large")


def test_a_question_its_answer_and_who_reads_them(cast, labeler, second, manager, researcher, uid):
    asked, again = (labeler.post(f"assignments/{uid}/questions/", {"body": "Is a tie fine?"}) for _ in range(2))
    assert (asked.status_code, again.status_code) == (201, 200)
    assert asked.json() == again.json()
    question = asked.json()["uid"]
    answered = manager.post(f"projects/clinic/questions/{question}/answer/", {"answer": "Yes."})
    assert (answered.status_code, answered.json()["answer"]) == (200, "Yes.")
    own = labeler.get("projects/clinic/questions/").json()["results"]
    assert [(row["body"], row["answer"], row["read_at"]) for row in own] == [("Is a tie fine?", "Yes.", None)]
    assert (own[0]["labeler"], own[0]["prompt"]) == (None, None)
    assert "manager@" not in str(own)
    assert second.get("projects/clinic/questions/").json()["results"] == []
    assert researcher.get("projects/clinic/questions/").json()["results"] == []
    everybodys = manager.get("projects/clinic/questions/").json()["results"]
    assert everybodys[0]["labeler"] == cast.labeler.pseudonym
    assert everybodys[0]["prompt"] == str(Assignment.objects.get(uid=uid).task.prompt.uid)


def test_an_answer_over_another_needs_to_be_meant(labeler, manager, uid):
    question = labeler.post(f"assignments/{uid}/questions/", {"body": "Why?"}).json()["uid"]
    answer = f"projects/clinic/questions/{question}/answer/"
    assert manager.post(answer, {"answer": " "}).json()["error"]["details"]["field"] == "answer"
    assert manager.post(answer, {"answer": "Because."}).status_code == 200
    refused = manager.post(answer, {"answer": "Never mind."})
    assert code(refused) == (409, "already_answered")
    assert refused.json()["error"]["details"]["answer"] == "Because."
    assert manager.post(answer, {"answer": "Never mind.", "amend": True}).json()["answer"] == "Never mind."


def test_lists_by_state(labeler, manager, researcher, uid):
    first = labeler.post(f"assignments/{uid}/questions/", {"body": "First?"}).json()["uid"]
    labeler.post(f"assignments/{uid}/questions/", {"body": "Second?"})
    manager.post(f"projects/clinic/questions/{first}/answer/", {"answer": "1"})
    for state, bodies in (("open", ["Second?"]), ("answered", ["First?"])):
        found = manager.get(f"projects/clinic/questions/?state={state}").json()["results"]
        assert [row["body"] for row in found] == bodies
    report = labeler.post(f"assignments/{uid}/reports/", {"subject": "prompt", "category": "broken"}).json()["uid"]
    assert len(researcher.get("projects/clinic/reports/?state=open").json()["results"]) == 1
    closed = manager.post(f"projects/clinic/reports/{report}/close/", {"resolution": "Done."}).json()
    assert (closed["state"], closed["resolution"], closed["completion"]) == ("closed", "Done.", None)
    assert code(manager.post(f"projects/clinic/reports/{report}/close/", {"resolution": "Else."})) == (
        409,
        "already_closed",
    )
    assert researcher.get("projects/clinic/reports/?state=open").json()["results"] == []
    assert researcher.get("projects/clinic/reports/").json()["results"][0]["uid"] == report
    for path in ("questions", "reports"):
        assert manager.get(f"projects/clinic/{path}/?state=lost").status_code == 422


def test_in_any_state_of_ones_own_task_and_nobody_elses(cast, labeler, second, uid):
    held = labeler.get(f"assignments/{uid}/").json()
    labeler.post(f"assignments/{uid}/submit/", tiers(held, 1, 2, 3))
    assert labeler.post(f"assignments/{uid}/questions/", {"body": "Was that right?"}).status_code == 201
    assert labeler.post(f"assignments/{uid}/reports/", {"subject": "C", "category": "duplicate"}).status_code == 201
    for path in ("questions", "reports"):
        assert second.post(f"assignments/{uid}/{path}/", {"body": "x"}).status_code == 404
    Membership.objects.filter(pk=cast.labeler.pk).update(status="suspended")
    for path in ("questions", "reports"):
        assert code(labeler.post(f"assignments/{uid}/{path}/", {"body": "x"})) == (403, "suspended")
    assert Question.objects.count() == 1


def test_skips_one_by_one(cast, labeler, researcher, uid):
    labeler.post(f"assignments/{uid}/skip/", {"code": "unclear", "reason": "What is asked?"})
    skipped = Assignment.objects.select_related("task__prompt").get(uid=uid)
    [told] = researcher.get("projects/clinic/skips/").json()["results"]
    assert told.pop("skipped_at")
    assert told == {
        "prompt": str(skipped.task.prompt.uid), "task": str(skipped.task.uid), "kind": "rank", "code": "unclear",
        "reason": "What is asked?", "labeler": cast.labeler.pseudonym,
    }  # fmt: skip
    assert not researcher.get("projects/clinic/skips/?code=broken").json()["results"]
    assert researcher.get(f"projects/clinic/skips/?prompt={skipped.task.prompt.uid}").json()["results"]
