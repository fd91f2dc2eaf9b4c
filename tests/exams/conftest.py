"""Candidates: members who are still qualifying."""

import pytest

from apps.projects.models import Membership
from apps.projects.services import member_add
from tests.cast import PASSWORD, Cast


def candidate_of(cast: Cast, name: str, **fields: object) -> Membership:
    return member_add(
        actor=cast.manager.user, project=cast.project, email=f"{name}@example.org", role="labeler", password=PASSWORD,
        **({"status": "qualifying"} | fields),
    )  # fmt: skip


@pytest.fixture
def candidate(cast: Cast) -> Membership:
    return candidate_of(cast, "zelda", accepts_sensitive=True)


@pytest.fixture
def other_candidate(cast: Cast) -> Membership:
    return candidate_of(cast, "other")
