"""Rows that a body names by uid, within the caller's project."""

from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from apps.core.domain.errors import RuleBroken

Row = TypeVar("Row", bound=Model)


def picked_or_none(rows: QuerySet[Row], uid: UUID | None, field: str) -> Row | None:
    return None if uid is None else picked(rows, uid, field)


def picked(rows: QuerySet[Row], uid: UUID, field: str) -> Row:
    """The row of `rows` with this uid. Raises RuleBroken that names `field`."""
    row = rows.filter(uid=uid).first()
    if row is None:
        raise RuleBroken(f"{field}: {uid} is not there, or not in this project.", field=field)
    return row
