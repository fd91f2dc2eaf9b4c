"""A task in the labeler's hands, laid by its row, with its candidates under known letters."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.labeling.models import Assignment
from apps.projects.models import Membership
from apps.projects.selectors import current_schema
from tests.api.conftest import labeler, manager, researcher, second  # noqa: F401
from tests.cast import Cast
from tests.make import make_rank_task
from tests.pages.conftest import as_member  # noqa: F401

Hold = Callable[..., Assignment]


@pytest.fixture
def hold(cast: Cast) -> Hold:
    def held(
        task: Any, member: Membership = cast.labeler, order: tuple[int, ...] = (2, 0, 1), **fields: Any
    ) -> Assignment:
        values = {"state": "leased", "lease_expires_at": timezone.now() + timedelta(minutes=20)} | fields
        return Assignment.objects.create(
            task=task, membership=member, schema=current_schema(cast.project), display_order=list(order), **values
        )

    return held


@pytest.fixture
def assignment(cast: Cast, hold: Hold) -> Assignment:
    """Three candidates: A is "Answer 2", B "Answer 0", C "Answer 1"."""
    return hold(make_rank_task(cast.project, k=3))
