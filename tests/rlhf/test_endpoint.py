"""Candidates through an OpenAI-compatible endpoint: every answer once, whatever the server or the machine does."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.rlhf.endpoint_runs import ASKED, MODEL, SPEC, everything_in, lines, places, run
from tests.rlhf.endpoint_server import KEY, Server, drip, drop, flood, reply, send
from tests.rlhf.make import failure, manifest, metrics, write
from workers.rlhf.candidates import client
from workers.rlhf.candidates.completion import sample_seed
from workers.rlhf.candidates.journal import Journal

pytestmark = pytest.mark.usefixtures("no_other_loop")


def test_every_prompt_gets_its_completions(server: Server, tmp_path: Path):
    assert (
        run(tmp_path, system_prompt="Be kind.", temperature=0.7, top_p=0.9, max_completion_tokens=50, stop=["\n\n"])
        == 0
    )

    made = lines(tmp_path)
    assert [(one["prompt_uid"], one["sample_index"]) for one in made] == [
        (f"p{n}", i) for n in range(6) for i in range(3)
    ]
    assert len({one["text"] for one in made}) == 18
    for one in made:
        assert one["seed"] == sample_seed(5, one["prompt_uid"], one["sample_index"]) % 2**31
        assert (one["finish_reason"], one["tokens"]) == ("stop", 5)
    first = next(body for body in server.asked if body["messages"][-1]["content"] == "Question 0?")
    assert first["messages"] == [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Question 0?"}]
    assert {**first, "messages": 0, "seed": 0} == {
        "model": "org/tiny", "messages": 0, "temperature": 0.7, "top_p": 0.9, "max_tokens": 50, "seed": 0, "n": 1,
        "stream": False, "stop": ["\n\n"],
    }  # fmt: skip
    assert {one["authorization"] for one in server.headers} == {f"Bearer {KEY}"}


def test_the_manifest_says_what_is_known_and_what_is_not(server: Server, tmp_path: Path):
    assert run(tmp_path) == 0

    told = manifest(tmp_path)
    assert told["inputs"]["model"] == MODEL
    assert told["parameters"] is None
    assert told["renderer"]["template_sha256"] is None
    assert "endpoint renders" in told["renderer"]["why"]
    assert set(told["versions"]) == {"python", "httpx2"}
    report = told["report"]
    assert (report["prompts"], report["completions"], report["mean_tokens"]) == (6, 18, 5)
    assert (report["prompt_tokens"], report["completion_tokens"], report["asked_again"]) == (180, 90, 0)
    assert (report["finish_reasons"], report["models"], report["left_out"]) == ({"stop": 18}, ["org/tiny"], {})
    assert metrics(tmp_path)[-1]["step"] == metrics(tmp_path)[-1]["steps_total"] == 18
    assert not (tmp_path / "output" / "checkpoint").exists()
    assert KEY not in everything_in(tmp_path)


def test_torch_is_never_loaded(server: Server, tmp_path: Path):
    write(tmp_path / "input" / "prompts.jsonl", ASKED)
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))
    code = (
        "import sys; from workers.rlhf.generate import start; "
        f"code = start({places(tmp_path)!r}); assert not {{'torch', 'transformers', 'django'}} & set(sys.modules); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=settings.BASE_DIR, check=False)
    assert done.returncode == 0
    assert len(lines(tmp_path)) == 18


def test_no_more_are_in_flight_than_said(server: Server, tmp_path: Path):
    server.pause = 0.03
    three = threading.Barrier(3, timeout=60)

    def fault(number: int, body: dict[str, Any]) -> Any:
        if number < 3:
            with suppress(threading.BrokenBarrierError):
                three.wait()

    server.fault = fault
    assert run(tmp_path, concurrency=3) == 0
    assert server.most_busy == 3


@pytest.mark.parametrize(
    "fault",
    [
        drop, send(500, "boom"), send(503, {"error": {"message": "loading"}}), send(429, "{}", Retry_After="0.05"),
        send(200, "<html>gateway</html>"), send(200, {"choices": []}), send(200, "[1]"), send(200, {"error": "x"}),
    ],
)  # fmt: skip
def test_passing_faults_are_asked_again(server: Server, tmp_path: Path, fault: Any):
    server.fault = lambda number, body: fault if number % 4 == 1 else None
    assert run(tmp_path, concurrency=2) == 0

    assert len(lines(tmp_path)) == 18
    assert manifest(tmp_path)["report"]["asked_again"] == len(server.asked) - 18 > 0


def test_a_server_that_asks_for_time_is_left_alone(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    when: list[float] = []
    waits: list[float] = []  # after the second answer

    async def sleep(seconds: float) -> None:
        if len(when) > 1:
            waits.append(seconds)
        await honest(seconds)

    honest = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", sleep)

    def fault(number: int, body: dict[str, Any]) -> Any:
        when.append(time.monotonic())
        return send(429, "{}", Retry_After="0.6") if number == 0 else None

    server.fault = fault
    assert run(tmp_path, ASKED[:1], concurrency=1) == 0
    assert when[1] - when[0] >= 0.6
    assert len(when) == 4
    assert max(waits) < 0.5


@pytest.mark.parametrize(
    ("fault", "spec", "text", "questions"),
    [
        (send(500, "boom " * 100), {}, f"lab: asked 5 times, it answered 500: “{('boom ' * 32)[:160]}…”.", 5),
        (send(401, {"error": f"bad key {KEY}"}), {}, "lab: it answered 401: “{\"error\": \"bad key [key]\"}”.", 1),
        (send(404, "no such model"), {}, "lab: it answered 404: “no such model”.", 1),
        (send(302, "", Location="http://127.0.0.1:1/"), {}, "lab: it answered 302: nothing.", 1),
        (send(429, "{}", Retry_After="9000"), {}, "lab: it answered 429: “{}”, and asks to wait 9,000 seconds.", 1),
        (send(200, "<html>hello</html>"), {}, "lab: asked 3 times, it answered with what is no JSON: “<html>hello</html>”.", 3),
        (send(200, "x" * 150 + KEY), {}, "lab: asked 3 times, it answered with what is no JSON: “" + "x" * 150 + "[key]”.", 3),
        (send(200, f"{KEY} says hello"), {}, "lab: asked 3 times, it answered with what is no JSON: “[key] says hello”.", 3),
        (send(200, {"choices": [{"message": {"content": None}, "finish_reason": "stop"}]}), {},
         "lab: asked 3 times, it answered with null instead of a text: "
         "“{\"choices\": [{\"message\": {\"content\": null}, \"finish_reason\": \"stop\"}]}”.", 3),
        (send(200, {"model": "other", "choices": []}), {}, "lab: it answered as “other”, and org/tiny was asked.", 1),
        (drip, {"request_timeout": 1.5, "retries": 1}, "lab: asked 2 times, it gave no whole answer within 1.5 seconds.", 2),
        (drop, {"retries": 0}, "lab: asked once, it could not be reached, or broke off "
         "(RemoteProtocolError: “Server disconnected without sending a response.”).", 1),
    ],
)  # fmt: skip
def test_lasting_faults_end_the_run_in_a_sentence(
    server: Server, tmp_path: Path, fault: Any, spec: dict[str, Any], text: str, questions: int
):
    server.fault = lambda number, body: fault
    assert run(tmp_path, ASKED[:1], samples=1, **spec) == 1

    assert failure(tmp_path) == {"kind": "error", "text": text}
    assert len(server.asked) == questions
    assert not (tmp_path / "output" / "completions.jsonl").exists()
    assert KEY not in everything_in(tmp_path)


def test_an_answer_without_an_end_is_cut(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client, "LARGEST", 200_000)
    server.fault = lambda number, body: flood
    assert run(tmp_path, ASKED[:1], samples=1, retries=0) == 1
    assert failure(tmp_path)["text"].startswith("lab: asked once, it answered more than 200,000 bytes: “xxx")


def test_nobody_listening_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client, "FIRST_WAIT", 0.01)
    monkeypatch.setenv("ENDPOINTS", json.dumps({"lab": {"url": "http://127.0.0.1:9/v1"}}))
    assert run(tmp_path, retries=2) == 1
    assert failure(tmp_path)["text"].startswith(
        "lab: asked 3 times, it could not be reached, or broke off (ConnectError"
    )


@pytest.mark.parametrize(
    ("environment", "model", "text"),
    [
        ("", MODEL, "model: ENDPOINTS names no lab on this worker's machine."),
        ("{", MODEL, "model: ENDPOINTS is not JSON."),
        ("{}", "endpoint:", "model: 'endpoint:' is not endpoint:<name>/<model id>."),
    ],
)
def test_an_endpoint_that_nobody_named_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: str, model: str, text: str
):
    monkeypatch.setenv("ENDPOINTS", environment)
    assert run(tmp_path, model=model) == 64
    assert failure(tmp_path) == {"kind": "spec", "text": text}


def test_no_prompt_is_told(server: Server, tmp_path: Path):
    assert run(tmp_path, []) == 64
    assert failure(tmp_path) == {"kind": "data", "text": "prompts.jsonl: there is no prompt."}


def test_a_budget_needs_a_server_that_counts(server: Server, tmp_path: Path):
    server.fault = lambda number, body: send(200, {**reply(body), "usage": None})
    assert run(tmp_path, budget_tokens=100, concurrency=1) == 1
    assert "does not say how many tokens" in failure(tmp_path)["text"]

    assert run(tmp_path / "other", concurrency=1) == 0
    assert manifest(tmp_path / "other")["report"]["answers_without_a_count"] == 18


def test_prompts_that_do_not_fit_are_left_out_and_counted(server: Server, tmp_path: Path):
    def fault(number: int, body: dict[str, Any]) -> Any:
        too_long = "Question 2" in body["messages"][-1]["content"]
        return send(400, {"error": {"code": "context_length_exceeded", "message": "too long"}}) if too_long else None

    server.fault = fault
    assert run(tmp_path) == 0
    assert manifest(tmp_path)["report"]["left_out"] == {"prompts that do not fit the model": 1}
    assert {one["prompt_uid"] for one in lines(tmp_path)} == {"p0", "p1", "p3", "p4", "p5"}

    server.fault = lambda number, body: send(400, "maximum context length is 8")
    assert run(tmp_path / "none") == 64
    assert failure(tmp_path / "none")["text"] == "prompts.jsonl: none of the 6 prompts fits the model at lab."


def test_ends_are_told_apart_and_a_stop_text_is_cut(server: Server, tmp_path: Path):
    ends = ["length", "content_filter", "stop"]

    def fault(number: int, body: dict[str, Any]) -> Any:
        said = reply(body)
        place = int(body["messages"][-1]["content"][len("Question ")])
        said["choices"][0] |= {"finish_reason": ends[place % 3], "message": {"content": "Half \ud800. ### more"}}
        return send(200, said)

    server.fault = fault
    assert run(tmp_path) == 0
    assert manifest(tmp_path)["report"]["finish_reasons"] == {"content_filter": 6, "length": 6, "stop": 6}
    assert {one["text"] for one in lines(tmp_path)} == {"Half \ufffd. ### more"}

    assert run(tmp_path / "cut", stop=["###"]) == 0
    assert {(one["text"], one["finish_reason"]) for one in lines(tmp_path / "cut")} == {("Half \ufffd. ", "stop")}


def test_a_full_disk_is_told_as_one(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(path: Path, data: bytes) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("workers.rlhf.candidates.journal.fsynced", full)
    assert run(tmp_path) == 1
    assert failure(tmp_path)["kind"] == "disk"


class Counted(dict[Any, Any]):
    """Counts how many of its values were looked through."""

    looked = 0

    def __iter__(self) -> Iterator[Any]:
        for key in super().__iter__():
            self.looked += 1
            yield key

    def values(self) -> Any:
        return [self[key] for key in self]

    def items(self) -> Any:
        return [(key, self[key]) for key in self]


def test_an_answer_that_lands_looks_through_no_earlier_one(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Else a run of 100,000 would read five thousand million lines."""
    kept: list[Counted] = []
    truly = Journal.__init__

    def counting(self: Journal, *given: Any) -> None:
        truly(self, *given)
        self.answers = Counted(self.answers)
        kept.append(self.answers)

    monkeypatch.setattr(Journal, "__init__", counting)
    assert run(tmp_path, concurrency=1, budget_tokens=10_000) == 0
    assert kept[0].looked <= 2 * len(lines(tmp_path)) == 36  # for the file of completions, at the end
