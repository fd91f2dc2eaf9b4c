"""The first project of an installation is made on a page, by its staff."""

import pytest
from django.test import Client

from apps.accounts.services import user_create
from apps.projects.models import Membership, Project

BACKEND = "django.contrib.auth.backends.ModelBackend"
FORM = {"name": "Harbour clinic", "slug": "harbour", "description": "What a clinic is asked."}


@pytest.fixture
def staff(db) -> Client:
    user = user_create(email="ops@example.org", password="an-orchard-of-lamps")
    user.is_staff = True
    user.save()
    return signed_in(user)


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def test_staff_make_the_first_project_and_manage_it(staff):
    assert 'href="/projects/new/"' in staff.get("/").content.decode()
    answer = staff.post("/projects/new/", FORM, follow=True)
    assert answer.redirect_chain == [("/p/harbour/", 303)]
    assert "Harbour clinic is there, and you are its manager." in answer.content.decode()
    made = Membership.objects.select_related("project").get()
    assert (made.role, made.project.description) == ("manager", "What a clinic is asked.")
    assert staff.get("/p/harbour/members/").status_code == 200


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"slug": "clinic"}, "The slug &#x27;clinic&#x27; is taken."),
        ({"slug": "two words"}, "Enter a valid “slug”"),
        ({"name": ""}, "This field is required."),
    ],
)
def test_a_wrong_form_is_shown_again_with_a_sentence(cast, staff, change, text):
    answer = staff.post("/projects/new/", {**FORM, **change})
    assert answer.status_code == 422
    assert text in answer.content.decode()
    assert Project.objects.count() == 1


def test_others_are_refused_and_not_led_there(cast):
    client = signed_in(cast.manager.user)
    assert "/projects/new/" not in client.get("/").content.decode()
    assert client.get("/projects/new/").status_code == 403
    assert client.post("/projects/new/", FORM).status_code == 403
    assert not Project.objects.filter(slug="harbour").exists()
