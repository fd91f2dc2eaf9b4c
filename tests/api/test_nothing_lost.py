"""What comes in between, over the API: a stable code, a sentence, and nothing lost or done twice."""

import pytest
from django.utils import timezone

from apps.labeling.models import Judgment, Task
from apps.labeling.services.leases import leases_reap
from apps.projects.domain.seed_schema import SEED_SCHEMA
from apps.projects.models import Project
from apps.projects.services import guideline_publish, member_set_status, schema_publish
from tests.api.calls import claim, code, run_out, tiers
from tests.api.client import Caller
from tests.cast import Cast
from tests.make import make_rank_task


@pytest.fixture
def held(cast: Cast, labeler: Caller) -> dict:
    make_rank_task(cast.project, k=2)
    return claim(labeler)


def submit(caller: Caller, held: dict, body: dict, query: str = ""):
    return caller.post(f"assignments/{held['uid']}/submit/{query}", body)


def test_a_skipped_task_takes_no_judgment(labeler, held):
    labeler.post(f"assignments/{held['uid']}/skip/", {"reason": "no"})
    answer = submit(labeler, held, tiers(held, 1, 2))
    assert code(answer) == (409, "lease_lost")
    assert "skipped" in answer.json()["error"]["message"]


def test_the_same_again_is_once_also_after_a_correction(labeler, held):
    first = submit(labeler, held, tiers(held, 1, 2))
    corrected = labeler.post(f"assignments/{held['uid']}/corrections/", tiers(held, 2, 1))
    for body, said in ((tiers(held, 1, 2), first), (tiers(held, 2, 1), corrected)):
        again = submit(labeler, held, body)
        assert (again.status_code, again.json()["judgment"]) == (200, said.json()["judgment"])
    assert code(submit(labeler, held, tiers(held, 1, 1))) == (409, "already_submitted")
    assert Judgment.objects.count() == 2


def test_a_correction_can_say_what_it_looked_at(labeler, held):
    first = submit(labeler, held, tiers(held, 1, 2)).json()["judgment"]
    path = f"assignments/{held['uid']}/corrections/"
    second = labeler.post(f"{path}?corrects={first}", tiers(held, 2, 1)).json()["judgment"]
    stale = labeler.post(f"{path}?corrects={first}", tiers(held, 1, 1))
    assert code(stale) == (409, "corrected_meanwhile")
    assert stale.json()["error"]["details"]["judgment"] == second
    assert labeler.post(path, tiers(held, 1, 1)).status_code == 201


@pytest.mark.parametrize(
    ("forged", "field"),
    [
        ({"tiers": {"A": 1, "B": 2, "Z": 1}}, "tiers.Z"),
        ({"ratings": {"Z": {"overall": 3}}}, "ratings.Z"),
        ({"ratings": {"A": {"charm": 3}}}, "ratings.A.charm"),
        ({"submitted_at": "1999-01-01T00:00:00Z"}, "submitted_at"),
        ({"proposal": True}, "proposal"),
    ],
)
def test_what_does_not_belong_is_refused_by_name(labeler, held, forged, field):
    answer = submit(labeler, held, tiers(held, 1, 2) | forged)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == field
    assert not Judgment.objects.exists()


def test_the_server_keeps_the_time(labeler, held):
    before = timezone.now()
    path = f"/api/v1/assignments/{held['uid']}/submit/"
    headers = {"Authorization": f"Token {labeler.token}", "Date": "Fri, 01 Jan 1999 00:00:00 GMT"}
    labeler.client.post(path, tiers(held, 1, 2), content_type="application/json", headers=headers)
    assert before <= Judgment.objects.get().submitted_at <= timezone.now()


def test_anothers_assignment_is_like_none(labeler, second, held):
    none = second.post("assignments/00000000-0000-4000-8000-000000000000/submit/", tiers(held, 1, 2))
    for verb in ("submit", "draft", "heartbeat", "skip", "release", "corrections"):
        answer = second.post(f"assignments/{held['uid']}/{verb}/", tiers(held, 1, 2))
        assert answer.status_code == 404
        assert answer.json() == none.json()


@pytest.mark.parametrize("taken_meanwhile", [False, True])
def test_after_the_lease_the_judgment_is_kept(labeler, held, taken_meanwhile):
    run_out(held["uid"])
    leases_reap()
    if taken_meanwhile:
        Task.objects.update(open_slots=0)
    answer = submit(labeler, held, tiers(held, 1, 2))
    assert (answer.status_code, answer.json()["surplus"]) == (201, taken_meanwhile)


def test_a_paused_project_keeps_the_judgment_and_hands_out_no_next(labeler, held):
    Project.objects.update(state="paused")
    answer = submit(labeler, held, tiers(held, 1, 2), "?next=1")
    assert (answer.status_code, answer.json()["next_blocked"]) == (201, "project_not_active")


def test_a_guideline_published_meanwhile_stops_the_next_task_only(cast, labeler, held):
    guideline_publish(actor=cast.manager.user, project=cast.project, body="# New\n\nRead me.")
    answer = submit(labeler, held, tiers(held, 1, 2), "?next=1")
    assert (answer.status_code, answer.json()["next_blocked"]) == (201, "guideline_unacknowledged")


def test_a_suspended_member_may_not_submit_and_keeps_the_draft(cast, labeler, held):
    labeler.post(f"assignments/{held['uid']}/draft/", {"draft": {"note": "kept"}, "revision": 0})
    member_set_status(actor=cast.manager.user, member=cast.labeler, status="suspended")
    assert code(submit(labeler, held, tiers(held, 1, 2))) == (403, "suspended")
    member_set_status(actor=cast.manager.user, member=cast.labeler, status="active")
    assert labeler.get(f"assignments/{held['uid']}/").json()["draft"] == {"note": "kept"}


def test_a_new_schema_holds_from_the_next_assignment_on(cast, labeler, held):
    make_rank_task(cast.project, k=2)
    rate_only = SEED_SCHEMA | {"parts": {"ranking": "off"}}
    schema_publish(actor=cast.manager.user, project=cast.project, body=rate_only)

    answer = submit(labeler, held, tiers(held, 1, 2), "?next=1")
    following = answer.json()["next"]
    assert answer.status_code == 201
    assert following["schema"]["parts"]["ranking"] == "off"
    assert code(submit(labeler, following, tiers(following, 1, 2))) == (422, "part_off")
    ratings = {"ratings": {"A": {"overall": 6}, "B": {"overall": 2}}}
    assert submit(labeler, following, ratings).status_code == 201
    said = Judgment.objects.get(assignment__uid=following["uid"])
    assert not hasattr(said, "ranking")
    assert said.schema.number == 2
    changed = {"ratings": {"A": {"overall": 1}, "B": {"overall": 2}}}
    assert labeler.post(f"assignments/{following['uid']}/corrections/", changed).status_code == 201
