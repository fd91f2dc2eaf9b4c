"""Django's test client, signed in as one of the cast."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from apps.labeling.models import Assignment
from apps.labeling.services.claim import assignment_claim
from apps.projects.models import Membership
from tests.cast import Cast


@pytest.fixture
def as_member() -> Callable[[Membership], Client]:
    def sign_in(member: Membership) -> Client:
        client = Client()
        client.force_login(member.user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def labeler(cast: Cast, as_member: Callable[[Membership], Client]) -> Client:
    return as_member(cast.labeler)


@pytest.fixture
def claimed(cast: Cast) -> Callable[..., Assignment]:
    """An assignment in the labeler's hands, with candidates in the order they were made: A is the first."""
    with connection.cursor() as cursor:  # undone with the test's transaction
        cursor.execute(
            "CREATE OR REPLACE FUNCTION labeling_shuffled(k integer) RETURNS smallint[] LANGUAGE sql"
            " AS 'SELECT ARRAY(SELECT place::smallint FROM generate_series(0, k - 1) AS place)'"
        )

    def claim(kind: str = "rank") -> Assignment:
        assignment = assignment_claim(member=cast.labeler, kind=kind)
        assert assignment is not None
        return assignment

    return claim
