"""Imports over the API: real requests, real rows."""

import gzip
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.core.domain.canonical import sha256_hex
from apps.imports.domain.upload import kind_of_file
from apps.imports.forms import UploadForm
from apps.imports.models import Import, ImportProblem
from apps.imports.services.resume import import_take
from apps.labeling.models import Judgment, Task
from apps.prompts.models import Completion, Prompt
from tests.api.client import Caller, caller_for
from tests.imports.sending import SHAPES, counts, send, stream


def test_a_file_of_all_shapes(manager, project):
    answer = send(manager, SHAPES.read_bytes())

    assert answer.status_code == 200
    assert answer.json()["state"] == "done"
    assert answer.json()["created"] == 5
    assert counts(answer) == {
        "lines": 6, "prompts": 5, "completions": 17, "rankings": 4, "demonstrations": 1, "tasks_created": 4,
    }  # fmt: skip
    tide = Prompt.objects.get(external_ids__contains=["s-1"])
    assert tide.external_ids == ["s-1", "s-2"]
    tasks = Task.objects.filter(prompt=tide).order_by("id")
    assert [task.external_id for task in tasks] == ["s-1", "s-2"]
    assert [task.source["row"] for task in tasks] == [1, 2]
    assert [task.external_candidate_ids for task in tasks] == [["1", "2"], ["1", "2"]]
    assert Completion.objects.filter(prompt=tide, body="").get().source_name == "large"
    harbour = Judgment.objects.get(external_labeler__pseudonym="harbour-crowd")
    assert harbour.ranking.tiers == [1, 2, 2, 3]
    assert harbour.external_labeler.kind == "pool"
    assert (harbour.schema, harbour.guideline, harbour.assignment) == (None, None, None)
    one = Prompt.objects.get(external_ids=["s-6"])
    assert one.completions.count() == 1
    assert not one.tasks.exists()
    assert one.context == "Members may cancel until noon."


def test_the_source_key_is_never_stored(manager, project):
    send(manager, [{"prompt": "Hi?", "source_key": "customer-7"}, {"prompt": "Bye?", "source_key": "customer-7"}])

    stored = set(Prompt.objects.values_list("source_key", "split"))
    assert len(stored) == 1  # one customer, one split
    (key, _), = stored  # fmt: skip
    assert len(key) == 64
    assert key not in (sha256_hex("customer-7"), "customer-7")


def test_bad_lines_are_reported_and_good_ones_stay(manager, project):
    body = b'{"prompt": "a"}\nnonsense\n{"prompt": "\xff"}\n\n{"prompt": "b\\u0000"}\n{"prompt": "\\ud800"}\n{"prompt": "c"}'
    answer = send(manager, body)

    assert answer.json()["state"] == "done"
    assert counts(answer) == {"lines": 6, "prompts": 2, "errors_total": 4}
    assert [(p["line"], p["code"]) for p in answer.json()["errors"]] == [
        (2, "not_json"), (3, "not_utf8"), (5, "rule_broken"), (6, "rule_broken"),
    ]  # fmt: skip


def test_errors_are_a_thousand_in_the_answer_and_all_at_their_address(manager, project):
    answer = send(manager, b"x\n" * 1003)
    assert len(answer.json()["errors"]) == 1000
    assert answer.json()["errors_total"] == 1003
    stream = manager.client.get(answer.json()["errors_url"], headers={"Authorization": f"Token {manager.token}", "Accept": "application/x-ndjson"})  # fmt: skip
    problems = [json.loads(line) for line in b"".join(stream.streaming_content).splitlines()]
    assert [problem["line"] for problem in problems] == list(range(1, 1004))
    assert set(problems[0]) == {"line", "field", "code", "message"}


def test_batches_end_where_they_like(manager, project, monkeypatch):
    monkeypatch.setattr("apps.imports.services.run.BATCH_LINES", 2)
    assert counts(send(manager, SHAPES.read_bytes()))["prompts"] == 5
    assert counts(send(manager, SHAPES.read_bytes())) == {"lines": 6, "duplicates": 6}


