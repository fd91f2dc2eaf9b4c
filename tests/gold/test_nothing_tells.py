"""Nothing that a labeler gets tells gold, or a repeat, from work: every answer of the room and the API, side by side.

Texts, uids, numbers and times are made alike; what is left of two answers must be the same to the letter.
"""

import difflib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from apps.labeling.models import Assignment, Task
from apps.labeling.services.claim import assignment_claim
from apps.projects.models import Membership
from apps.projects.services import guideline_acknowledge, guideline_publish
from tests.api.client import Caller, caller_for
from tests.cast import Cast
from tests.gold.make import claim, judge, make_gold, set_rates
from tests.make import make_rank_task

pytestmark = pytest.mark.django_db

_ALIKE = [
    (r"[0-9a-f]{8}-[0-9a-f]{4}-([1-8])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", r"<uid \1>"),
    (r'(name="csrfmiddlewaretoken" value=|nonce=|"X-CSRFToken": ?|&quot;X-CSRFToken&quot;: ?&quot;)"?[\w+/=-]+', r"\1<secret>"),
    (r"(Question|Reply|Answer) \d+\??", "<text>"),
    (r"\d+(\.\d+)?", "<n>"),
]  # fmt: skip


def alike(text: str) -> str:
    for pattern, instead in _ALIKE:
        text = re.sub(pattern, instead, text)
    return text


def headers_of(answer: HttpResponse) -> dict[str, str]:
    """All but those that any two answers differ in."""
    changing = {"x-request-id", "content-length", "etag", "date", "server-timing", "content-security-policy"}
    return {name.lower(): alike(value) for name, value in answer.headers.items() if name.lower() not in changing}


def told(answer: HttpResponse) -> tuple[int, dict[str, str], str]:
    return answer.status_code, headers_of(answer), alike(answer.content.decode())


def assert_alike(one: HttpResponse, other: HttpResponse) -> None:
    first, second = told(one), told(other)
    lines = difflib.unified_diff(first[2].splitlines(), second[2].splitlines(), lineterm="", n=0)
    assert first[:2] == second[:2], "\n".join(lines)
    assert first == second, "\n".join(lines)


@pytest.fixture
def scene(cast: Cast) -> Cast:
    version = guideline_publish(
        actor=cast.manager.user, project=cast.project, body="# Rules\n\nBe kind.", requires_acknowledgement=True
    )
    guideline_acknowledge(member=cast.labeler, number=version.number, track=version.track)
    for _ in range(7):
        make_rank_task(cast.project, required=2)
    for _ in range(3):  # so that it is nobody's first day
        judge(claim(cast.labeler))
    # So that sums, medians and the time since the last pause look alike whether or not a second passes within a test.
    begun = timezone.now() - timedelta(minutes=2)
    Assignment.objects.filter(membership=cast.labeler).update(active_seconds=1200, created_at=begun)
    return cast


def fresh(cast: Cast) -> Membership:
    return Membership.objects.select_related("project", "user").get(pk=cast.labeler.pk)


def api_of(caller: Caller, uid: Any) -> list[HttpResponse]:
    """What the API says of an assignment from beginning to end."""
    letters = "ABC"
    body = {"tiers": {letter: 1 + place for place, letter in enumerate(letters)}}
    return [
        caller.get(f"assignments/{uid}/"),
        caller.post(f"assignments/{uid}/draft/", {"draft": body, "revision": 0}),
        caller.post(f"assignments/{uid}/heartbeat/"),
        caller.get("projects/clinic/queue/?kind=rank"),
        caller.get("projects/clinic/queue/"),
        caller.post(f"assignments/{uid}/submit/", body),
        caller.post(f"assignments/{uid}/submit/", body),
        caller.post(f"assignments/{uid}/corrections/", {"tiers": {"A": 2, "B": 1, "C": 1}}),
        caller.post(f"assignments/{uid}/skip/"),
        caller.get(f"assignments/{uid}/"),
    ]


