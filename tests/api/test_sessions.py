"""The API from a signed-in browser: session cookies with the CSRF token work too."""

import pytest
from django.test import Client

from apps.imports.models import Import
from tests.cast import PASSWORD, Cast


@pytest.fixture
def browser(cast: Cast) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.get("/sign-in/")
    client.post(
        "/sign-in/",
        {"username": "researcher@example.org", "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"].value},
    )  # fmt: skip
    return client


def send(browser: Client, **headers: str):
    return browser.post(
        "/api/v1/projects/clinic/imports/",
        data=b'{"prompt": "Hi?"}\n',
        content_type="application/x-ndjson",
        headers=headers,
    )


def test_a_file_is_imported_with_the_token(browser: Client):
    answer = send(browser, **{"X-CSRFToken": browser.cookies["csrftoken"].value})

    assert answer.status_code == 200
    assert answer.json()["prompts"] == 1


def test_and_refused_without_it(browser: Client):
    answer = send(browser)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
    assert not Import.objects.exists()
