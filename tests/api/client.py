"""A caller of the API with a token of its own, as a program would be."""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services import token_issue


@dataclass
class Caller:
    token: str | None = None
    client: Client = field(default_factory=Client)

    def call(self, method: str, path: str, body: Any = None, **extra: Any) -> HttpResponse:
        headers = {"Authorization": f"Token {self.token}"} if self.token else {}
        if body is not None:
            extra |= {"data": body, "content_type": "application/json"}
        return getattr(self.client, method)(f"/api/v1/{path}", headers=headers, **extra)

    def get(self, path: str, **extra: Any) -> HttpResponse:
        return self.call("get", path, **extra)

    def post(self, path: str, body: Any = None, **extra: Any) -> HttpResponse:
        return self.call("post", path, {} if body is None else body, **extra)

    def patch(self, path: str, body: Any = None, **extra: Any) -> HttpResponse:
        return self.call("patch", path, {} if body is None else body, **extra)


def caller_for(user: User) -> Caller:
    return Caller(token_issue(actor=user).key)
