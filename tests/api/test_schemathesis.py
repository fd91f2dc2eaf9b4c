"""What the OpenAPI document promises, asked of the running application with made-up calls, good and bad ones.

Seeded: the same calls each time. Addresses name real objects (unless the address is what is wrong with a call), and each
call comes from somebody who may make it, so that it gets past the doors.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.urls import resolve
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from schemathesis import GenerationMode
from schemathesis.core import NOT_SET
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.access.test_every_url import _what, objects  # noqa: F401
from tests.access.urls import OWN, PROJECT
from tests.api.client import caller_for
from tests.cast import Cast

SOMETHING = {
    "{slug}": "x",
    "{number}": "1",
    "{name}": "x",
    "{uid}": str(UUID(int=0)),
    "{item}": "x",
    "{practised}": "x",
}
SETTINGS = hypothesis_settings(
    max_examples=3, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """A request would close the connection that holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def name_of(path: str) -> str:
    for parameter, value in SOMETHING.items():
        path = path.replace(parameter, value)
    return f"api:v1:{resolve(path).url_name}"


def is_a_labelers(name: str) -> bool:
    return name in OWN or any(
        capability.value in ("label", "read", "qualify") for capability in PROJECT.get(name, {}).values()
    )


def fill(case: Any, name: str, things: dict[str, Any]) -> None:
    """Real objects in its address."""
    part = case.meta.components.get(ParameterLocation.PATH)
    if part is None or part.mode is GenerationMode.POSITIVE:
        case.path_parameters = {
            key: str(things[_what(name) if key == "uid" else key]) for key in case.path_parameters or {}
        }


def can_be_wrong(operation: Any) -> bool:
    """No call is where it says no more than any strings in its address, headers and cookies."""
    return bool(operation.body) or any(
        one.location is ParameterLocation.QUERY or one.definition["schema"] != {"type": "string"}
        for one in operation.iter_parameters()
    )


def broken_promises(operation: Any, mode: GenerationMode, headers: dict[str, str], things: dict[str, Any]) -> list[str]:
    name = name_of(operation.path)

    @seed(5)
    @SETTINGS
    @given(case=operation.as_strategy(generation_mode=mode))
    def keeps_its_word(case: Any) -> None:
        fill(case, name, things)
        answer = case.call(headers=headers)
        case.validate_response(answer, excluded_checks=[positive_data_acceptance], headers=headers)
        if mode is GenerationMode.POSITIVE and case.body is not NOT_SET and name != "api:v1:imports":
            # A rule that no schema can say (a uid that is nothing's) is a 422. What is unreadable was not positive.
            assert answer.status_code not in (400, 406, 413, 415), answer.content

    try:
        keeps_its_word()
    except FailureGroup as group:
        return [
            f"{operation.method} {operation.path}: {type(one).__name__} {str(one)[:700]}" for one in group.exceptions
        ]
    return []


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("who", ["manager", "labeler"])
def test_the_document_is_kept(cast: Cast, objects: dict[str, Any], who: str, mode: GenerationMode):  # noqa: F811
    headers = {"Authorization": f"Token {caller_for(getattr(cast, who).user).token}"}
    wrong, asked = [], 0
    for result in schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application()).get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        name = name_of(operation.path)
        # Signing in takes no token (tests/api/test_tokens.py).
        if name != "api:v1:token" and is_a_labelers(name) == (who == "labeler"):
            asked += 1
            if mode is GenerationMode.NEGATIVE and not can_be_wrong(operation):
                continue  # looking for a wrong call took longer than all others together
            wrong += broken_promises(operation, mode, headers, objects)
    assert not wrong, "\n".join(wrong)
    assert asked > 10
