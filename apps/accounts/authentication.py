"""`Authorization: Token KEY`."""

from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from .models import User
from .selectors import user_by_token


class TokenAuthentication(authentication.BaseAuthentication):
    keyword = "Token"

    def authenticate(self, request: HttpRequest) -> tuple[User, str] | None:
        words = request.headers.get("Authorization", "").split()
        if not words or words[0].lower() != self.keyword.lower():
            return None
        if len(words) != 2:
            raise exceptions.AuthenticationFailed("The header reads: Authorization: Token KEY.")
        user = user_by_token(words[1])
        if user is None:
            raise exceptions.AuthenticationFailed("This token is unknown, revoked or expired.")
        return user, words[1]

    def authenticate_header(self, request: HttpRequest) -> str:
        return self.keyword


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names this way to sign in."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Authorization: Token KEY"}


def caller(request: Request) -> User:
    """The signed-in user of a view that lets nobody else in."""
    if not isinstance(request.user, User):
        raise exceptions.NotAuthenticated
    return request.user
