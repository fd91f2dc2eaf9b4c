"""A worker that is killed (-9) while PostgreSQL takes its batch."""

import io
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.imports.models import Import, KnownLine
from apps.imports.readers import stream_chunks
from apps.imports.services.create import import_spool
from apps.imports.services.resume import STALE, import_take
from apps.labeling.models import Judgment, Task
from apps.prompts.models import Completion, Prompt
from tests.backends import connections_of, wait_until_gone
from tests.imports.test_workers import body
from tests.launcher.waiting import until

# The worker is another process, so rows must be committed.
pytestmark = pytest.mark.django_db(transaction=True)
NAME = "an import that is killed"
WORKER = "import django, sys; django.setup(); from apps.imports.services.resume import import_take; import_take(uid=sys.argv[1])"


def worker(imported: Import, artifact_root: Path) -> subprocess.Popen:
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    env = {
        **os.environ, "DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "labelstudio_rlhf.settings",
        "ARTIFACT_ROOT": str(artifact_root), "PGAPPNAME": NAME,
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-c", WORKER, str(imported.uid)], env=env)


def one_waits_for_the_tasks() -> bool:
    with connection.cursor() as cursor:
        # Of this database: those of other test processes have tables of the same numbers.
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE datname = current_database() AND NOT granted AND relation = 'labeling_task'::regclass"
        )
        return cursor.fetchone()[0] > 0


def test_nothing_of_its_batch_stays_and_the_next_worker_brings_all_of_it(project, artifact_root):
    imported = import_spool(
        actor=None, project=project, chunks=stream_chunks(io.BytesIO(body(50))), format="jsonl", ring_above=10**9
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE labeling_task IN EXCLUSIVE MODE")  # prompts and completions are in, tasks are not
        running = worker(imported, artifact_root)
        try:
            until(one_waits_for_the_tasks)
            assert connections_of(NAME)
        finally:
            running.send_signal(signal.SIGKILL)
            running.wait()
    wait_until_gone(NAME)

    imported.refresh_from_db()
    assert (imported.state, imported.last_line, imported.lines) == ("running", 0, 0)
    assert not any(model.objects.exists() for model in (Prompt, Completion, Task, Judgment, KnownLine))

    Import.objects.update(heartbeat_at=timezone.now() - STALE - timedelta(seconds=1))
    assert import_take(uid=imported.uid)
    imported.refresh_from_db()
    assert (imported.state, imported.lines, imported.prompts, imported.duplicates) == ("done", 50, 50, 0)
    assert (Prompt.objects.count(), Completion.objects.count(), Task.objects.count(), Judgment.objects.count()) == (
        50,
        100,
        50,
        50,
    )
