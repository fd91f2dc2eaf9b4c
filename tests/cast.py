"""The cast: one person of every kind in a project, and an outsider who must have no access.

Nearly every test asks for it, so it is made once a process and its rows are put back for each test.
"""

import pickle
from dataclasses import dataclass

import pytest
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from apps.accounts.models import User
from apps.projects.models import Membership, Project
from apps.projects.services import member_add, project_create
from tests.rows import rows_added, script_of

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Cast:
    project: Project
    manager: Membership
    researcher: Membership
    adjudicator: Membership
    labeler: Membership
    second_labeler: Membership
    held_out_labeler: Membership
    suspended: Membership
    invited: Membership
    outsider: User


def make_cast() -> Cast:
    boss = User.objects.create_user("manager@example.org", PASSWORD)
    project = project_create(actor=boss, slug="clinic", name="Clinic", seed=7, overlap_share=0)

    def member(name: str, role: str, **fields: str) -> Membership:
        email = f"{name}@example.org"
        return member_add(actor=boss, project=project, email=email, role=role, password=PASSWORD, **fields)

    return Cast(
        project=project,
        manager=Membership.objects.get(project=project, user=boss),
        researcher=member("researcher", "researcher"),
        adjudicator=member("adjudicator", "adjudicator"),
        labeler=member("labeler", "labeler"),
        second_labeler=member("second", "labeler"),
        held_out_labeler=member("heldout", "labeler", cohort="held-out"),
        suspended=member("suspended", "labeler", status="suspended"),
        invited=member("invited", "labeler", status="invited"),
        outsider=User.objects.create_user("charlie@example.org", PASSWORD),
    )


@pytest.fixture(scope="session")
def cast_made_once(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> tuple[str, bytes]:
    """The script that puts the rows of the cast back, and the objects that speak of them."""
    with django_db_blocker.unblock(), transaction.atomic():
        with rows_added() as added:
            people = make_cast()
        made = script_of(added), pickle.dumps(people)
        transaction.set_rollback(True)  # its numbers stay taken: no later row gets one of them
    return made


@pytest.fixture
def cast(cast_made_once: tuple[str, bytes], db: None) -> Cast:
    script, people = cast_made_once
    with connection.cursor() as cursor:
        cursor.execute(script)
    remembered: Cast = pickle.loads(people)
    return remembered


@pytest.fixture
def project(cast: Cast) -> Project:
    return cast.project
