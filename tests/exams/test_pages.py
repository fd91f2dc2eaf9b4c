"""The pages, from beginning to end, and what a candidate's never show."""

import csv
import io
import re

import pytest
from django.test import Client

from apps.projects.models import Membership
from apps.screening.models import Attempt, Decision, Exam, Grade
from apps.screening.selectors.candidate import sitting_of
from apps.screening.services.decisions import attempt_decide
from apps.screening.services.grades import grade_give
from tests.exams.conftest import candidate_of
from tests.exams.make import answer_for, exam_body, flag_item, publish, rank_item, sit, whole_body
from tests.make import make_rank_task

BACKEND = "django.contrib.auth.backends.ModelBackend"


def client_of(member: Membership) -> Client:
    client = Client()
    client.force_login(member.user, backend=BACKEND)
    return client


def fields_for(attempt: Attempt, name: str, **answer: object) -> dict[str, object]:
    """`answer_for` as the controls of the form."""
    from apps.labeling.form_body import fields_of

    return dict(fields_of(answer_for(attempt, name, **answer)))


def test_a_candidate_is_led_to_the_exam_and_claims_no_work(cast, candidate):
    make_rank_task(cast.project)
    client = client_of(candidate)
    for path in ("/p/clinic/work/", "/p/clinic/"):
        assert client.get(path).headers["Location"] == "/p/clinic/exam/"
    assert client.post("/p/clinic/work/", {"kind": "rank"}).headers["Location"] == "/p/clinic/exam/"
    claim = client.post("/api/v1/projects/clinic/assignments/", {"kind": "rank"}, content_type="application/json")
    assert (claim.status_code, claim.json()["error"]["code"]) == (403, "not_active")
    assert candidate.assignments.count() == 0
    assert "has no exam yet" in client.get("/p/clinic/exam/").content.decode()
    assert client.get("/p/clinic/guideline/").status_code == 200


def test_the_whole_way_over_the_pages(cast, candidate):
    publish(cast.researcher)
    client = client_of(candidate)
    assert "Begin" in client.get("/p/clinic/exam/").content.decode()
    client.post("/p/clinic/exam/")
    attempt = Attempt.objects.select_related("exam", "membership").get()

    page = client.get("/p/clinic/exam/practice/").content.decode()
    assert "Because of the tone." not in page
    refused = client.post("/p/clinic/exam/practice/", {"item": "p1"})
    assert (refused.status_code, "Not whole yet" in refused.content.decode()) == (422, True)
    told = client.post("/p/clinic/exam/practice/", {"item": "p1", **fields_for(attempt, "p1", flag="no")}, follow=True)
    assert "Not as the researchers see it" in told.content.decode()
    assert "The researchers say:" in told.content.decode()
    assert "Because of the tone." in told.content.decode()
    for name in ("p2", "p1"):
        client.post("/p/clinic/exam/practice/", {"item": name, **fields_for(attempt, name)})
    assert "Go on" in client.get("/p/clinic/exam/").content.decode()

    kept = client.post("/p/clinic/exam/items/d1/", {"text": "Half a", "do": "keep"}, headers={"HX-Request": "true"})
    assert "Saved at" in kept.content.decode()
    assert "Half a" in client.get("/p/clinic/exam/items/d1/").content.decode()
    assert "one number to tie them" in client.get("/p/clinic/exam/items/r1/").content.decode()
    broken = client.post("/p/clinic/exam/items/r1/", {"tier-A": "1", "tier-B": "3", "tier-C": "3"})
    assert (broken.status_code, sitting_of(attempt).answers["r1"]) == (
        422,
        {"tiers": {"A": 1, "B": 3, "C": 3}, "ratings": {}},
    )
    early = client.post("/p/clinic/exam/submit/", follow=True)
    assert "still need an answer" in early.content.decode()
    for name in ("f1", "f2", "r1", "d1"):
        client.post(f"/p/clinic/exam/items/{name}/", fields_for(attempt, name))
    client.post("/p/clinic/exam/items/topics/", {"topics": ["Politics"], "other": "Chess"})
    assert "Hand the exam in" in client.get("/p/clinic/exam/").content.decode()
    done = client.post("/p/clinic/exam/submit/", follow=True).content.decode()
    assert "Waiting for a decision" in done
    client.post("/p/clinic/exam/submit/")
    assert Attempt.objects.get().submitted_at is not None
    assert client.get("/p/clinic/exam/items/f1/").headers["Location"] == "/p/clinic/exam/"


NO_NUMBER = re.compile(r"\bnan\b", re.IGNORECASE)  # alone: a token may hold any letters
SECRETS = ("researcher-0", "Because of the tone.", "75", "manager@example.org")


def test_a_candidate_never_sees_keys_grades_or_others(cast, candidate, other_candidate):
    publish(cast.researcher)
    other = sit(other_candidate)
    attempt = sit(candidate, submit=False)
    client = client_of(candidate)
    paths = ["/p/clinic/exam/", "/p/clinic/exam/items/topics/"]
    paths += [f"/p/clinic/exam/items/{name}/" for name in ("f1", "f2", "r1", "d1")]
    for path in paths:
        page = client.get(path).content.decode()
        for secret in (*SECRETS[:2], other_candidate.pseudonym, str(other.uid), str(attempt.exam.sha256)):
            assert secret not in page, (path, secret)
    for path in ("", "candidates.csv", "grading/", "exams/", "exams/1/", "draft/", f"candidates/{attempt.uid}/"):
        assert client.get(f"/p/clinic/screening/{path}").status_code == 403, path


