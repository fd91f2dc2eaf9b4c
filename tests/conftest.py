"""Fixtures that every test may use. The cast is in `tests/cast.py`."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import pytest
from django.db import connection
from django.test import TransactionTestCase
from hypothesis.internal.conjecture import providers
from pytest_django import DjangoDbBlocker, Settings

from tests.cast import cast, cast_made_once, project  # noqa: F401
from tests.rows import empty_tables
from tests.template import django_db_modify_db_settings  # noqa: F401

# Properties meet the examples that follow from the test itself, and none is refused for taking long: a run on another or a
# busy machine finds what one finds here. `--hypothesis-profile=default` looks for new ones. Read where tests are imported.
hypothesis.settings.load_profile("ci")
# Else it also tries numbers and words that stand in whatever modules are loaded by then: other examples after each change
# of any file, and in another order of tests.
providers._get_local_constants = lambda: providers._local_constants

# Tests of many seconds. Begun last, one of them would leave the other processes with nothing to do.
SLOW = (
    "tests/loop/", "tests/edges/", "tests/consumers/", "test_every_page.py", "test_celery.py", "test_faults.py", "test_recogniser.py",
    "test_generate.py", "test_generate_resume.py", "test_killed.py", "test_planted_reward.py", "test_ppo.py", "test_ppo_resume.py",
    "test_processes.py", "test_reward_parts.py", "test_card_run.py", "test_accelerate.py",
)  # fmt: skip


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests also wait, for browsers and other programs."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each process of a parallel run gets a stretch of the list: its share of the slow tests comes first there."""
    processes = getattr(config, "workerinput", {}).get("workercount", 1)
    if processes == 1:
        return
    slow = [item for item in items if any(name in item.nodeid for name in SLOW)]
    others = [item for item in items if item not in slow]
    shares = [slow[at::processes] + others[at::processes] for at in range(processes)]
    items[:] = [item for share in shares for item in share]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected stays to the end: looking through it for garbage took a third of this time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def artifact_root(settings: Settings, tmp_path: Path) -> Path:
    """Files of imports and snapshots go to the test's own folder."""
    settings.ARTIFACT_ROOT = tmp_path / "artifacts"
    return settings.ARTIFACT_ROOT


@pytest.fixture(scope="session", autouse=True)
def reports_take_no_time() -> Iterator[None]:
    """What took long is not made again for whoever asks: on a busy machine that could be any report. A test of one that takes
    long says how long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("apps.quality.services.kept_report.time", SimpleNamespace(monotonic=lambda: 0.0))
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database, and at its end nobody in it: a live server keeps its connections open."""
    with pytest.MonkeyPatch.context() as patch:
        if _is_superuser(django_db_blocker):  # else `flush` does it, slowly
            patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: empty_tables())
        yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _is_superuser(django_db_blocker: DjangoDbBlocker) -> bool:
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser') = 'on'")
        return bool(cursor.fetchone()[0])
