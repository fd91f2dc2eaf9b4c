import pytest

from apps.accounts.models import User
from apps.projects.models import Membership, Project
from tests.api.client import Caller, caller_for
from tests.cast import PASSWORD, Cast
from tests.datasets.scene import rank


@pytest.fixture
def staff(db) -> Caller:
    return caller_for(User.objects.create_user("staff@example.org", PASSWORD, is_staff=True))


def test_staff_make_a_project_and_manage_it(staff: Caller):
    body = {"slug": "new", "name": "New", "candidates_per_task": 9, "judgments_per_task": 2}
    answer = staff.post("projects/", body)

    assert answer.status_code == 201
    assert answer.json() | body == answer.json()
    assert Membership.objects.get(project__slug="new").role == "manager"
    assert staff.get("projects/").json()["results"][0]["role"] == "manager"


def test_one_labeler_a_task_plus_an_overlap_sample_is_the_default(staff: Caller):
    assert staff.post("projects/", {"slug": "a", "name": "A"}).json()["overlap_share"] == 0.1
    stated = staff.post("projects/", {"slug": "b", "name": "B", "judgments_per_task": 1}).json()
    assert stated["overlap_share"] == 0.0


def test_others_may_not(manager: Caller):
    answer = manager.post("projects/", {"slug": "new", "name": "New"})

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "wrong_role"


def test_the_demos_manager_may(cast: Cast, manager: Caller):
    Project.objects.filter(pk=cast.project.pk).update(allows_simulated_training=True)

    assert manager.post("projects/", {"slug": "new", "name": "New"}).status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"slug": "no spaces"}, "slug"),
        ({"slug": None}, "slug"),
        ({"name": ""}, "name"),
        ({"name": "\x00"}, "name"),
        ({"candidates_per_task": 1}, "candidates_per_task"),
        ({"candidates_per_task": 10}, "candidates_per_task"),
        ({"judgments_per_task": 0}, "judgments_per_task"),
        ({"overlap_share": 1.5}, "overlap_share"),
        ({"lease_minutes": 0}, "lease_minutes"),
        ({"lease_minutes": 100000}, "lease_minutes"),
    ],
)
def test_a_broken_rule_names_its_field(staff: Caller, change, field):
    answer = staff.post("projects/", {"slug": "new", "name": "New"} | change)

    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == field
    assert answer.json()["error"]["message"].startswith(f"{field}: ")
    assert not Project.objects.filter(slug="new").exists()


def test_a_taken_slug_is_a_conflict(staff: Caller, cast: Cast):
    answer = staff.post("projects/", {"slug": "clinic", "name": "Again"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "slug_taken")


def test_a_manager_adds_a_new_person(cast: Cast, manager: Caller):
    answer = manager.post(
        "projects/clinic/members/", {"email": "new@example.org", "password": PASSWORD, "role": "labeler"}
    )

    assert answer.status_code == 201
    body = answer.json()
    assert (body["status"], body["cohort"], body["role"]) == ("active", "training", "labeler")
    assert body["pseudonym"].startswith("labeler-")
    assert "new" not in body["pseudonym"]


def test_a_person_who_has_an_account_keeps_their_password(cast: Cast, manager: Caller):
    body = {"email": "charlie@example.org", "role": "labeler"}
    refused = manager.post("projects/clinic/members/", body | {"password": "another password"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "password_not_allowed")
    assert manager.post("projects/clinic/members/", body).status_code == 201
    cast.outsider.refresh_from_db()
    assert cast.outsider.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": "annotator"}, "role"),
        ({"cohort": "heldout"}, "cohort"),
        ({"status": "gone"}, "status"),
        ({"email": "no address"}, "email"),
        ({"password": "short"}, "password"),
    ],
)
def test_a_member_with_a_broken_rule(cast: Cast, manager: Caller, change, field):
    body = {"email": "new@example.org", "password": PASSWORD, "role": "labeler"} | change
    answer = manager.post("projects/clinic/members/", body)

    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == field
    assert not User.objects.filter(email="new@example.org").exists()


def test_a_cohort_changes_for_judgments_to_come(cast: Cast, manager: Caller):
    before = rank(cast.labeler)
    path = f"projects/clinic/members/{cast.labeler.uid}/"
    assert manager.patch(path, {"cohort": "held-out"}).json()["cohort"] == "held-out"
    after = rank(Membership.objects.select_related("project", "user").get(pk=cast.labeler.pk))
    before.refresh_from_db()
    assert (before.cohort, after.cohort) == ("training", "held-out")
    assert manager.patch(path, {"cohort": "both"}).json()["error"]["details"]["field"] == "cohort"


def test_a_member_twice_is_a_conflict(cast: Cast, manager: Caller):
    answer = manager.post("projects/clinic/members/", {"email": "labeler@example.org", "role": "labeler"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "already_member")


def test_a_manager_changes_standing_and_consent(cast: Cast, manager: Caller):
    address = f"projects/clinic/members/{cast.labeler.uid}/"
    changed = manager.call("patch", address, {"status": "suspended", "accepts_sensitive": True})

    assert changed.status_code == 200
    assert (changed.json()["status"], changed.json()["accepts_sensitive"]) == ("suspended", True)
    assert manager.call("patch", address, {"status": "invited"}).status_code == 422
    own = f"projects/clinic/members/{cast.manager.uid}/"
    assert manager.call("patch", own, {"status": "suspended"}).json()["error"]["code"] == "last_manager"


def test_guidelines_count_up_on_each_track(cast: Cast, manager: Caller, labeler: Caller):
    numbers = [
        manager.post("projects/clinic/guidelines/", {"track": track, "body": "Be kind.", "requires_acknowledgement": False})
        .json()["number"]
        for track in ("collection", "collection", "evaluation")
    ]  # fmt: skip

    assert numbers == [1, 2, 1]
    assert labeler.get("projects/clinic/guidelines/2/").json()["body"] == "Be kind."


def test_claiming_waits_for_the_acknowledgement(cast: Cast, manager: Caller, labeler: Caller):
    manager.post("projects/clinic/guidelines/", {"body": "Be kind.", "requires_acknowledgement": True})
    refused = labeler.post("projects/clinic/assignments/", {"kind": "rank"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "guideline_unacknowledged")
    assert refused.json()["error"]["details"]["number"] == 1
    for _ in range(2):
        assert labeler.post("projects/clinic/guidelines/1/acknowledgement/").status_code == 200
    assert labeler.post("projects/clinic/assignments/", {"kind": "rank"}).status_code == 204


def test_a_guideline_that_is_not_there(cast: Cast, labeler: Caller):
    assert labeler.post("projects/clinic/guidelines/1/acknowledgement/").status_code == 404


@pytest.mark.parametrize("body", [{}, {"body": "  "}, {"body": "x", "track": "side"}])
def test_a_guideline_with_a_broken_rule(cast: Cast, manager: Caller, body):
    assert manager.post("projects/clinic/guidelines/", body).status_code == 422
