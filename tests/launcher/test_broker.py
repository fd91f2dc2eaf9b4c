import os
import signal
from contextlib import closing
from pathlib import Path

import pytest
import redis

from launcher import broker
from launcher.broker import BrokerServer, find_binary, throwaway_broker
from launcher.errors import LauncherError
from tests.launcher.waiting import until


def push(url: str, *messages: str) -> None:
    with closing(redis.Redis.from_url(url)) as client:
        client.rpush("queue", *messages)


def waiting(url: str) -> list[bytes]:
    with closing(redis.Redis.from_url(url)) as client:
        return list(client.lrange("queue", 0, -1))


def test_messages_are_there_after_a_stop_and_a_start(state: Path) -> None:
    with BrokerServer(state) as first:
        push(first.url, "one", "two")
    with BrokerServer(state) as second:
        assert waiting(second.url) == [b"one", b"two"]


def test_messages_survive_kill_9(state: Path) -> None:
    with BrokerServer(state) as server:
        push(server.url, "one")
        os.kill(server.child.pid, signal.SIGKILL)
        until(lambda: server.exit_code() is not None)
        server.start()
        assert waiting(server.url) == [b"one"]


def test_it_asks_for_the_password_and_keeps_it_to_its_owner(state: Path) -> None:
    with BrokerServer(state) as server:
        with pytest.raises(redis.AuthenticationError):
            push(f"redis://127.0.0.1:{server.port}/0", "forged")
        assert server.home.stat().st_mode & 0o077 == 0
        assert "requirepass" not in " ".join(server.program.argv)


def test_a_taken_port_is_exchanged_for_a_free_one_unless_it_was_asked_for(state: Path) -> None:
    with BrokerServer(state / "one") as first:
        second = BrokerServer(state / "two")
        second.port = first.port
        with second:
            assert second.port != first.port
            assert waiting(second.url) == []
        with pytest.raises(LauncherError) as caught, BrokerServer(state / "two", port=first.port):
            pass
        assert "Address already in use" in caught.value.details


def test_a_server_of_the_machine_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_binary().parent != tmp_path
    for name in ("valkey-server", "redis-server"):
        (tmp_path / name).touch(0o755)
        assert find_binary() == tmp_path / name


def test_no_server_at_all_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(broker, "PACKAGE", "no_such_package")
    with pytest.raises(LauncherError, match="set REDIS_URL"):
        find_binary()


def test_tests_use_the_server_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://somewhere/1")
    with throwaway_broker() as url:
        assert url == "redis://somewhere/1"


def test_the_throwaway_leaves_nothing(monkeypatch: pytest.MonkeyPatch, state: Path) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr("launcher.broker.scratch_folder", lambda: str(state))
    with throwaway_broker() as url:
        assert waiting(url) == []
    assert list(state.iterdir()) == []
