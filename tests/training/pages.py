"""How tests look at a page of training."""

import re
from typing import Any

from django.test import Client

BASE = "/p/clinic/training/"
HTMX = {"HX-Request": "true"}


def text_of(page: str) -> str:
    """What a reader sees of a page, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def show(client: Client, path: str = "", status: int = 200, **extra: Any) -> str:
    answer = client.get(BASE + path, **extra)
    assert answer.status_code == status
    return str(answer.content.decode())
