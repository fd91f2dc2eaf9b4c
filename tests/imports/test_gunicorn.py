"""Uploads through the server that is used in production: what Django's test client cannot show."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from apps.imports.models import Import
from apps.prompts.models import Prompt
from tests.api.client import Caller

# The server is another process, so rows must be committed.
pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "/api/v1/projects/clinic/imports/"


@pytest.fixture
def port(transactional_db: None, artifact_root: Path, tmp_path: Path) -> Iterator[int]:
    """A gunicorn of its own, on the test's database."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
        env = {
            **os.environ, "DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "tests.settings",
            "ARTIFACT_ROOT": str(artifact_root),
        }  # fmt: skip
        log = tmp_path / "gunicorn.log"
        with log.open("wb") as written:
            server = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "labelstudio_rlhf.wsgi:application"),
                    f"--bind=fd://{listening.fileno()}",
                    *("--worker-class=gthread", "--threads=2", "--graceful-timeout=1", "--no-control-socket"),
                ],
                env=env, pass_fds=[listening.fileno()], stdout=written, stderr=written,
            )  # fmt: skip
        try:
            yield listening.getsockname()[1]
        finally:
            server.terminate()
            try:
                server.wait(timeout=60)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
            sys.stderr.write(log.read_text())


def send(
    port: int, caller: Caller, pieces: Iterator[bytes], media_type: str = "application/x-ndjson"
) -> tuple[int, dict]:
    """A chunked request whose frames are `pieces`."""
    with socket.create_connection(("127.0.0.1", port), timeout=300) as sending:
        head = (
            f"POST {ADDRESS} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {caller.token}\r\n"
            f"Content-Type: {media_type}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        )
        sending.sendall(head.encode())
        for piece in pieces:
            sending.sendall(piece)
        sending.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(sending)
        answer.begin()
        return answer.status, json.loads(answer.read())


def framed(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        piece = data[start : start + size]
        yield b"%x\r\n%s\r\n" % (len(piece), piece)


def lines(count: int, length: int = 100) -> bytes:
    return b"".join(b'{"prompt": "%d %s?"}\n' % (number, b"x" * length) for number in range(count))


@pytest.mark.parametrize("size", [1000, 1_000_000])
def test_a_chunked_upload_comes_in_whole(manager, port, size):
    data = lines(2500, 1000)
    status, answer = send(port, manager, iter([*framed(data, size), b"0\r\n\r\n"]))
    assert (status, answer["state"], answer["prompts"]) == (200, "done", 2500)
    assert Prompt.objects.count() == 2500
    assert Import.objects.get().size == len(data)


def test_a_chunked_upload_that_is_slow_comes_in_whole(manager, port):
    def slowly() -> Iterator[bytes]:
        for piece in framed(lines(20), 300):
            yield piece
            time.sleep(0.05)
        yield b"0\r\n\r\n"

    assert send(port, manager, slowly())[1]["prompts"] == 20


@pytest.mark.parametrize("end", [b"", b"ff\r\nhalf a chunk", b"nonsense\r\n", b"5\r\ntoo long"])
def test_a_chunked_upload_that_breaks_off_is_partial(manager, port, end):
    status, answer = send(port, manager, iter([*framed(lines(20), 300), end]))
    assert (status, answer["state"], answer["error"]) == (200, "partial", "The upload was cut off.")


def test_a_chunked_form_is_told_what_to_send(manager, port):
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{}\r\n--x--\r\n'
    status, answer = send(port, manager, iter([*framed(form, 30), b"0\r\n\r\n"]), "multipart/form-data; boundary=x")
    assert (status, answer["error"]["code"]) == (422, "length_required")
