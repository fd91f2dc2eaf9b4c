"""A change of meaning is acknowledged before the next claim; a typo fix interrupts nobody."""

import pytest
from django.db import DatabaseError, connection, transaction

from apps.core.domain.errors import Conflict
from apps.labeling.models import Judgment
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.reserve import task_reserve
from apps.projects.models import GuidelineAcknowledgement, GuidelineVersion
from apps.projects.selectors import last_read, unacknowledged_guideline
from apps.projects.services import guideline_acknowledge, guideline_publish, member_add
from tests.api.client import Caller, caller_for
from tests.make import make_rank_task


@pytest.fixture
def caller(cast) -> Caller:
    return caller_for(cast.labeler.user)


@pytest.fixture
def manager_caller(cast) -> Caller:
    return caller_for(cast.manager.user)


def publish(cast, body="Be kind.", **fields):
    return guideline_publish(actor=cast.manager.user, project=cast.project, body=body, **fields)


def typo(cast, body="Be kind!"):
    return publish(cast, body, changes_meaning=False, change="A sign.")


def may_claim(member) -> bool:
    try:
        assignment_claim(member=member, kind="rank")
    except Conflict as error:
        assert error.code == "guideline_unacknowledged"
        return False
    return True


def test_a_typo_fix_interrupts_nobody_who_read_the_version_before(cast):
    publish(cast)
    guideline_acknowledge(member=cast.labeler, number=1)
    fixed = typo(cast)
    assert (fixed.requires_acknowledgement, fixed.changes_meaning, fixed.change) == (True, False, "A sign.")
    assert may_claim(cast.labeler)
    assert unacknowledged_guideline(cast.labeler) is None
    read = last_read(cast.labeler)
    assert read is not None
    assert read.guideline.number == 1, "what was carried over was not read"


def test_a_typo_fix_excuses_nobody_from_what_they_owe(cast):
    publish(cast)
    typo(cast)
    assert not may_claim(cast.labeler)
    new = member_add(actor=cast.manager.user, project=cast.project, email="new@example.org", role="labeler")
    assert not may_claim(new)
    guideline_acknowledge(member=cast.labeler, number=2)
    assert may_claim(cast.labeler)


def test_reading_the_version_before_a_typo_fix_is_enough(cast):
    """Who had the page open while the fix was published."""
    publish(cast)
    typo(cast)
    typo(cast, "Be kind")
    guideline_acknowledge(member=cast.labeler, number=1)
    guideline_acknowledge(member=cast.labeler, number=1)
    assert may_claim(cast.labeler)


def test_a_change_of_meaning_asks_everybody_again(cast):
    publish(cast)
    guideline_acknowledge(member=cast.labeler, number=1)
    publish(cast, "Be honest.", change="Truth comes first.")
    typo(cast, "Be honest!")
    assert not may_claim(cast.labeler)
    guideline_acknowledge(member=cast.labeler, number=1)
    assert not may_claim(cast.labeler), "the old one does not count"
    guideline_acknowledge(member=cast.labeler, number=3)
    assert may_claim(cast.labeler)


def test_a_first_version_may_ask_for_nothing_and_a_later_one_then_asks(cast):
    first = publish(cast, requires_acknowledgement=False)
    assert (first.changes_meaning, first.requires_acknowledgement) == (False, False)
    assert may_claim(cast.labeler)
    typo(cast)
    assert may_claim(cast.labeler)
    publish(cast, "Be honest.")
    assert not may_claim(cast.labeler)


def test_a_first_version_has_no_meaning_to_keep(cast):
    assert publish(cast, changes_meaning=False).requires_acknowledgement
    assert not may_claim(cast.labeler)


def test_what_was_begun_is_finished_and_the_next_task_waits(cast, caller):
    """Over the API: a submit that asks for the next, and a reservation beside a lease."""
    publish(cast)
    guideline_acknowledge(member=cast.labeler, number=1)
    for _ in range(3):
        make_rank_task(cast.project, k=2)
    held = caller.post("projects/clinic/assignments/", {"kind": "rank"}).json()
    publish(cast, "Be honest.")
    with pytest.raises(Conflict, match="acknowledge guideline 2"):
        task_reserve(member=cast.labeler, kind="rank", beside=cast.labeler.assignments.get(uid=held["uid"]))
    done = caller.post(f"assignments/{held['uid']}/submit/?next=1", {"tiers": {"A": 1, "B": 2}})
    assert (done.status_code, done.json()["next"]) == (201, None)
    assert Judgment.objects.get().guideline.number == 1
    refused = caller.post("projects/clinic/assignments/", {"kind": "rank"})
    assert refused.json()["error"]["details"] == {"number": 2, "track": "collection"}
    assert caller.post("projects/clinic/guidelines/2/acknowledgement/").status_code == 200
    assert caller.post("projects/clinic/assignments/", {"kind": "rank"}).json()["guideline"]["number"] == 2


def test_the_database_knows_what_a_change_of_meaning_asks(cast):
    with pytest.raises(DatabaseError, match="guideline_change_of_meaning_is_acknowledged"), transaction.atomic():
        GuidelineVersion.objects.create(
            project=cast.project, number=1, body="x", sha256="x", changes_meaning=True, requires_acknowledgement=False
        )
    publish(cast)
    for column in ("change = 'x'", "changes_meaning = false"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE projects_guidelineversion SET {column}")


def test_two_managers_do_not_overrule_each_other_unseen(cast, manager_caller):
    publish(cast)
    address = "projects/clinic/guidelines/"
    assert manager_caller.post(address, {"body": "Mine.", "based_on": 1}).status_code == 201
    refused = manager_caller.post(address, {"body": "Yours.", "based_on": 1}).json()["error"]
    assert (refused["code"], refused["details"]["number"]) == ("guideline_moved_on", 2)
    assert GuidelineVersion.objects.count() == 2


def test_the_api_says_what_changed(cast, manager_caller, caller):
    publish(cast, "## Ties {#ranking}\n\nTie rarely.")
    said = {"body": "## Ties {#ranking}\n\nTie freely.", "changes_meaning": True, "change": "  Ties are\nwelcome. "}
    made = manager_caller.post("projects/clinic/guidelines/", said).json()
    assert (made["changes_meaning"], made["requires_acknowledgement"], made["change"]) == (
        True,
        True,
        "Ties are welcome.",
    )
    changes = caller.get("projects/clinic/guidelines/2/changes/").json()
    assert (changes["since"], changes["number"], [one["change"] for one in changes["versions"]]) == (
        1,
        2,
        ["Ties are welcome."],
    )
    assert changes["blocks"][1] == {
        "change": "changed",
        "kind": "p",
        "words": [
            {"change": "same", "text": "Tie "},
            {"change": "deleted", "text": "rarely"},
            {"change": "inserted", "text": "freely"},
            {"change": "same", "text": "."},
        ],
    }
    assert caller.get("projects/clinic/guidelines/2/changes/?since=7").status_code == 404
    assert caller.get("projects/clinic/guidelines/1/").json()["rules"] == [
        {"name": "ranking", "title": "Ties", "names": ["ranking"]}
    ]
    assert manager_caller.post("projects/clinic/guidelines/", {"body": "x", "change": "y" * 501}).status_code == 422


def test_carried_acknowledgements_are_told_from_read_ones(cast):
    publish(cast)
    guideline_acknowledge(member=cast.labeler, number=1)
    typo(cast)
    told = GuidelineAcknowledgement.objects.values_list("guideline__number", "carried").order_by("guideline__number")
    assert list(told) == [(1, False), (2, True)]
