"""Two requests at once: one deed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from apps.audit.models import AuditEntry
from apps.core.domain.errors import Conflict
from apps.screening.models import Attempt, Decision
from apps.screening.services.attempts import attempt_begin, attempt_submit
from apps.screening.services.decisions import attempt_decide
from tests.exams.conftest import candidate_of
from tests.exams.make import publish, sit

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What each returned or which Conflict it met, all let go at the same moment."""
    gate = Barrier(len(deeds))

    def do(deed: Callable[[], Any]) -> Any:
        try:
            gate.wait(timeout=30)
            return deed()
        except Conflict as conflict:
            return conflict.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(do, deeds))


def test_beginning_submitting_and_deciding_happen_once(transactional_db, cast):
    candidate = candidate_of(cast, "zelda", accepts_sensitive=True)
    publish(cast.researcher)
    first, second = at_once(*[lambda: attempt_begin(member=candidate)] * 2)
    assert first.pk == second.pk

    attempt = sit(candidate, submit=False)
    done = at_once(*[lambda: attempt_submit(attempt=attempt)] * 2)
    assert sorted(one.new for one in done) == [False, True]
    assert AuditEntry.objects.filter(verb="exam.submitted").count() == 1

    def decide(outcome: str) -> Callable[[], Any]:
        return lambda: attempt_decide(actor=cast.manager, attempt=attempt, outcome=outcome, reason="Read.", seen=0).new

    said = at_once(decide("accept_training"), decide("accept_held_out"))
    assert sorted(map(str, said)) == ["True", "decided_meanwhile"]
    candidate.refresh_from_db()
    stands = Decision.objects.get()
    cohort = {"accept_training": "training", "accept_held_out": "held-out"}[stands.outcome]
    assert (candidate.status, candidate.cohort) == ("active", cohort)
    assert Attempt.objects.count() == 1
