from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import ApiToken
from tests.api.client import Caller, caller_for
from tests.cast import PASSWORD, Cast


def sign_in(email: str, password: str = PASSWORD):
    return Caller().post("auth/token/", {"email": email, "password": password})


def test_a_password_buys_a_token_that_works(cast: Cast):
    answer = sign_in("labeler@example.org")

    assert answer.status_code == 201
    assert set(answer.json()) == {"token", "expires_at"}
    assert Caller(answer.json()["token"]).get("projects/").status_code == 200


def test_email_in_any_case(cast: Cast):
    assert sign_in("Labeler@Example.ORG").status_code == 201


def test_each_sign_in_gives_a_new_token_and_the_old_one_lives_on(cast: Cast):
    first, second = (sign_in("labeler@example.org").json()["token"] for _ in range(2))

    assert first != second
    assert Caller(first).get("projects/").status_code == 200


def test_only_the_hash_is_stored(cast: Cast):
    key = sign_in("labeler@example.org").json()["token"]

    stored = ApiToken.objects.get()
    assert key not in (stored.key_sha256, stored.hint)
    assert len(stored.key_sha256) == 64


def test_a_token_lives_90_days(cast: Cast):
    answer = sign_in("labeler@example.org").json()

    token = ApiToken.objects.get()
    assert token.expires_at - token.created_at == pytest.approx(timedelta(days=90), abs=timedelta(minutes=1))
    token.expires_at = timezone.now()
    token.save()
    refused = Caller(answer["token"]).get("projects/")
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "unauthenticated"


def test_a_revoked_token_and_a_disabled_account_are_refused(cast: Cast):
    caller = caller_for(cast.labeler.user)
    cast.labeler.user.is_active = False
    cast.labeler.user.save()
    assert caller.get("projects/").status_code == 401

    other = caller_for(cast.second_labeler.user)
    ApiToken.objects.filter(user=cast.second_labeler.user).update(revoked_at=timezone.now())
    assert other.get("projects/").status_code == 401


@pytest.mark.parametrize("header", ["Token", "Token a b", "Token nonsense", "Bearer x"])
def test_nonsense_is_401_in_the_error_shape(db, header):
    answer = Caller().client.get("/api/v1/projects/", headers={"Authorization": header})

    assert answer.status_code == 401
    assert set(answer.json()["error"]) == {"code", "message", "details"}


def test_five_failures_a_minute_then_429_even_with_the_right_password(cast: Cast):
    failures = [sign_in("labeler@example.org", "wrong password").status_code for _ in range(5)]
    refused = sign_in("labeler@example.org")

    assert failures == [401] * 5
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "too_many_requests"
    assert refused.headers["Retry-After"]
    assert sign_in("second@example.org").status_code == 201, "another account is not locked"


def test_a_right_password_forgets_the_failures_before_it(cast: Cast):
    for _ in range(2):
        for _ in range(4):
            assert sign_in("labeler@example.org", "wrong password").status_code == 401
        assert sign_in("labeler@example.org").status_code == 201


def test_a_wrong_password_and_an_unknown_account_sound_the_same(cast: Cast):
    wrong, unknown = sign_in("labeler@example.org", "wrong"), sign_in("nobody@example.org")

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