def test_results_name_nobody(cast, candidate):
    publish(cast.researcher)
    attempt = sit(candidate)
    client = client_of(cast.manager)
    for path in ("", f"candidates/{attempt.uid}/", "candidates.csv", "grading/"):
        page = client.get(f"/p/clinic/screening/{path}").content.decode()
        assert candidate.user.email not in page, path
        assert candidate.user.get_short_name() not in page, path
    assert candidate.pseudonym in client.get("/p/clinic/screening/").content.decode()
    assert candidate.pseudonym not in client.get("/p/clinic/screening/grading/").content.decode()
    [row] = csv.DictReader(io.StringIO(client.get("/p/clinic/screening/candidates.csv").content.decode()))
    assert (row["candidate"], row["flags"], row["flags_reaches"], row["demonstrations"]) == (
        candidate.pseudonym, "1.0", "yes", "",
    )  # fmt: skip
    page = client.get("/p/clinic/screening/").content.decode()
    assert not NO_NUMBER.search(page)
    assert "Nobody has graded it yet." in page


def test_grading_and_deciding_over_the_pages(cast, candidate):
    publish(cast.researcher)
    attempt = sit(candidate)
    answer = attempt.answers.get(item="d1")
    for member, grade in ((cast.researcher, "6"), (cast.manager, "7")):
        client_of(member).post("/p/clinic/screening/grading/", {"answer": answer.uid, "value": grade})
    assert sorted(Grade.objects.values_list("value", flat=True)) == [6, 7]
    path = f"/p/clinic/screening/candidates/{attempt.uid}/"
    assert client_of(cast.researcher).post(path, {"outcome": "reject", "reason": "x"}).status_code == 403
    client = client_of(cast.manager)
    assert client.post(path, {"outcome": "accept_held_out", "reason": ""}).status_code == 422
    form = {"outcome": "accept_held_out", "reason": "Clear reader.", "seen": "0", "skills": ["topic:religion"]}
    assert client.post(path, form).status_code == 303
    candidate.refresh_from_db()
    assert (candidate.status, candidate.cohort, candidate.skills) == ("active", "held-out", ["topic:religion"])
    assert Decision.objects.get().scores["demonstrations"] == {"value": 6.5, "why": None}
    stale = client.post(path, {**form, "outcome": "reject"})
    assert (stale.status_code, "Somebody decided meanwhile" in stale.content.decode()) == (422, True)
    assert client_of(candidate).get("/p/clinic/work/").status_code == 200
    assert "at work" in client_of(candidate).get("/p/clinic/exam/").content.decode()


def test_a_reply_and_its_grades_are_told_to_who_graded_it(cast, candidate):
    """Else a grader would have read it beside its author's other answers, and what others gave."""
    publish(cast.researcher)
    attempt = sit(candidate)
    answer = attempt.answers.get(item="d1")
    paths = [f"/p/clinic/screening/candidates/{attempt.uid}/{file}" for file in ("", "answers.csv")]

    def told(member: Membership) -> list[bool]:
        return ["A careful reply to d1." in client_of(member).get(path).content.decode() for path in paths]

    grade_give(actor=cast.manager, answer=answer, value=3)
    assert (told(cast.manager), told(cast.researcher)) == ([True, True], [False, False])
    rows = {}
    for member in (cast.manager, cast.researcher):
        file = client_of(member).get(paths[1]).content.decode()
        rows[member.pk] = {row["item"]: row for row in csv.DictReader(io.StringIO(file))}
    assert (rows[cast.manager.pk]["d1"]["alike_or_grades"], rows[cast.researcher.pk]["d1"]["alike_or_grades"]) == (
        "3",
        "",
    )
    assert rows[cast.researcher.pk]["f1"]["researchers"] == "Sensitive content: yes"
    attempt_decide(actor=cast.manager, attempt=attempt, outcome="reject", reason="No.")
    assert told(cast.researcher) == [True, True]


def test_who_waits_for_a_decision_comes_first_and_nothing_tells_who_came_when(cast, candidate, other_candidate):
    waiting = sorted((candidate, other_candidate), key=lambda member: member.pseudonym)
    publish(cast.researcher, exam_body(flag_item("f1"), topics=[]))
    for member in waiting:
        sit(member)
    under_way = candidate_of(cast, "third")
    sit(under_way, submit=False)
    names = [member.pseudonym for member in (*waiting, under_way)]
    client = client_of(cast.manager)
    page = client.get("/p/clinic/screening/").content.decode()
    assert sorted(names, key=page.index) == names
    file = client.get("/p/clinic/screening/candidates.csv").content.decode()
    assert [row["candidate"] for row in csv.DictReader(io.StringIO(file))] == names


