"""Retries, keys and errors, against answers made up for the purpose."""

import json
from hashlib import sha256

import httpx2 as httpx
import pytest
from labelstudio_rlhf_client import ApiError, Broken, Client, Snapshot, TooMany, Unreachable
from labelstudio_rlhf_client.imports import import_file
from labelstudio_rlhf_client.transport import Transport


def transport(*answers, **options):
    """A transport whose server gives these answers in turn, and what it was asked and how long it slept."""
    asked, slept = [], []
    left = list(answers)

    def answer(request):
        request.read()
        asked.append(request)
        made = left.pop(0)
        if isinstance(made, Exception):
            raise made
        return made

    http = httpx.Client(transport=httpx.MockTransport(answer))
    return Transport("http://server/", "key", http=http, sleep=slept.append, **options), asked, slept


def test_a_call_that_nobody_answers_is_repeated_under_one_key():
    calls, asked, slept = transport(
        httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.Response(201, json={"uid": "u"})
    )
    assert calls.post("projects/", {"slug": "s"}) == {"uid": "u"}
    assert len({request.headers["Idempotency-Key"] for request in asked}) == 1
    assert {request.headers["Authorization"] for request in asked} == {"Token key"}
    assert [json.loads(request.content) for request in asked] == [{"slug": "s"}] * 3
    assert slept[0] < slept[1]


def test_two_calls_have_two_keys():
    calls, asked, _ = transport(httpx.Response(201, json={}), httpx.Response(201, json={}))
    calls.post("projects/")
    calls.post("projects/")
    assert len({request.headers["Idempotency-Key"] for request in asked}) == 2


def test_the_server_says_how_long_to_wait():
    calls, _, slept = transport(httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(200, json=[1]))
    assert calls.get("x/") == [1]
    assert slept == [7.0]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_server_that_starts_is_waited_for(status):
    calls, asked, _ = transport(httpx.Response(status), httpx.Response(200, json=1))
    assert calls.get("x/") == 1
    assert len(asked) == 2


def test_in_the_end_it_gives_up_and_says_so():
    calls, asked, slept = transport(
        *[httpx.Response(429, json={"error": {"code": "too_many_requests", "message": "Wait."}})] * 3, again=2
    )
    with pytest.raises(TooMany, match=r"Wait\. \(too_many_requests\)"):
        calls.get("x/")
    assert (len(asked), len(slept)) == (3, 2)
    calls, asked, slept = transport(*[httpx.ConnectError("refused")] * 2, again=1)
    with pytest.raises(Unreachable, match="refused"):
        calls.get("x/")
    assert (len(asked), len(slept)) == (2, 1)


def test_what_is_refused_is_not_asked_again():
    calls, asked, _ = transport(
        httpx.Response(422, json={"error": {"code": "rule_broken", "message": "No.", "details": {"field": "slug"}}})
    )
    with pytest.raises(ApiError) as caught:
        calls.post("projects/")
    assert (caught.value.code, caught.value.field, len(asked)) == ("rule_broken", "slug", 1)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": 3}', b'{"error": {"details": []}}'])
def test_an_answer_that_is_not_of_the_api_is_an_error_all_the_same(body):
    calls, _, _ = transport(httpx.Response(500, content=body))
    with pytest.raises(ApiError) as caught:
        calls.get("x/")
    assert (caught.value.status, caught.value.code, caught.value.field) == (500, "http_500", None)


def test_the_token_goes_to_no_other_server():
    calls, asked, _ = transport(
        httpx.Response(200, json={"results": [1], "next": "http://elsewhere/api/v1/x/?cursor=2"})
    )
    rows = calls.pages("x/")
    assert next(rows) == 1
    with pytest.raises(Broken, match="is not on"):
        next(rows)
    assert len(asked) == 1


def test_a_next_page_that_the_server_calls_plain_is_asked_for_as_the_first_was():
    """Behind a proxy that ends TLS a server may think that it is spoken to in http: the token stays in https."""
    calls, asked, _ = transport(
        httpx.Response(200, json={"results": [1], "next": "http://server/api/v1/x/?cursor=2"}),
        httpx.Response(200, json={"results": [2], "next": None}),
    )
    calls.url = "https://server"
    assert list(calls.pages("x/")) == [1, 2]
    assert str(asked[1].url) == "https://server/api/v1/x/?cursor=2"


def test_a_call_that_is_still_worked_on_is_waited_for():
    """The first try was only given up at this end."""
    busy = httpx.Response(409, json={"error": {"code": "idempotency_key_in_use", "message": "Ask again soon."}})
    calls, asked, slept = transport(httpx.ReadTimeout("slow"), busy, httpx.Response(201, json={"uid": "u"}))
    assert calls.post("projects/", {"slug": "s"}) == {"uid": "u"}
    assert (len({request.headers["Idempotency-Key"] for request in asked}), len(slept)) == (1, 2)