@pytest.mark.parametrize("how", ["encoding", "suffix", "magic", "multipart"])
def test_gzip(manager, project, how):
    packed = gzip.compress(SHAPES.read_bytes())
    if how == "multipart":
        file = SimpleUploadedFile("shapes.jsonl.gz", packed)
        answer = manager.client.post(
            "/api/v1/projects/clinic/imports/", {"file": file}, headers={"Authorization": f"Token {manager.token}"}
        )
    else:
        headers = {"Content-Encoding": "gzip"} if how == "encoding" else {}
        answer = send(manager, packed, "?filename=shapes.jsonl.gz" if how == "suffix" else "", **headers)
    assert answer.status_code == 200
    assert answer.json()["prompts"] == 5


def test_a_truncated_gzip_is_partial_with_its_last_line_and_resending_is_harmless(manager, project, monkeypatch):
    monkeypatch.setattr("apps.imports.services.run.BATCH_LINES", 10)
    lines = [{"prompt": f"Question {sha256_hex(str(n))}?"} for n in range(200)]
    packed = gzip.compress("\n".join(map(json.dumps, lines)).encode())

    answer = send(manager, packed[: len(packed) // 2]).json()

    assert answer["state"] == "partial"
    assert 0 < answer["last_line"] < 200
    assert answer["prompts"] == answer["last_line"] == Prompt.objects.count()
    assert answer["errors"][-1] | {"message": ""} == {
        "line": answer["last_line"] + 1, "field": "file", "code": "file_broken_off", "message": "",
    }  # fmt: skip
    again = send(manager, packed).json()
    assert (again["state"], again["duplicates"], Prompt.objects.count()) == ("done", answer["last_line"], 200)


def test_a_cut_upload_is_partial(manager, project):
    body = b'{"prompt": "a"}\n{"prompt": "b"}\n{"pro'
    answer = stream(manager, body, CONTENT_LENGTH="1000")
    assert answer.json()["state"] == "partial"
    assert (answer.json()["last_line"], answer.json()["prompts"]) == (2, 2)
    assert "of 1000 bytes" in answer.json()["error"]


def test_a_cut_upload_is_sent_again_under_the_same_key(manager, project):
    """Its answer went nowhere, and what it says of the file is not the last word."""
    body, key = b'{"prompt": "a"}\n{"prompt": "b"}\n', {"HTTP_IDEMPOTENCY_KEY": "k"}
    assert stream(manager, body[:20], CONTENT_LENGTH=str(len(body)), **key).json()["state"] == "partial"
    whole = stream(manager, body, CONTENT_LENGTH=str(len(body)), **key)
    assert (whole.json()["state"], whole.json()["prompts"], whole.json()["duplicates"]) == ("done", 1, 1)
    again = stream(manager, body, CONTENT_LENGTH=str(len(body)), **key)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (whole.json(), "true")


def test_what_came_of_an_upload_for_a_worker_is_brought_in_and_its_answer_is_not_the_last_word(manager, project):
    body = b'{"prompt": "a"}\n{"prompt": "b"}\n'
    said = {"CONTENT_LENGTH": str(len(body)), "QUERY_STRING": "async=1", "HTTP_IDEMPOTENCY_KEY": "k"}
    cut = stream(manager, body[:20], **said)
    assert (cut.status_code, cut.json()["state"]) == (202, "queued")
    import_take(uid=cut.json()["uid"])
    brought = Import.objects.get(uid=cut.json()["uid"])
    assert (brought.state, brought.last_line, brought.prompts) == ("partial", 1, 1)
    assert "20 of 32 bytes" in brought.error
    whole = stream(manager, body, **said)
    assert whole.json()["uid"] != cut.json()["uid"]
    import_take(uid=whole.json()["uid"])
    brought = Import.objects.get(uid=whole.json()["uid"])
    assert (brought.state, brought.duplicates, brought.prompts, brought.error) == ("done", 1, 1, "")


def test_an_upload_of_unknown_length_is_taken(manager, project):
    answer = stream(manager, SHAPES.read_bytes(), HTTP_TRANSFER_ENCODING="chunked", **{"wsgi.input_terminated": True})
    assert answer.status_code == 200
    assert answer.json()["prompts"] == 5


def test_an_upload_of_unknown_length_whose_end_the_server_does_not_tell_is_refused(manager, project):
    answer = stream(manager, SHAPES.read_bytes(), HTTP_TRANSFER_ENCODING="chunked")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "length_required")


@pytest.mark.parametrize(
    ("body", "query", "content_type", "headers", "status", "code"),
    [
        (b"{}", "", "text/plain", {}, 415, "unsupported_media_type"),
        (b"{}", "", "application/x-ndjson", {"Content-Encoding": "br"}, 415, "unsupported_media_type"),
        (b"{}", "?tasks=maybe", "application/x-ndjson", {}, 422, "rule_broken"),
        (b"{}", "?filename=%00a.jsonl", "application/x-ndjson", {}, 422, "rule_broken"),
        (b"{}", "?format=xml", "application/x-ndjson", {}, 422, "rule_broken"),
        (b"question\na\n", "", "text/csv", {}, 422, "unreadable_file"),
        (b"no parquet", "", "application/vnd.apache.parquet", {}, 422, "unreadable_file"),
        (b"plain", "", "application/x-ndjson", {"Content-Encoding": "gzip"}, 422, "unreadable_file"),
    ],
)
def test_what_cannot_be_taken(manager, project, body, query, content_type, headers, status, code):
    answer = send(manager, body, query, content_type, **headers)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code


def test_too_large(manager, project, settings):
    settings.IMPORT_MAX_BYTES = 20
    answer = send(manager, [{"prompt": "A question that is longer than that?"}])
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"
    assert not Import.objects.exists()


def test_csv_by_format(manager, project):
    body = b'prompt,completion_1,completion_2,labeler,ranks\nHi?,x,y,ann,"2,1"\n'
    answer = send(manager, body, "?format=csv", "application/octet-stream")
    assert counts(answer) == {"lines": 1, "prompts": 1, "completions": 2, "rankings": 1, "tasks_created": 1}


def test_async_is_answered_at_once_and_run_by_the_worker(
    manager, project, django_capture_on_commit_callbacks, monkeypatch
):
    rings = []
    monkeypatch.setattr("apps.core.ring.ring", lambda name, uid: rings.append((name, str(uid))))
    with django_capture_on_commit_callbacks(execute=True):
        answer = send(manager, SHAPES.read_bytes(), "?async=1")

    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    uid = answer.json()["uid"]
    assert rings == [("imports.run", uid)]
    assert import_take(uid=uid)
    assert not import_take(uid=uid)  # a second delivery
    done = manager.get(f"imports/{uid}/")
    assert (done.json()["state"], done.json()["prompts"]) == ("done", 5)


def test_a_large_file_is_queued(manager, project, settings):
    settings.IMPORT_INLINE_MAX_BYTES = 100
    assert send(manager, SHAPES.read_bytes()).status_code == 202


def test_who_may_import(cast, manager, researcher, labeler):
    assert send(researcher, [{"prompt": "Hi?"}]).status_code == 200
    uid = send(manager, [{"prompt": "Hi?"}]).json()["uid"]
    outsider, suspended = caller_for(cast.outsider), caller_for(cast.suspended.user)
    for caller, status in ((labeler, 403), (suspended, 403), (outsider, 404), (Caller(), 401)):
        assert send(caller, [{"prompt": "No?"}]).status_code == status
        assert caller.get("projects/clinic/imports/").status_code == status
        assert caller.get(f"imports/{uid}/").status_code == status
        assert caller.get(f"imports/{uid}/errors/").status_code == status
    missing = outsider.get("imports/01a1fbef-7892-72a7-b286-0eb645ee9dd4/")
    assert missing.json() == outsider.get(f"imports/{uid}/").json()
    assert not Prompt.objects.filter(messages__contains="No?").exists()


def test_the_list(manager, project):
    send(manager, [{"prompt": "Hi?"}])
    send(manager, [{"prompt": "Bye?"}])
    page = manager.get("projects/clinic/imports/?limit=1").json()
    assert len(page["results"]) == 1
    assert page["next"]
    assert page["results"][0]["state"] == "done"


def test_an_import_of_nothing(manager, project):
    answer = send(manager, b"\n")
    assert answer.json()["state"] == "done"
    assert counts(answer) == {}
    assert not ImportProblem.objects.exists()


def test_the_form_names_every_ending_that_it_takes():
    form = UploadForm({"tasks": "open"}, {"file": SimpleUploadedFile("a.txt", b"x")})
    (message,) = form.errors["file"]
    accepted = form.fields["file"].widget.attrs["accept"].split(",")
    for ending in (".jsonl", ".ndjson", ".json", ".csv", ".parquet"):
        assert kind_of_file(filename=f"a{ending}")
        assert ending in accepted
        assert ending in message.replace(",", " ").split()
