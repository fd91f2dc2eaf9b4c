"""A call that creates, sent again with its key: once done, answered alike."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.client import encode_multipart
from django.utils import timezone

from apps.accounts.models import IdempotencyKey
from apps.accounts.services import idempotency_forget
from apps.imports.models import Import
from apps.labeling.models import Task
from apps.projects.guideline_services import guideline_publish
from apps.projects.models import GuidelineVersion, Membership
from tests.api.client import Caller, caller_for
from tests.cast import PASSWORD, Cast
from tests.make import make_prompt

GUIDELINE = {"body": "Be kind.", "requires_acknowledgement": False}


def send(caller: Caller, path: str, body: Any, key: str, **extra: Any):
    headers = {"Authorization": f"Token {caller.token}", "Idempotency-Key": key} | extra.pop("headers", {})
    data = extra.pop("data", None) or json.dumps(body)
    return caller.client.post(
        f"/api/v1/{path}", data, headers=headers, **({"content_type": "application/json"} | extra)
    )


def test_the_same_call_again_does_nothing_and_is_answered_alike(cast: Cast, manager: Caller):
    path = "projects/clinic/guidelines/"
    first, again = (send(manager, path, GUIDELINE, "k1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert GuidelineVersion.objects.count() == 1
    assert send(manager, path, GUIDELINE, "k2").json()["number"] == 2
    assert manager.post(path, GUIDELINE).json()["number"] == 3


def test_another_call_with_the_key_is_refused(cast: Cast, manager: Caller):
    send(manager, "projects/clinic/guidelines/", GUIDELINE, "k")
    for path, body in (
        ("projects/clinic/guidelines/", GUIDELINE | {"body": "Be kinder."}), ("projects/clinic/members/", GUIDELINE),
    ):  # fmt: skip
        refused = send(manager, path, body, "k")
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert GuidelineVersion.objects.count() == 1


def test_a_key_is_ones_own(cast: Cast, manager: Caller, researcher: Caller):
    prompt = make_prompt(cast.project)
    body = {"kind": "demonstrate", "prompts": [str(prompt.uid)]}
    assert send(manager, "projects/clinic/tasks/", body, "k").json()["created"] == 1
    assert send(researcher, "projects/clinic/tasks/", body, "k").json()["existing"] == 1
    assert send(manager, "projects/clinic/tasks/", body, "k").json()["created"] == 1
    assert Task.objects.count() == 1


def test_a_refused_call_may_be_mended_under_its_key(cast: Cast, manager: Caller):
    body = {"email": "new@example.org", "password": "short", "role": "labeler"}
    assert send(manager, "projects/clinic/members/", body, "k").status_code == 422
    assert not IdempotencyKey.objects.exists()
    assert send(manager, "projects/clinic/members/", body | {"password": PASSWORD}, "k").status_code == 201
    kept = IdempotencyKey.objects.get()
    assert PASSWORD not in str(vars(kept))


@pytest.mark.parametrize("key", ["", " ", "two words", "é", "x" * 201])
def test_a_key_that_is_none_is_refused(cast: Cast, manager: Caller, key: str):
    refused = send(manager, "projects/clinic/guidelines/", GUIDELINE, key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "idempotency_key_unreadable")
    assert not GuidelineVersion.objects.exists()


def test_what_breaks_leaves_neither_deed_nor_key(cast: Cast, manager: Caller, monkeypatch):
    def published_then_broken(**fields: Any) -> None:
        guideline_publish(**fields)
        raise ZeroDivisionError

    manager.client.raise_request_exception = False
    monkeypatch.setattr("apps.projects.guideline_api.guideline_publish", published_then_broken)
    assert send(manager, "projects/clinic/guidelines/", GUIDELINE, "k").status_code == 500
    assert not GuidelineVersion.objects.exists()
    monkeypatch.undo()
    assert send(manager, "projects/clinic/guidelines/", GUIDELINE, "k").status_code == 201


def test_an_import_answers_its_repetition_without_reading_it(cast: Cast, researcher: Caller):
    path, line = "projects/clinic/imports/", b'{"prompt": "Hi"}\n'
    kind = {"content_type": "application/x-ndjson", "data": line}
    first, again = (send(researcher, path, None, "k", **kind) for _ in range(2))
    assert (first.status_code, first.json()) == (200, again.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Import.objects.count() == 1
    other = send(researcher, path, None, "k", content_type="application/x-ndjson", data=line * 2)
    assert other.json()["error"]["code"] == "idempotency_key_reused"


def test_a_form_sent_again_has_another_boundary_and_is_the_same_call(cast: Cast, researcher: Caller):
    """As every HTTP library makes one up for each request."""
    answers = []
    for boundary in ("b" * 16, "c" * 16):
        form = encode_multipart(boundary, {"file": SimpleUploadedFile("a.jsonl", b'{"prompt": "Hi"}\n')})
        kind = f"multipart/form-data; boundary={boundary}"
        answers.append(send(researcher, "projects/clinic/imports/", None, "k", content_type=kind, data=form))
    assert [answer.status_code for answer in answers] == [200, 200], answers[1].content
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert Import.objects.count() == 1


def test_only_the_wait_for_the_key_is_short(cast: Cast, manager: Caller, monkeypatch):
    """Whatever the deed itself waits for would else be told as the key's trouble."""
    seen = []

    def published(**fields: Any):
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            seen.append(cursor.fetchone()[0])
        return guideline_publish(**fields)

    monkeypatch.setattr("apps.projects.guideline_api.guideline_publish", published)
    assert send(manager, "projects/clinic/guidelines/", GUIDELINE, "k").status_code == 201
    assert send(manager, "projects/clinic/guidelines/", GUIDELINE, "k").status_code == 201
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert seen == [cursor.fetchone()[0]] == ["0"]


def test_keys_are_forgotten_after_a_day(cast: Cast, manager: Caller):
    for key in ("old", "new"):
        send(manager, "projects/clinic/guidelines/", GUIDELINE, key)
    IdempotencyKey.objects.filter(key="old").update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    assert idempotency_forget() == 1
    assert [row.key for row in IdempotencyKey.objects.all()] == ["new"]


@pytest.mark.django_db(transaction=True)
def test_at_once_one_runs_and_the_other_gets_its_answer(cast: Cast):
    callers = [caller_for(cast.manager.user) for _ in range(4)]
    body = {"email": "new@example.org", "password": PASSWORD, "role": "labeler"}
    answers: list[Any] = []
    start = threading.Barrier(len(callers))

    def go(caller: Caller) -> None:
        try:
            start.wait()
            answers.append(send(caller, "projects/clinic/members/", body, "k"))
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=[caller]) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 4, [answer.content for answer in answers]
    assert len({answer.json()["uid"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 3
    assert Membership.objects.filter(user__email="new@example.org").count() == 1
