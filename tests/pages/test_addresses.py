"""Email addresses as people type them: in any case, and too long."""

import pytest
from django.test import Client

from apps.accounts.models import User
from tests.api.client import caller_for
from tests.cast import PASSWORD, Cast

TOO_LONG = f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 50}.org"
# Each letter becomes two in lower case, so that the address grows beyond its column.
GROWS = "a@" + ".".join(["\u0130" * 40] * 5) + ".org"


def test_the_lockout_counts_an_address_in_any_case_as_one(cast: Cast, client: Client):
    for name in ("labeler", "Labeler", "LABELER", "lAbeler", "laBeler"):
        client.post("/sign-in/", {"username": f"{name}@example.org", "password": "no"})
    answer = client.post("/sign-in/", {"username": "labeLer@example.org", "password": PASSWORD})
    assert answer.status_code == 429


def test_signing_in_with_capitals(cast: Cast, client: Client):
    answer = client.post("/sign-in/", {"username": "Labeler@Example.org", "password": PASSWORD})
    assert answer.status_code == 302


@pytest.mark.parametrize("address", [TOO_LONG, GROWS])
def test_an_address_longer_than_its_column_is_refused(cast: Cast, client: Client, as_member, address):
    signing_in = client.post("/sign-in/", {"username": address, "password": "no"})
    assert "at most 254 characters" in signing_in.content.decode()
    token = client.post("/api/v1/auth/token/", {"email": address, "password": "no"}, "application/json")
    assert token.status_code == 422
    new = {"email": address, "password": PASSWORD, "role": "labeler", "cohort": "training"}
    assert as_member(cast.manager).post("/p/clinic/members/", new).status_code == 422
    assert caller_for(cast.manager.user).post("projects/clinic/members/", new).status_code == 422
    assert not User.objects.filter(email__startswith=address[:3]).exists()
