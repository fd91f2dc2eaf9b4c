"""A database that cannot be reached is an answer of 503, which callers try again, and no fault of the program."""

import psycopg2
import pytest
from django.db import InterfaceError, OperationalError, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from psycopg2 import errors

from apps.core.outage import database_is_away

handler500 = "apps.core.handlers.handler500"


def caused(cause: Exception | None) -> OperationalError:
    error = OperationalError("words")
    error.__cause__ = cause
    return error


@pytest.fixture
def unreachable() -> OperationalError:
    """What Django really raises where nobody listens."""
    usual = connections["default"]
    nowhere = type(usual)({**usual.settings_dict, "HOST": "127.0.0.1", "PORT": "1"}, "nowhere")
    with pytest.raises(OperationalError) as raised:
        nowhere.ensure_connection()
    return raised.value


def test_nobody_listens(db, unreachable: OperationalError):
    assert database_is_away(unreachable)


@pytest.mark.parametrize("kind", [errors.AdminShutdown, errors.CrashShutdown, errors.CannotConnectNow])
def test_a_server_that_stops_or_starts(kind: type[psycopg2.Error], monkeypatch: pytest.MonkeyPatch):
    code = {errors.AdminShutdown: "57P01", errors.CrashShutdown: "57P02", errors.CannotConnectNow: "57P03"}[kind]

    class Coded(kind):  # type: ignore[misc, valid-type]  # psycopg2 sets pgcode itself, from what the server said
        pgcode = code

    assert database_is_away(caused(Coded()))


@pytest.mark.parametrize("code", ["55P03", "57014", "53100", "40P01"])
def test_what_a_server_that_is_there_refuses_is_a_fault(code: str):
    class Coded(psycopg2.OperationalError):
        pgcode = code

    assert not database_is_away(caused(Coded()))


def test_other_errors_are_faults():
    assert not database_is_away(None)
    assert not database_is_away(ValueError("connection"))
    assert not database_is_away(caused(None))
    assert not database_is_away(InterfaceError("cursor already closed"))
    assert database_is_away(InterfaceError("connection already closed"))


def away(request: HttpRequest) -> HttpResponse:
    raise InterfaceError("connection already closed")


def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [path("page", away), path("api/v1/thing/", away), path("broken", broken)]


@pytest.mark.urls(__name__)
def test_the_answer_says_when_to_try_again():
    client = Client(raise_request_exception=False)
    page, program, fault = (client.get(where) for where in ("/page", "/api/v1/thing/", "/broken"))

    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert "The database does not answer" in page.content.decode()
    assert (program.status_code, program["Retry-After"]) == (503, "5")
    assert program.json()["error"]["code"] == "database_away"
    assert fault.status_code == 500
    assert "Retry-After" not in fault
