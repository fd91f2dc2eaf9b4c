"""Accounts on their pages and on the admin site."""

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.accounts.selectors import tokens_of
from apps.accounts.services import token_issue
from apps.audit.models import AuditEntry
from tests.cast import PASSWORD, Cast

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def admin(db: None, client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root@example.org", PASSWORD), backend=BACKEND)
    return client


def test_a_first_password_is_changed_by_its_owner(cast: Cast, client: Client):
    client.force_login(cast.labeler.user, backend=BACKEND)
    token_issue(actor=cast.labeler.user)
    body = {"old_password": PASSWORD, "new_password1": "another long one", "new_password2": "another long one"}
    answer = client.post("/account/password/", body, follow=True)

    assert "Your password is changed." in answer.content.decode()
    assert not tokens_of(cast.labeler.user).exists()
    assert User.objects.get(pk=cast.labeler.user_id).check_password("another long one")


def test_a_weak_password_is_refused(cast: Cast, client: Client):
    client.force_login(cast.labeler.user, backend=BACKEND)
    client.post("/account/password/", {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"})

    assert User.objects.get(pk=cast.labeler.user_id).check_password(PASSWORD)


def test_staff_open_an_account(admin: Client):
    body = {"email": "new@example.org", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    admin.post("/admin/accounts/user/add/", body)

    assert User.objects.get(email="new@example.org").check_password(PASSWORD)


def test_the_trail_is_read_only_even_for_staff(admin: Client, cast: Cast):
    entry = AuditEntry.objects.first()
    assert entry is not None
    assert admin.get("/admin/audit/auditentry/").status_code == 200
    assert admin.post(f"/admin/audit/auditentry/{entry.pk}/delete/").status_code == 403
    assert admin.get("/admin/audit/auditentry/add/").status_code == 403


def test_the_admin_site_is_for_staff(cast: Cast, client: Client):
    client.force_login(cast.manager.user, backend=BACKEND)

    assert client.get("/admin/").status_code == 302
