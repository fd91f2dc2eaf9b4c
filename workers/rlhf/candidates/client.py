"""Asking an OpenAI-compatible server: one question at a time, again where it may help, and never for ever."""

import asyncio
import json
import logging
import math
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from apps.datasets.domain.records import Message
from apps.training.domain.endpoints import Endpoint
from apps.training.domain.specs import GenerateSpec
from workers.rlhf.candidates.answer import Answer, Nonsense, WrongModel, is_too_long, read_answer, shown
from workers.rlhf.frame.light import Elsewhere

AGAIN = frozenset({408, 409, 425, 429}) | frozenset(range(500, 600))
NONSENSE_AT_MOST = 3  # answers that are none, to one question
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0  # seconds: the first doubles with every attempt
PATIENCE = 600.0  # seconds: as long as a server may tell us to wait
LARGEST = 8_000_000  # bytes of an answer
# Every question of the run would be logged otherwise.
logging.getLogger("httpx2").setLevel(logging.WARNING)


class TooLong(Exception):
    """The prompt does not fit the model."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an attempt came to nothing, in words that go on "it"; `wait` is what the server asks for."""

    words: str
    wait: float | None = None
    is_nonsense: bool = False


class Client:
    """`http` is a client made by `http_client`; questions share its connections, and a server's wish to wait."""

    def __init__(self, http: httpx2.AsyncClient, endpoint: Endpoint, model: str, spec: GenerateSpec) -> None:
        self.http, self.endpoint, self.model, self.spec = http, endpoint, model, spec
        self.quiet_until = 0.0

    async def ask(self, messages: list[Message], seed: int) -> tuple[Answer, int]:
        """The answer, and how many attempts it took. Raises Elsewhere, TooLong."""
        body = self._body(messages, seed)
        nonsense, attempt = 0, 0
        while True:
            attempt += 1
            await asyncio.sleep(max(0.0, self.quiet_until - time.monotonic()))
            found = await self._attempt(body)
            if isinstance(found, Answer):
                return found, attempt
            nonsense += found.is_nonsense
            if attempt > self.spec.retries or nonsense >= NONSENSE_AT_MOST:
                times = "once" if attempt == 1 else f"{attempt} times"
                raise Elsewhere(f"{self.endpoint.name}: asked {times}, it {found.words}.")
            await self._wait(attempt, found)

    def _body(self, messages: list[Message], seed: int) -> bytes:
        spec = self.spec
        asked: dict[str, Any] = {
            "model": self.model, "messages": messages, "temperature": spec.temperature, "top_p": spec.top_p,
            "max_tokens": spec.max_completion_tokens, "seed": seed, "n": 1, "stream": False,
        }  # fmt: skip
        return json.dumps(asked | ({"stop": list(spec.stop)} if spec.stop else {})).encode()

    async def _attempt(self, body: bytes) -> Answer | Trouble:
        try:
            async with asyncio.timeout(self.spec.request_timeout):
                status, wait, data = await self._post(body)
        except TimeoutError:
            return Trouble(f"gave no whole answer within {self.spec.request_timeout:g} seconds")
        except httpx2.TransportError as error:
            return Trouble(f"could not be reached, or broke off ({type(error).__name__}: {shown(str(error).encode())})")
        except httpx2.HTTPError as error:
            return Trouble(f"answered what cannot be read ({type(error).__name__})", is_nonsense=True)
        if status == 200:
            return self._read(data)
        said = f"answered {status}: {shown(data, self.endpoint.key)}"
        if status in AGAIN:
            return Trouble(said, wait)
        if status in (400, 413, 422) and is_too_long(data):
            raise TooLong
        raise Elsewhere(f"{self.endpoint.name}: it {said}.")

    async def _post(self, body: bytes) -> tuple[int, float | None, bytes]:
        """Status, the seconds it asks to wait, and the body, as much as is read of it."""
        data = bytearray()
        async with self.http.stream("POST", f"{self.endpoint.url}/chat/completions", content=body) as answer:
            async for part in answer.aiter_bytes():
                data += part
                if len(data) > LARGEST:
                    break  # it may never end
            return answer.status_code, _seconds(answer.headers.get("retry-after", "")), bytes(data)

    def _read(self, data: bytes) -> Answer | Trouble:
        if len(data) > LARGEST:
            return Trouble(f"answered more than {LARGEST:,} bytes: {shown(data, self.endpoint.key)}", is_nonsense=True)
        try:
            return read_answer(data, self.model, self.endpoint.key)
        except WrongModel as error:
            raise Elsewhere(f"{self.endpoint.name}: it {error}.") from error
        except Nonsense as error:
            return Trouble(str(error), is_nonsense=True)

    async def _wait(self, attempt: int, trouble: Trouble) -> None:
        """What the server asked for, for all; else longer and longer, and never all at once."""
        if trouble.wait is not None:
            if trouble.wait > PATIENCE:
                raise Elsewhere(
                    f"{self.endpoint.name}: it {trouble.words}, and asks to wait {trouble.wait:,.0f} seconds."
                )
            self.quiet_until = max(self.quiet_until, time.monotonic() + trouble.wait)
        most = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1))
        await asyncio.sleep(most * random.uniform(0.5, 1.0))  # noqa: S311


def http_client(endpoint: Endpoint, concurrency: int) -> httpx2.AsyncClient:
    """It follows no redirect and heeds no proxy of the environment: the key goes where ENDPOINTS says, nowhere else."""
    headers = {"content-type": "application/json", "accept": "application/json", "user-agent": "labelstudio-rlhf"}
    if endpoint.key:
        headers["authorization"] = f"Bearer {endpoint.key}"
    limits = httpx2.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    return httpx2.AsyncClient(headers=headers, timeout=None, limits=limits, trust_env=False)


def _seconds(said: str) -> float | None:
    """Retry-After: seconds, or a date."""
    try:
        found = float(said)
    except ValueError:
        try:
            found = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return max(0.0, found) if math.isfinite(found) else None
