"""The cast: one person of every kind in a project, and an outsider who must have no access."""

from dataclasses import dataclass

import pytest

from apps.accounts.models import User
from apps.projects.models import Membership, Project
from apps.projects.services import member_add, project_create

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


@pytest.fixture
def cast(db: None) -> Cast:
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


@pytest.fixture
def project(cast: Cast) -> Project:
    return cast.project
