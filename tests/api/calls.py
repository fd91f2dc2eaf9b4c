"""The labeling calls, as tests make them."""

from datetime import timedelta

from django.utils import timezone

from apps.labeling.models import Assignment
from tests.api.client import Caller

CLAIM = "projects/clinic/assignments/"


def claim(caller: Caller, kind: str = "rank") -> dict:
    answer = caller.post(CLAIM, {"kind": kind})
    assert answer.status_code == 200, answer.content
    return answer.json()


def tiers(assignment: dict, *values: int) -> dict:
    return {"tiers": {c["letter"]: value for c, value in zip(assignment["candidates"], values, strict=True)}}


def run_out(uid: str) -> None:
    Assignment.objects.filter(uid=uid).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]
