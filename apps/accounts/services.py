"""Writes about people: accounts and API tokens.

No audit entries here (audit comes later in the app order): a token's row is its own record.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.utils import timezone

from apps.core.domain.canonical import sha256_hex
from apps.core.domain.errors import RuleBroken

from .models import ApiToken, IdempotencyKey, User


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token. `key` exists only here: it is shown once and never stored."""

    key: str
    token: ApiToken
    expires_at: datetime


@transaction.atomic
def user_create(*, email: str, password: str | None, name: str = "", is_staff: bool = False) -> User:
    """A new account. Raises RuleBroken where the address or the password will not do."""
    try:
        validate_email(email)
    except ValidationError as error:
        raise RuleBroken(f"email: {error.messages[0]}", field="email", code="invalid_email") from error
    user = User(email=email.lower(), name=name, is_staff=is_staff)
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise RuleBroken(f"password: {error.messages[0]}", field="password", code="weak_password") from error
    user.set_password(password)
    user.save()
    return user


@transaction.atomic
def token_issue(*, actor: User, label: str = "") -> IssuedToken:
    """A new API token for `actor`, valid for `API_TOKEN_LIFETIME`."""
    key = secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=actor,
        label=label[:80],
        key_sha256=sha256_hex(key),
        hint=key[:6],
        expires_at=timezone.now() + settings.API_TOKEN_LIFETIME,
    )
    return IssuedToken(key=key, token=token, expires_at=token.expires_at)


@transaction.atomic
def tokens_revoke_all(*, actor: User) -> int:
    """Revoke every token of `actor`: whoever knew the old password may have made one. Returns how many."""
    return ApiToken.objects.filter(user=actor, revoked_at=None).update(revoked_at=timezone.now())


@transaction.atomic
def token_revoke(*, actor: User, token: ApiToken) -> None:
    """Revoke one's own token. Twice is the same as once."""
    ApiToken.objects.filter(pk=token.pk, user=actor, revoked_at=None).update(revoked_at=timezone.now())


IDEMPOTENCY_KEPT = timedelta(hours=24)


def idempotency_begin(*, user: User, key: str, fingerprint: str) -> IdempotencyKey:
    """The key's row: a new one, or that of whoever came first, for whom this waits. Call it in the deed's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_idempotencykey (user_id, key, fingerprint) VALUES (%s, %s, %s)"
            " ON CONFLICT (user_id, key) DO NOTHING",
            [user.pk, key, fingerprint],
        )
    return IdempotencyKey.objects.get(user=user, key=key)


def idempotency_finish(*, row: IdempotencyKey, status: int, answer: bytes) -> None:
    """Keep what the call was answered."""
    row.status, row.answer = status, json.loads(answer)
    row.save(update_fields=["status", "answer"])


def idempotency_forget() -> int:
    """Drop the keys of yesterday. Returns how many."""
    old = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - IDEMPOTENCY_KEPT)
    return old.delete()[0]
