"""docker/*.py: the refusal before a program starts, and the health checks."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import environ
import pytest


def environment(**values: str) -> environ.Env:
    env = environ.Env()
    env.ENVIRON = values
    return env


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"SECRET_KEY": "published-demo-value-1"}, ["SECRET_KEY"]),
        ({"DATABASE_URL": "postgresql://a:published-demo-value@db/a"}, ["POSTGRES_PASSWORD"]),
        ({"DEMO": "0", "SECRET_KEY": "own", "DATABASE_URL": "postgresql://a:own@db/a"}, []),
        ({"DEMO": "1", "SECRET_KEY": "published-demo-value-1"}, []),
        ({"DEMO": "true", "SECRET_KEY": "published-demo-value-1"}, []),
    ],
)
def test_published_secrets_are_refused_outside_the_demo(entrypoint, values, named):
    problem = entrypoint.refusal(environment(**values))
    assert (problem is not None) == bool(named)
    assert all(name in problem for name in named)


@pytest.mark.parametrize(
    ("allowed", "host"),
    [
        ("127.0.0.1,localhost", "127.0.0.1"),
        ("label.example.org, other.example.org", "label.example.org"),
        (".example.org", "example.org"),
        ("*", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_the_web_is_asked_under_a_name_that_it_accepts(health, allowed, host):
    assert health.allowed_host(allowed) == host


@pytest.fixture
def web_server() -> Iterator[HTTPServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            good = self.path == "/healthz" and self.headers["Host"] == "label.example.org"
            self.send_response(200 if good else 400)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_web_server_that_answers_is_well(health, web_server, monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", "label.example.org")
    assert health.check_web(str(web_server.server_port)) is None


def test_a_web_server_that_refuses_is_not_well(health, web_server, monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", "elsewhere.example.org")
    assert health.check_web(str(web_server.server_port)) == "/healthz answers 400"


def test_no_web_server_is_not_well(health):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: a connection is refused
        assert "no answer" in health.check_web(str(taken.getsockname()[1]))


def test_a_celery_node_that_does_not_answer_is_not_well(health, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "memory://")
    monkeypatch.setattr(health, "ANSWER_SECONDS", 0.01)
    assert health.check_celery("web") == f"web@{socket.gethostname()} does not answer"
