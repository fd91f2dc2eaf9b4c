"""One request, as often as it takes: the token, retries that repeat nothing, errors as exceptions."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any
from uuid import uuid4

import httpx2 as httpx

from .errors import Broken, Unreachable, error_of

# Not now, but perhaps in a moment.
_LATER = frozenset({429, 502, 503, 504})
# The same call came before, and is still worked on: it was only this end that gave up.
_IN_USE = "idempotency_key_in_use"
_WAIT_MOST = 120.0
Content = Callable[[], Iterator[bytes]]


class Transport:
    """Calls of one server's API. `again` is how often a call is repeated that nobody answered."""

    def __init__(
        self, url: str, token: str | None, *, again: int = 5, timeout: float = 60.0,
        http: httpx.Client | None = None, sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self.url = url.rstrip("/")
        self._again = again
        self._sleep = sleep
        self._http = http or httpx.Client(timeout=timeout, follow_redirects=False)
        self._headers = {"Authorization": f"Token {token}"} if token else {}

    def get(self, path: str, **params: Any) -> Any:
        return self.call("GET", path, params=params)

    def post(self, path: str, body: Any = None, **params: Any) -> Any:
        """A call that may create: it carries a key, so that one repeated creates once."""
        return self.call("POST", path, json={} if body is None else body, params=params)

    def call(self, method: str, path: str, **given: Any) -> Any:
        """The JSON answer; None where there is none."""
        answer = self.send(method, path, **given)
        try:
            return answer.json() if answer.content else None
        except ValueError as error:
            raise Broken(f"{answer.url} answered something that is not JSON.") from error

    def send(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None,
        headers: Mapping[str, str] | None = None, content: Content | None = None, timeout: float | None = None,
    ) -> httpx.Response:  # fmt: skip
        """The answer; raises ApiError where it says no. `content` makes the body anew for each try."""
        said = {**self._headers, **(headers or {})}
        if method == "POST":
            said.setdefault("Idempotency-Key", str(uuid4()))
        given: dict[str, Any] = {"headers": said}
        if named := _named(params):  # none at all, even an empty one, would take away what an address says itself
            given["params"] = named
        if timeout is not None:
            given["timeout"] = httpx.Timeout(60.0, read=timeout)
        for attempt in range(self._again + 1):
            body: dict[str, Any] = {"content": content()} if content else {"json": json} if json is not None else {}
            try:
                answer = self._http.request(method, self._address(path), **given, **body)
            except httpx.TransportError as error:
                self._wait(attempt, None, error)
                continue
            if not _later(answer) or attempt == self._again:
                return _accepted(answer)
            self._wait(attempt, answer.headers.get("Retry-After"), None)
        raise AssertionError("the last attempt returns or raises")

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """A GET whose body is read by the caller, byte for byte. One try: who reads knows how far it got."""
        said = {"Accept-Encoding": "identity", **self._headers, **headers}
        try:
            with self._http.stream("GET", self._address(path), headers=said) as answer:
                if answer.is_error:
                    answer.read()
                if _later(answer):
                    raise Unreachable(f"{self.url} answered {answer.status_code}.")
                yield _accepted(answer)
        except httpx.TransportError as error:
            raise Unreachable(f"{self.url}: {error}") from error

    def pages(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list, fetched a page at a time as they are asked for."""
        page = self.get(path, **{"limit": 200, **params})
        while True:
            yield from page["results"]
            if not page["next"]:
                return
            page = self.call("GET", page["next"])

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> "Transport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def pause(self, seconds: float) -> None:
        self._sleep(seconds)

    def _address(self, path: str) -> str:
        """A path of the API, or an address the server gave; the token goes to no other server."""
        if path.startswith(("http://", "https://")):
            at, own = httpx.URL(path), httpx.URL(self.url)
            if (at.host, at.port) != (own.host, own.port):
                raise Broken(f"{path} is not on {self.url}.")
            # Behind a proxy the server may not know that it is spoken to in https.
            return str(at.copy_with(scheme=own.scheme))
        return f"{self.url}/api/v1/{path}"

    def _wait(self, attempt: int, asked: str | None, error: Exception | None) -> None:
        if attempt == self._again and error is not None:
            raise Unreachable(f"{self.url}: {error or type(error).__name__}") from error
        seconds = 0.5 * 2**attempt * (1 + random.random() / 4)  # noqa: S311 - spreads callers, keeps no secret
        if asked and asked.isdigit():
            seconds = float(asked)
        self._sleep(min(seconds, _WAIT_MOST))


def _later(answer: httpx.Response) -> bool:
    return answer.status_code in _LATER or (answer.status_code == 409 and _IN_USE in answer.text)


def _named(params: Mapping[str, Any] | None) -> dict[str, str | list[str]]:
    """Without those left open; several values of a name are said one after another."""
    return {
        name: [_spelled(one) for one in value] if isinstance(value, (list, tuple)) else _spelled(value)
        for name, value in (params or {}).items()
        if value is not None
    }


def _spelled(value: Any) -> str:
    """True and false as the API spells them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _accepted(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    try:
        body = answer.json()
    except ValueError:
        body = None
    raise error_of(answer.status_code, body)
