"""`Authorization: Token KEY`."""

from django.http import HttpRequest
from rest_framework import authentication, exceptions

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
