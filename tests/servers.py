"""A pytest plugin: a throwaway PostgreSQL before Django reads its settings, unless DATABASE_URL names one."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from launcher.postgres import throwaway_postgres

# A kept window of the browser keeps its connections to a live server open, and each of those one to the database: some
# twenty for each process of a parallel run. A crowd of labelers takes fifty more.
CONNECTIONS = 300
# Nobody counts the tables: they are empty between two tests, and a query that was planned for empty ones takes minutes.
SETTINGS = {"max_connections": str(CONNECTIONS), "autovacuum": "off"}

_servers = ExitStack()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    os.environ.setdefault("SECRET_KEY", "only-for-tests-0123456789-0123456789-0123456789")
    os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")  # nothing listens there: see tests/settings.py
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = _servers.enter_context(throwaway_postgres(SETTINGS))
        os.environ["POSTGRES_OF_TESTS"] = "ours"  # see tests/template.py
    return (yield)


def pytest_unconfigure() -> None:
    _servers.close()