def test_an_answer_that_is_no_json_is_broken():
    calls, _, _ = transport(httpx.Response(200, content=b"<html>Welcome to the hotel"))
    with pytest.raises(Broken, match=r"http://server/api/v1/x/ answered something that is not JSON"):
        calls.get("x/")


def test_a_token_is_asked_for_once(monkeypatch):
    calls, asked, _ = transport(httpx.Response(503))
    with pytest.raises(ApiError):
        Client.sign_in("http://server", "a@example.org", "secret", http=calls._http)
    assert len(asked) == 1


FILES = [{"name": "rankings.jsonl", "size": 4, "sha256": sha256(b"rows").hexdigest()}]


def whole_file() -> httpx.Response:
    return httpx.Response(200, stream=httpx.ByteStream(b"rows"), headers={"ETag": f'"{FILES[0]["sha256"]}"'})


@pytest.mark.parametrize(
    ("part", "answers", "slept"),
    [
        (b"rows", [], 0),  # whole, but never renamed
        (b"more rows than there are", [httpx.Response(416), whole_file()], 0),
        (b"", [httpx.Response(503), httpx.Response(429), whole_file()], 2),
    ],
)
def test_a_download_ends_well_whatever_lies_there(tmp_path, part, answers, slept):
    calls, asked, naps = transport(httpx.Response(200, json=FILES), *answers)
    (tmp_path / "rankings.jsonl.part").write_bytes(part)
    (path,) = Snapshot(calls, {"uid": "u", "kind": "rankings"}).download(tmp_path, "rankings.jsonl")
    assert (path, path.read_bytes(), len(naps)) == (tmp_path / "rankings.jsonl", b"rows", slept)
    assert [entry.name for entry in tmp_path.iterdir()] == ["rankings.jsonl"]
    assert all(request.headers["Accept-Encoding"] == "identity" for request in asked[1:])


def test_a_file_that_a_worker_makes_is_waited_for_however_long_it_takes(tmp_path):
    making = httpx.Response(409, json={"error": {"code": "file_being_made", "message": "Ask again."}})
    calls, _, naps = transport(httpx.Response(200, json=FILES), *[making] * 20, whole_file())
    (path,) = Snapshot(calls, {"uid": "u", "kind": "rankings"}).download(tmp_path, "rankings.jsonl")
    assert (path.read_bytes(), naps) == (b"rows", [5.0] * 20)


def test_what_is_left_open_is_not_sent():
    calls, asked, _ = transport(httpx.Response(200, json={"results": [], "next": None}))
    list(calls.pages("x/", free=True, kind=None))
    assert dict(asked[0].url.params) == {"limit": "200", "free": "true"}


def test_a_server_that_reads_no_chunks_is_told_the_length(tmp_path):
    done = {"uid": "u", "state": "done", "errors": [], "error": ""} | dict.fromkeys(
        [
            "lines",
            "prompts",
            "completions",
            "rankings",
            "demonstrations",
            "tasks_created",
            "duplicates",
            "errors_total",
        ],
        0,
    )
    calls, asked, _ = transport(
        httpx.Response(422, json={"error": {"code": "length_required", "message": "Say it."}}),
        httpx.Response(200, json=done),
    )
    client = Client("http://server", "key")
    client.calls.close()
    client.calls = calls
    path = tmp_path / "rows.jsonl"
    path.write_text('{"prompt": "x"}\n' * 1000)
    assert client.import_file("p", path, dedupe_prefix=200, use_case_quotas={"chat": 5}).state == "done"
    assert asked[0].headers["Transfer-Encoding"] == "chunked"
    assert int(asked[1].headers["Content-Length"]) == len(asked[1].content) < 1000
    assert dict(asked[1].url.params) == {
        "filename": "rows.jsonl",
        "dedupe_prefix": "200",
        "use_case_quotas": '{"chat": 5}',
    }


def imported(state: str, lines: int) -> httpx.Response:
    names = ("prompts", "completions", "rankings", "demonstrations", "tasks_created", "duplicates", "errors_total")
    said = {"uid": "u", "state": state, "lines": lines, "errors": [], "error": "", **dict.fromkeys(names, 0)}
    return httpx.Response(200, json=said)


def test_a_file_that_broke_off_on_its_way_is_sent_again_under_its_key():
    answers = [imported("partial", 4), httpx.RemoteProtocolError("cut"), imported("partial", 9), imported("done", 20)]
    calls, asked, _ = transport(*answers)
    done = import_file(calls, "p", [{"prompt": "a"}], progress=False, wait=True, every=1.0, options={})
    assert (done.state, done.lines) == ("done", 20)
    assert len({(request.headers["Idempotency-Key"], request.content) for request in asked}) == 1
    assert len(asked) == 4


def test_a_file_that_itself_ends_too_early_is_not_sent_for_ever():
    calls, asked, _ = transport(imported("partial", 4), imported("partial", 4))
    ended = import_file(calls, "p", [{"prompt": "a"}], progress=False, wait=True, every=1.0, options={})
    assert (ended.state, len(asked)) == ("partial", 2)