def test_an_exam_is_made_on_the_pages(cast):
    client = client_of(cast.researcher)
    client.post("/p/clinic/screening/exams/")
    new = "/p/clinic/screening/draft/items/new/"
    assert client.get(f"{new}?part=flags&practice=1").status_code == 200
    client.post(new, {"part": "flags", "text-1": "You people are all alike.", "flag-A-sensitive": "yes", "practice": "1", "explanation": "It judges."})  # fmt: skip
    saved = client.post(new, {"part": "rankings", "prompt": "Which?", "text-1": "One", "text-2": "Two", "text-3": " "})
    item = saved.headers["Location"]
    missing = client.post(item, {"do": "rank", "tier-A": "1"})
    assert missing.status_code == 422
    for member, tiers in ((cast.researcher, ("1", "1")), (cast.manager, ("1", "2"))):
        client_of(member).post(item, {"do": "rank", "tier-A": tiers[0], "tier-B": tiers[1]})
    bad = client.post(new, {"part": "demonstrations", "prompt": ""})
    assert (bad.status_code, "This is needed" in bad.content.decode()) == (422, True)
    client.post(new, {"part": "demonstrations", "prompt": "Say it kindly."})
    refused = client.post("/p/clinic/screening/draft/", {"do": "publish"}, follow=True).content.decode()
    assert "say how many practice items must be right" in refused
    about = {
        "title": "Entry", "intro": "", "flags": "sensitive | Sensitive | Strong feelings", "topics": "Politics\n\nReligion\n",
        "cut_flags": "80", "cut_rankings": "75", "cut_demonstrations": "5.5", "last": "1", "right": "1",
    }  # fmt: skip
    assert client.post("/p/clinic/screening/draft/", about | {"cut_flags": "800"}).status_code == 422
    assert client.post("/p/clinic/screening/draft/", about).status_code == 303
    client.post("/p/clinic/screening/draft/", {"do": "publish"})
    body = Exam.objects.get(published_at__isnull=False).body
    assert (body["cutoffs"]["flags"], body["topics"], len(body["items"])) == (0.8, ["Politics", "Religion"], 3)
    page = client.get("/p/clinic/screening/exams/1/").content.decode()
    assert cast.manager.pseudonym in page
    assert "It judges." in page


def test_removing_an_item_and_an_unknown_one(cast):
    client = client_of(cast.manager)
    client.post("/p/clinic/screening/exams/")
    client.post("/p/clinic/screening/draft/items/new/", {"part": "demonstrations", "prompt": "Kindly."})
    [item] = Exam.objects.get().body["items"]
    client.post(f"/p/clinic/screening/draft/items/{item['id']}/", {"do": "remove"})
    assert Exam.objects.get().body["items"] == []
    assert client.get(f"/p/clinic/screening/draft/items/{item['id']}/").status_code == 404
    assert client.get("/p/clinic/screening/draft/items/new/?part=x").status_code == 404


@pytest.mark.parametrize("body", [exam_body(flag_item("f1"), topics=[]), exam_body(rank_item("r1", [1, 1]), topics=[])])
def test_an_exam_of_one_item_or_of_ties_alone_has_sentences_for_what_is_missing(cast, candidate, body):
    publish(cast.researcher, body)
    attempt = sit(candidate)
    page = client_of(cast.manager).get(f"/p/clinic/screening/candidates/{attempt.uid}/").content.decode()
    assert "This exam does not ask for it." in page
    assert ("Every pair was called a tie" in page) == (body["items"][0]["part"] == "rankings")
    assert not NO_NUMBER.search(page)


def test_the_members_page_lets_somebody_begin_with_the_exam(cast):
    client = client_of(cast.manager)
    form = {"email": "new@example.org", "password": "a long good one", "role": "labeler", "cohort": "training"}
    assert client.post("/p/clinic/members/", form | {"role": "manager", "status": "qualifying"}).status_code == 422
    client.post("/p/clinic/members/", form | {"status": "qualifying"})
    assert Membership.objects.get(user__email="new@example.org").status == "qualifying"


def test_the_draft_of_the_next_version_begins_as_the_last_one(cast):
    publish(cast.researcher, whole_body())
    client_of(cast.manager).post("/p/clinic/screening/exams/")
    assert [exam.number for exam in Exam.objects.order_by("number")] == [1, 2]
    assert Exam.objects.get(number=2).body == Exam.objects.get(number=1).body


def test_several_flags_are_told_one_by_one(cast, candidate):
    flags = [{"name": "sensitive", "label": "Sensitive"}, {"name": "private", "label": "Private"}]
    items = [flag_item(name, key={"sensitive": "yes", "private": "no"}) for name in ("f1", "f2")]
    publish(cast.researcher, exam_body(*items, flags=flags, topics=[]))
    wrong = {"ratings": {"A": {"flags": {"sensitive": "yes", "private": "yes"}}}}
    attempt = sit(candidate, f2=wrong)
    page = client_of(cast.manager).get(f"/p/clinic/screening/candidates/{attempt.uid}/").content.decode()
    assert "Sensitive 2 of 2; Private 1 of 2" in page
    assert "75.0 %" in page
