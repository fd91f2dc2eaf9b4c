"""The OpenAI-compatible servers that an operator has named in `ENDPOINTS`: the only addresses a model may be asked at.

`{"vllm": {"url": "http://127.0.0.1:8001/v1", "key": "..."}}`; the key is left out where the server wants none. The web
half keeps the names alone (`endpoint_names`), so that no page, log or answer of it can hold a key.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

SCHEME = "endpoint"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
# Characters that model names of such servers have: org/name, name:tag, a folder's path.
_MODEL = re.compile(r"[\w./:@+-]{1,300}", re.ASCII)


class BadEndpoints(ValueError):
    """`ENDPOINTS` cannot be understood. Says where, and never what stands there: it may be a key."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    name: str
    url: str
    key: str = field(default="", repr=False)


def endpoints_in(text: str) -> dict[str, Endpoint]:
    """The servers by their names; none of an empty text. Raises BadEndpoints."""
    try:
        given = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise BadEndpoints("ENDPOINTS is not JSON.") from error
    if not isinstance(given, dict):
        raise BadEndpoints('ENDPOINTS: an object such as {"vllm": {"url": "http://127.0.0.1:8001/v1"}} is expected.')
    return {name: _endpoint(name, said) for name, said in given.items()}


def endpoint_names(text: str) -> frozenset[str]:
    return frozenset(endpoints_in(text))


def split_endpoint(uri: str) -> tuple[str, str] | None:
    """Name and model id of `endpoint:<name>/<model id>`; None of anything else."""
    scheme, _, rest = uri.partition(":")
    name, _, model = rest.partition("/")
    if scheme != SCHEME or not _NAME.fullmatch(name) or not is_model_id(model):
        return None
    return name, model


def endpoint_uri(name: str, model: str) -> str:
    return f"{SCHEME}:{name}/{model}"


def is_model_id(text: str) -> bool:
    return _MODEL.fullmatch(text) is not None


def _endpoint(name: str, said: Any) -> Endpoint:
    if not _NAME.fullmatch(name):
        raise BadEndpoints("ENDPOINTS: a name has 1 to 60 of a-z, 0-9, - and _, and begins with a letter or digit.")
    if not isinstance(said, Mapping) or not set(said) <= {"url", "key"}:
        raise BadEndpoints(f'ENDPOINTS: {name}: {{"url", "key"?}} is expected.')
    url, key = said.get("url"), said.get("key", "")
    if not isinstance(url, str) or not _is_address(url):
        raise BadEndpoints(
            f"ENDPOINTS: {name}: url: an http or https address without user, query and fragment is expected."
        )
    if not isinstance(key, str) or not key.isprintable() or not key.isascii():
        raise BadEndpoints(f"ENDPOINTS: {name}: key: a text of printable ASCII characters is expected.")
    return Endpoint(name, url.rstrip("/"), key)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = parts.username is None and not parts.query and not parts.fragment and url.isprintable() and " " not in url
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain and port != 0
