"""Every URL, generated from the resolver, as everybody who should not get in."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.services import token_issue
from apps.feedback.services.questions import question_ask
from apps.feedback.services.reports import report_create
from apps.imports.services.create import import_here
from apps.labeling.models import Judgment
from apps.labeling.services.claim import assignment_claim
from apps.projects.access import ALLOWED, BEFORE_WORK
from apps.projects.models import Membership
from apps.projects.services import guideline_publish, member_add, project_create
from apps.screening.services.attempts import attempt_begin
from apps.screening.services.exams import exam_begin
from tests.access.urls import MACHINES, OWN, PROJECT, PUBLIC, SIGNED_IN, Door, doors
from tests.adjudication.scene import contested
from tests.cast import Cast
from tests.exams.make import exam_body, flag_item, practise, publish, sit, write_item
from tests.gold.make import make_gold
from tests.make import make_prompt, make_rank_task, make_ready_snapshot
from tests.training.rows import a_candidate_set, a_generation, a_loop, a_model, a_run

BY_NAME = {door.name: door for door in doors()}
INSIDE = [(name, method) for name, methods in PROJECT.items() for method in methods]


def test_every_url_says_who_may_open_it():
    """A new URL fails here until somebody has thought about its door."""
    known = PUBLIC | SIGNED_IN | MACHINES | set(PROJECT) | set(OWN)
    unnamed_end_of_api = {name for name in BY_NAME if name == "api:"}

    assert set(BY_NAME) - unnamed_end_of_api == known


@pytest.fixture
def objects(cast: Cast) -> dict[str, Any]:
    """Something real behind every parameter."""
    guideline_publish(actor=cast.manager.user, project=cast.project, body="Be kind.", requires_acknowledgement=False)
    imported = import_here(
        actor=cast.manager.user, project=cast.project, chunks=iter([b'{"prompt": "Hi"}\n']), format="jsonl",
        gzipped=False, filename="x.jsonl", tasks="open", size=None,
    )  # fmt: skip
    make_rank_task(cast.project)
    assignment = assignment_claim(member=cast.labeler, kind="rank")
    snapshot = make_ready_snapshot(cast)
    token = token_issue(actor=cast.labeler.user).token
    question = question_ask(assignment=assignment, body="Is a tie fine?").question
    judgment = Judgment.objects.filter(assignment__membership=cast.second_labeler).get()
    report = report_create(assignment=assignment, subject="A", category="broken").report
    exam = an_exam(cast)
    return exam | {
        "slug": cast.project.slug, "number": 1, "name": "rankings.jsonl", "table": "cohorts", "part": "position", "span": "days", "cause_table": "causes", "assignment": assignment.uid,
        "judgment": judgment.uid, "question": question.uid, "report": report.uid,
        "import": imported.uid, "snapshot": snapshot.uid, "prompt": make_prompt(cast.project).uid,
        "member": cast.labeler.uid, "token": token.uid, "kind": "sft", "run": a_run(cast.project).uid,
        "generation": a_generation(cast.project).uid, "loop": a_loop(cast.project).uid,
        "candidates": a_candidate_set(cast.project).uid,
        "model": a_model(cast.project, facts={"files": {"rankings.jsonl": {"size": 1, "sha256": "0" * 64}}}).uid, "contested": contested(cast.project, [1, 2], [2, 1]).uid, "clients": {},
        "gold": make_gold(cast).uid, "sheet": "items", "over": "weeks",
    }  # fmt: skip


def an_exam(cast: Cast) -> dict[str, Any]:
    """A published exam with the next one begun, somebody who sat it, and somebody who has it before them."""

    def candidate(name: str) -> Membership:
        return member_add(
            actor=cast.manager.user, project=cast.project, email=f"{name}@example.org", role="labeler",
            status="qualifying",
        )  # fmt: skip

    body = exam_body(
        flag_item("p1", practice=True, explanation="So."), write_item("d1"), practice_rule={"last": 1, "right": 1}
    )
    publish(cast.researcher, body)
    exam_begin(actor=cast.researcher)
    attempt, qualifying = sit(candidate("sat")), candidate("qualifying")
    practise(attempt_begin(member=qualifying))
    return {
        "item": "d1", "practised": "p1", "attempt": attempt.uid, "grade": attempt.answers.get(item="d1").uid, "qualifying": qualifying,
    }  # fmt: skip


def address(door: Door, objects: dict[str, Any]) -> str:
    return reverse(door.name, kwargs={p: objects[_what(door.name) if p == "uid" else p] for p in door.parameters})


def _what(name: str) -> str:
    """Which object a `uid` in this URL names."""
    if name in OWN:
        return "assignment"
    for part, what in (
        ("adjudication", "contested"),
        ("disagreement-task", "contested"),
        ("candidate-set", "candidates"),
        ("candidate", "attempt"),
        ("grade", "grade"),
        ("gold:labeler", "member"),
        ("gold", "gold"),
        ("judgment", "judgment"),
        ("traced", "judgment"),
        ("question", "question"),
        ("report", "report"),
        ("loop", "loop"),
        ("generation", "generation"),
        ("training:run", "run"),
        ("training-run", "run"),
        ("model", "model"),
        ("import", "import"),
        ("datasets:", "snapshot"),
        ("snapshot", "snapshot"),
        ("records", "snapshot"),
        ("prompt", "prompt"),
        ("member", "member"),
    ):
        if part in name:
            return what
    return "token"


def client_of(user: Any, clients: dict[Any, Client]) -> Client:
    """One for each person in a test: a new one would load the middleware and sign in before every knock."""
    if user not in clients:
        clients[user] = Client(raise_request_exception=True)
        if user is not None:
            clients[user].force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return clients[user]


def knock(user: Any, door: Door, method: str, objects: dict[str, Any]) -> int:
    client = client_of(user, objects["clients"])
    extra = {"content_type": "application/json", "data": {}} if door.is_api and method != "get" else {}
    response = getattr(client, method)(address(door, objects), **extra)
    if user is None and response.status_code == 302:
        assert response.headers["Location"].startswith(reverse("accounts:sign-in"))
    return response.status_code


def members_by_role(cast: Cast) -> Iterator[tuple[str, Membership]]:
    for member in (cast.manager, cast.researcher, cast.adjudicator, cast.second_labeler):
        yield member.role, member


def test_anonymous_is_sent_to_sign_in(objects):
    for name in [*SIGNED_IN, *PROJECT, *OWN]:
        door = BY_NAME[name]
        for method in PROJECT.get(name, {"get": None, "post": None}):
            expected = {401} if door.is_api else {302, 405}
            assert knock(None, door, method, objects) in expected, (name, method)


def test_an_outsider_is_told_there_is_nothing(cast: Cast, objects):
    for name, method in INSIDE:
        assert knock(cast.outsider, BY_NAME[name], method, objects) == 404, (name, method)
    for name, method in OWN.items():
        assert knock(cast.outsider, BY_NAME[name], method, objects) == 404, (name, method)


def test_suspended_and_invited_members_stay_outside(cast: Cast, objects):
    for member in (cast.suspended, cast.invited):
        for name, method in INSIDE:
            assert knock(member.user, BY_NAME[name], method, objects) == 403, (name, method, member.status)


def test_a_qualifying_member_sees_the_exam_and_the_guideline_alone(cast: Cast, objects):
    member = objects["qualifying"]
    for name, method in INSIDE:
        status = knock(member.user, BY_NAME[name], method, objects)
        if member.role in ALLOWED[PROJECT[name][method]] and PROJECT[name][method] in BEFORE_WORK:
            assert status not in (401, 403, 404), (name, method)
            assert status < 500, (name, method)
        elif name == "labeling:work":
            assert status == 303, method  # to the exam: there is no work before the decision
        else:
            assert status == 403, (name, method)


def test_the_wrong_role_is_refused(cast: Cast, objects):
    for name, method in INSIDE:
        for role, member in members_by_role(cast):
            if role not in ALLOWED[PROJECT[name][method]]:
                assert knock(member.user, BY_NAME[name], method, objects) == 403, (name, method, role)


def test_the_right_role_gets_in(cast: Cast, objects):
    """Else the tests above would pass on a house without any door."""
    for name, method in INSIDE:
        for role, member in members_by_role(cast):
            if role in ALLOWED[PROJECT[name][method]] and name != "projects:member-status":
                status = knock(member.user, BY_NAME[name], method, objects)
                assert status not in (401, 403, 404), (name, method, role)
                assert status < 500, (name, method, role)


def test_an_assignment_is_its_labelers_alone(cast: Cast, objects):
    for name, method in OWN.items():
        for _, member in members_by_role(cast):
            assert knock(member.user, BY_NAME[name], method, objects) == 404, (name, member.role)
        assert knock(cast.labeler.user, BY_NAME[name], method, objects) not in (401, 403, 404), name


@pytest.mark.parametrize("change", [{"status": "suspended"}, {"role": "researcher"}])
def test_a_labeler_who_lost_the_role_or_the_standing_is_outside(cast: Cast, objects, change):
    Membership.objects.filter(pk=cast.labeler.pk).update(**change)
    for name, method in OWN.items():
        assert knock(cast.labeler.user, BY_NAME[name], method, objects) == 403, name


def test_anothers_token_is_not_there(cast: Cast, objects):
    assert knock(cast.outsider, BY_NAME["accounts:revoke-token"], "post", objects) == 404


def test_a_signed_in_outsider_sees_nothing_of_the_project(cast: Cast, objects):
    client = Client()
    client.force_login(cast.outsider, backend="django.contrib.auth.backends.ModelBackend")
    for name in ("projects:home", "accounts:tokens", "api:v1:projects"):
        assert cast.project.name not in client.get(address(BY_NAME[name], objects)).content.decode()


def test_a_project_is_no_way_into_another(cast: Cast, objects):
    """An object of one project does not open under another project's address."""
    other = project_create(actor=cast.manager.user, slug="other", name="Other")
    for name, methods in PROJECT.items():
        door = BY_NAME[name]
        if not door.is_api and {"slug", "uid"} <= set(door.parameters):
            for method in methods:
                status = knock(cast.manager.user, door, method, objects | {"slug": other.slug})
                assert status == 404, (name, method, status)
