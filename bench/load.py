"""Labelers that only claim and submit, over HTTP, as cheaply as a program can: they share the processors with the server.

Requests are bytes made beforehand on connections that stay open; of an answer only the status and one identifier are read.
"""

import itertools
import json
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

ORDERS = [*list(itertools.permutations((1, 2, 3, 4)))[:12], (1, 1, 2, 3), (1, 2, 2, 3), (2, 1, 1, 1)]
CSRF = "benchmark" * 3 + "token"
FLAGS = ("hallucination", "satisfies_constraint", "harmful_advice", "expresses_opinion")


class Refused(Exception):
    """An answer that is not what was asked for."""


class QueueEmpty(Refused):
    """No task is left: more are needed, or fewer seconds."""


@dataclass
class Answer:
    status: int
    body: bytes
    seconds: float


class Line:
    """One connection that stays open, and is opened anew where the server closed it."""

    def __init__(
        self, address: str, token: str, *, timeout: float = 60.0, session: str = "", sends: str = "application/json"
    ) -> None:
        parts = urlsplit(address)
        self._where = (parts.hostname or "", parts.port or 80)
        self._timeout = timeout
        self._head = f"Host: {parts.netloc}\r\nContent-Type: {sends}\r\n"
        if session:  # as a browser does: pages are for sessions
            self._head += f"Cookie: sessionid={session}; csrftoken={CSRF}\r\nX-CSRFToken: {CSRF}\r\n"
        else:
            self._head += f"Authorization: Token {token}\r\n"
        self._socket: socket.socket | None = None
        self._rest = b""

    def post(self, path: str, body: bytes = b"{}") -> Answer:
        """Raises OSError when the server is gone: whether it heard of this is not known then."""
        return self._ask(f"POST {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def get(self, path: str) -> Answer:
        return self._ask(f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode())

    def _ask(self, request: bytes) -> Answer:
        start = time.perf_counter()
        if self._socket is not None and select.select([self._socket], [], [], 0)[0]:
            self.close()  # the server ended what was idle for long
        if self._socket is None:
            self._socket = socket.create_connection(self._where, self._timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._rest = b""
        try:
            self._socket.sendall(request)
            status, body, stays = self._read()
        except OSError:
            self.close()
            raise
        if not stays:
            self.close()
        return Answer(status, body, time.perf_counter() - start)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _read(self) -> tuple[int, bytes, bool]:
        data = self._rest
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += self._more()
        head = data[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 : head.find(b"\r\n", at) if b"\r\n" in head[at:] else end]) if at >= 0 else 0
        while len(data) < end + 4 + length:
            data += self._more()
        self._rest = data[end + 4 + length :]
        return int(head[9:12]), data[end + 4 : end + 4 + length], b"connection: close" not in head

    def _more(self) -> bytes:
        if self._socket is None or not (more := self._socket.recv(1 << 18)):
            raise ConnectionResetError("the server closed the connection")
        return more


def judgments(letters: str = "ABCD") -> Iterator[bytes]:
    """Bodies as the page sends them: a ranking, ratings and flags of every output, a note now and then."""
    made = []
    for number, tiers in enumerate(ORDERS):
        ratings = {
            letter: {
                "overall": 1 + (number + at) % 7,
                "flags": {flag: "yes" if (number + at + n) % 5 == 0 else "no" for n, flag in enumerate(FLAGS)},
                "note": "Names a source that there is not." if (number + at) % 6 == 0 else "",
            }
            for at, letter in enumerate(letters)
        }
        said = {"tiers": dict(zip(letters, tiers, strict=True)), "ratings": ratings, "prompt_flags": {}, "note": ""}
        made.append(json.dumps(said).encode())
    return itertools.cycle(made)


def uid_in(body: bytes, key: bytes = b'"uid":"') -> str:
    at = body.index(key) + len(key)
    return body[at : at + 36].decode()


@dataclass
class Labeler:
    """Claims and submits without thinking."""

    line: Line
    slug: str
    claims: list[float] = field(default_factory=list)
    submits: list[float] = field(default_factory=list)
    held: str | None = None
    bodies: Iterator[bytes] = field(default_factory=judgments)

    def one(self) -> None:
        """A claim and a submit."""
        claim = self._posted(f"/api/v1/projects/{self.slug}/assignments/", b'{"kind":"rank"}', 200)
        self.claims.append(claim.seconds)
        submit = self._posted(f"/api/v1/assignments/{uid_in(claim.body)}/submit/", next(self.bodies), 201)
        self.submits.append(submit.seconds)

    def one_with_next(self) -> None:
        """A submit that brings the next task; the first task is claimed."""
        if self.held is None:
            self.held = uid_in(self._posted(f"/api/v1/projects/{self.slug}/assignments/", b'{"kind":"rank"}', 200).body)
        done = self._posted(f"/api/v1/assignments/{self.held}/submit/?next=1", next(self.bodies), 201)
        self.submits.append(done.seconds)
        if b'"next":null' in done.body:
            self.held = None
            raise QueueEmpty("the queue is empty: more tasks are needed, or fewer seconds")
        self.held = uid_in(done.body)

    def forget(self) -> None:
        self.claims.clear()
        self.submits.clear()

    def _posted(self, path: str, body: bytes, expected: int) -> Answer:
        answer = self.line.post(path, body)
        if answer.status == 204:
            raise QueueEmpty("the queue is empty: more tasks are needed, or fewer seconds")
        if answer.status != expected:
            raise Refused(f"{path}: {answer.status} {answer.body[:300]!r}")
        return answer
