"""The OpenAPI document describes every call of the API, without a warning."""

from pathlib import Path

import yaml
from django.core.management import call_command
from django.test import Client

from tests.access.urls import doors


def test_it_is_valid_and_complete(tmp_path: Path):
    file = tmp_path / "openapi.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(file))
    document = yaml.safe_load(file.read_text())

    described = document["paths"]
    calls = {door.name for door in doors() if door.name.startswith("api:v1:")}
    assert len(described) == len(calls)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert any(code.startswith("2") for code in operation["responses"]), (method, path)


def test_it_is_served_with_its_page(client: Client):
    assert client.get("/api/schema/").status_code == 200
    assert client.get("/api/docs/").status_code == 200


def test_an_unknown_path_is_answered_in_the_apis_shape(client: Client):
    answer = client.get("/api/v1/nothing/here/")

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"
