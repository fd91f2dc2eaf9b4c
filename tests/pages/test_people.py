"""Signing in, projects, members, guidelines, tokens."""

import re

import pytest

from apps.accounts.models import ApiToken
from apps.audit.models import AuditEntry
from apps.projects.models import GuidelineVersion, Membership
from tests.cast import PASSWORD
from tests.exams.conftest import candidate_of


def test_signing_in_and_out(client, cast):
    answer = client.post("/sign-in/", {"username": "labeler@example.org", "password": PASSWORD})
    assert answer["Location"] == "/"
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == "/sign-in/"


def test_a_wrong_password_is_said_in_a_sentence(client, cast):
    answer = client.post("/sign-in/", {"username": "labeler@example.org", "password": "no"})
    assert "This email and password do not belong together." in answer.content.decode()


def test_strangers_see_what_this_is(client, db):
    assert "A quiet room" in client.get("/").content.decode()


def test_a_labeler_of_one_project_can_start_at_once(labeler):
    page = labeler.get("/").content.decode()
    assert "Start ranking" in page
    assert 'action="/p/clinic/work/"' in page


def test_an_outsider_is_told_how_to_get_in(client, cast):
    client.force_login(cast.outsider, backend="django.contrib.auth.backends.ModelBackend")
    assert "You are in no project yet" in client.get("/").content.decode()
    assert client.get("/p/clinic/").status_code == 404


@pytest.mark.parametrize(
    ("who", "sees", "misses"),
    [
        ("labeler", "/p/clinic/history/", "/p/clinic/members/"),
        ("manager", "/p/clinic/members/", "/p/clinic/history/"),
        ("researcher", "/p/clinic/snapshots/", "/p/clinic/members/"),
    ],
)
def test_navigation_by_role(cast, as_member, who, sees, misses):
    page = as_member(getattr(cast, who)).get("/p/clinic/").content.decode()
    assert sees in page
    assert misses not in page


@pytest.mark.parametrize("path", ["members/", "guidelines/"])
@pytest.mark.parametrize("who", ["labeler", "researcher", "adjudicator"])
def test_only_managers_manage(cast, as_member, path, who):
    assert as_member(getattr(cast, who)).get(f"/p/clinic/{path}").status_code == 403


def test_adding_suspending_and_reinstating_a_member(cast, as_member):
    manager = as_member(cast.manager)
    new = {"email": "new@example.org", "password": PASSWORD, "role": "labeler", "cohort": "held-out"}
    assert manager.post("/p/clinic/members/", new).status_code == 303
    member = Membership.objects.get(user__email="new@example.org")
    assert (member.cohort, member.status) == ("held-out", "active")
    for status in ("suspended", "active"):
        manager.post(f"/p/clinic/members/{member.uid}/status/", {"status": status})
        member.refresh_from_db()
        assert member.status == status


def test_the_cohort_of_who_labels_is_said_and_changed(cast, as_member):
    manager = as_member(cast.manager)
    applicant = candidate_of(cast, "zelda")
    page = manager.get("/p/clinic/members/").content.decode()
    rows = dict(re.findall(r'<li id="member-([^"]+)">(.*?)</form>\s*</li>', page, flags=re.DOTALL))
    assert "In the training cohort" in rows[str(cast.labeler.uid)]
    assert "In the held-out cohort" in rows[str(cast.held_out_labeler.uid)]
    for who in (cast.manager, cast.researcher, applicant):  # they judge nothing; of an applicant the decision says it
        assert not re.search("training|held-out", rows[str(who.uid)], flags=re.IGNORECASE)
    path = f"/p/clinic/members/{cast.labeler.uid}/change/"
    said = manager.post(path, {"cohort": "held-out"}, follow=True).content.decode()
    assert "Judgments given before keep theirs" in said
    assert "cohort: one of training, held-out" in manager.post(path, {"cohort": "both"}, follow=True).content.decode()
    cast.labeler.refresh_from_db()
    assert cast.labeler.cohort == "held-out"
    assert AuditEntry.objects.filter(verb="member.cohort", object_uid=str(cast.labeler.uid)).count() == 1


@pytest.mark.parametrize("sent", [{}, {"status": ""}, {"status": "invited"}, {"status": "Active"}])
def test_only_a_known_status_is_set(cast, as_member, sent):
    answer = as_member(cast.manager).post(f"/p/clinic/members/{cast.suspended.uid}/status/", sent)
    assert answer.status_code == 422
    assert "status: one of active, suspended." in answer.content.decode()
    cast.suspended.refresh_from_db()
    assert cast.suspended.status == "suspended"


def test_a_refused_member_keeps_the_form(cast, as_member):
    known = {"email": "second@example.org", "password": PASSWORD, "role": "labeler", "cohort": "training"}
    answer = as_member(cast.manager).post("/p/clinic/members/", known)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "this account exists already and keeps its own password" in page
    assert 'value="second@example.org"' in page


def test_the_last_manager_stays(cast, as_member):
    manager = as_member(cast.manager)
    answer = manager.post(f"/p/clinic/members/{cast.manager.uid}/status/", {"status": "suspended"}, follow=True)
    assert "last active manager" in answer.content.decode()


def test_publishing_a_guideline(cast, as_member):
    manager = as_member(cast.manager)
    sent = {"track": "evaluation", "body": "# Truth first", "do": "publish"}
    assert manager.post("/p/clinic/guidelines/next/", sent).status_code == 303
    assert GuidelineVersion.objects.get().track == "evaluation"
    assert manager.post("/p/clinic/guidelines/next/", {"track": "evaluation", "body": ""}).status_code == 422
    assert "Truth first" in manager.get("/p/clinic/guideline/1/?track=evaluation").content.decode()


def test_a_token_is_shown_once(labeler):
    page = labeler.post("/account/tokens/", {"label": "nightly"}).content.decode()
    key = re.search(r'id="token-key"[^>]*value="([^"]+)"', page)[1]
    assert key not in labeler.get("/account/tokens/").content.decode()
    token = ApiToken.objects.get()
    labeler.post(f"/account/tokens/{token.uid}/revoke/")
    assert "You have none yet" in labeler.get("/account/tokens/").content.decode()


def test_another_persons_token_is_none(cast, labeler, as_member):
    labeler.post("/account/tokens/", {"label": "nightly"})
    token = ApiToken.objects.get()
    assert as_member(cast.manager).post(f"/account/tokens/{token.uid}/revoke/").status_code == 404


def test_pages_that_do_not_exist_say_so(client, db):
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
