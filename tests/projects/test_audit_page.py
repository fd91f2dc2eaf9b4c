"""Who did what, on a page for managers."""

import re

import pytest

from apps.audit import selectors
from apps.audit.models import AuditEntry
from apps.audit.selectors import trail_of
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.projects.services import member_set_status
from tests.make import make_rank_task

PAGE = "/p/clinic/audit/"


@pytest.fixture
def manager(client, cast):
    client.force_login(cast.manager.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def lived_in(cast):
    make_rank_task(cast.project, k=2)
    judgment_submit(assignment=assignment_claim(member=cast.labeler, kind="rank"), body={"tiers": {"A": 1, "B": 1}})
    member_set_status(actor=cast.manager.user, member=cast.second_labeler, status="suspended")
    return cast


def deeds(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><code translate="no">([^<]+)</code>', page)


def test_a_manager_reads_who_did_what(manager, lived_in):
    page = manager.get(PAGE).content.decode()

    assert deeds(page)[0] == "member.status"
    assert "manager@example.org" in page
    assert "suspended" in page
    assert f'href="{PAGE}"' in manager.get("/p/clinic/").content.decode()


def test_the_work_of_the_day_is_there_when_asked_for(manager, lived_in):
    assert "judgment.submitted" not in deeds(manager.get(PAGE).content.decode())
    assert "judgment.submitted" in deeds(manager.get(PAGE, {"work": "1"}).content.decode())
    assert deeds(manager.get(PAGE, {"verb": "judgment"}).content.decode()) == ["judgment.submitted"]


def test_by_whom(manager, lived_in):
    mine = deeds(manager.get(PAGE, {"actor": "LABELER@example.org", "work": "1"}).content.decode())
    assert mine == ["judgment.submitted"]
    assert "No entry fits." in manager.get(PAGE, {"actor": "nobody@example.org"}).content.decode()


def test_another_projects_deeds_are_not_there(lived_in):
    AuditEntry.objects.create(
        request_id="x", verb="member.added", object_type="membership", object_uid="of-another", project_pk=10**9
    )
    assert "of-another" not in {entry.object_uid for entry in trail_of(lived_in.project.pk, work=True).entries}


def test_pages_hold_every_entry_once_however_few_are_looked_at(lived_in, monkeypatch):
    monkeypatch.setattr(selectors, "PAGE", 2)
    monkeypatch.setattr(selectors, "LOOKED_AT", 3)
    entries = selectors.entries_of(lived_in.project.pk)
    expected = list(entries.exclude(verb__in=selectors.WORK).values_list("pk", flat=True))

    seen, before = [], None
    while True:
        trail = trail_of(lived_in.project.pk, before=before)
        seen += [entry.pk for entry in trail.entries]
        if trail.older is None:
            break
        before = trail.older

    assert len(expected) > 3
    assert seen == expected