def pages_of(client: Client, uid: Any) -> list[HttpResponse]:
    """What the pages say of it."""
    sent = {"tier-A": "1", "tier-B": "2", "tier-C": "3", "revision": "0"}
    room = f"/work/{uid}/"
    return [
        client.get("/p/clinic/work/"),
        client.get(room),
        client.get(f"{room}?view=raw"),
        client.post(f"{room}ahead/"),
        client.post(f"{room}submit/", {**sent, "tier-C": ""}),
        client.post(f"{room}submit/", sent),
        client.get(room),
        client.get(f"{room}correct/"),
        client.get("/p/clinic/me/"),
        client.get("/p/clinic/"),
    ]


GIVEN: dict[str, Callable[[Cast], None]] = {
    "gold": lambda cast: (make_gold(cast), make_gold(cast), set_rates(cast.project, gold_rate=1))[0],
    "repeat": lambda cast: set_rates(
        cast.project, retest_rate=1, retest_after_judgments=0, retest_after_hours=0
    ),
}  # fmt: skip


def kind_of(uid: Any) -> str:
    task = Task.objects.get(assignments__uid=uid)
    return "repeat" if task.repeats_id else "gold" if task.purpose == "gold" else "work"


@pytest.mark.parametrize("check", GIVEN)
def test_the_api_answers_alike(scene: Cast, check: str):
    caller = caller_for(scene.labeler.user)
    first = caller.post("projects/clinic/assignments/", {"kind": "rank"})
    work = [first, *api_of(caller, first.json()["uid"])]
    GIVEN[check](scene)
    second = caller.post("projects/clinic/assignments/", {"kind": "rank"})
    assert [kind_of(answer.json()["uid"]) for answer in (first, second)] == ["work", check]
    for one, other in zip(work, [second, *api_of(caller, second.json()["uid"])], strict=True):
        assert_alike(one, other)


@pytest.mark.parametrize("check", GIVEN)
def test_the_pages_look_alike(scene: Cast, check: str):
    client = Client()
    client.force_login(scene.labeler.user, backend="django.contrib.auth.backends.ModelBackend")

    def claimed() -> Any:
        taken = assignment_claim(member=fresh(scene), kind="rank")
        assert taken is not None
        return taken.uid

    first = claimed()
    work = pages_of(client, first)
    Assignment.objects.filter(state__in=["leased", "reserved"]).update(state="skipped", lease_expires_at=None)
    make_rank_task(scene.project, required=2)  # as much to do as before
    make_rank_task(scene.project, required=2)
    GIVEN[check](scene)
    second = claimed()
    assert (kind_of(first), kind_of(second)) == ("work", check)
    for one, other in zip(work, pages_of(client, second), strict=True):
        assert_alike(one, other)
    history = client.get("/p/clinic/history/").content.decode()
    rows = [
        row for row in re.findall(r"<li class=.sheet.>.*?</li>", alike(history), flags=re.DOTALL) if "<text>" in row
    ]
    assert rows[0] == rows[1]  # newest first: the check, and the work before it


@pytest.mark.parametrize("check", GIVEN)
def test_the_next_task_with_the_submit_looks_alike(scene: Cast, check: str):
    caller = caller_for(scene.labeler.user)
    body = {"tiers": {"A": 1, "B": 2, "C": 2}}
    first = caller.post("projects/clinic/assignments/", {"kind": "rank"}).json()["uid"]
    work = caller.post(f"assignments/{first}/submit/?next=1", body)
    GIVEN[check](scene)
    check_next = caller.post(f"assignments/{work.json()['next']['uid']}/submit/?next=1", body)
    assert kind_of(check_next.json()["next"]["uid"]) == check
    assert_alike(work, check_next)


def test_a_labeler_is_refused_what_would_tell(scene: Cast):
    make_gold(scene)
    caller = caller_for(scene.labeler.user)
    for path in ("projects/clinic/tasks/", "projects/clinic/judgments/", "projects/clinic/", "projects/clinic/gold/"):
        assert caller.get(path).status_code == 403, path


def test_what_lies_on_the_desk_names_no_purpose(scene: Cast):
    GIVEN["gold"](scene)
    caller = caller_for(scene.labeler.user)
    said = caller.post("projects/clinic/assignments/", {"kind": "rank"})
    assert set(said.json()) == {
        "uid", "kind", "lease_expires_at", "prompt", "candidates", "schema", "guideline", "draft", "revision",
    }  # fmt: skip
    assert not re.search(r"gold|purpose|repeat|pairs|explan", json.dumps(said.json()))
