"""Reads about people."""

from django.db.models import QuerySet
from django.utils import timezone

from apps.core.domain.canonical import sha256_hex
from apps.core.domain.errors import NotFound

from .models import ApiToken, User


def user_by_email(email: str) -> User | None:
    return User.objects.filter(email__iexact=email).first()


def user_by_token(key: str) -> User | None:
    """The active user whose living token `key` is, or None. One query, by the key's hash."""
    token = ApiToken.objects.select_related("user").filter(key_sha256=sha256_hex(key)).first()
    if token is None or not token.is_alive(timezone.now()) or not token.user.is_active:
        return None
    return token.user


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """The living tokens of `user`, newest first."""
    return ApiToken.objects.filter(user=user, revoked_at=None, expires_at__gt=timezone.now())


def token_of(user: User, uid: str) -> ApiToken:
    token = ApiToken.objects.filter(user=user, uid=uid).first()
    if token is None:
        raise NotFound("There is no such token.")
    return token
