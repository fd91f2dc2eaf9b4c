import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher import checks, ports, secret_files
from launcher.errors import LauncherError
from launcher.lock import only_one


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_port_is_named_with_the_command_that_avoids_it(taken_port: int) -> None:
    other = ports.next_free(taken_port)
    with pytest.raises(LauncherError, match=rf"Port {taken_port} is taken .* `PORT={other} make demo`"):
        checks.check_port(taken_port)


def test_a_free_port_passes() -> None:
    checks.check_port(ports.pick_free())


@pytest.mark.parametrize("text", ["http", "0", "65536", "-1", "80 "])
def test_a_port_that_is_none_is_told(text: str) -> None:
    with pytest.raises(LauncherError, match="is not a port"):
        checks.parse_port(text)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "demo.example.org"])
def test_an_address_that_others_reach_is_refused(host: str) -> None:
    with pytest.raises(LauncherError, match=f"HOST={host} is refused"):
        checks.check_host(host)


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1"])
def test_loopback_passes(host: str) -> None:
    checks.check_host(host)


def test_a_full_disk_is_told_with_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(LauncherError, match=r"needs 1000000000 MB of free space .* its disk has \d+ MB"):
        checks.check_disk(tmp_path / "var" / "not" / "made" / "yet", 1_000_000_000)


def test_an_old_python_is_told() -> None:
    with pytest.raises(LauncherError, match=r"This is Python 3\.9 and 3\.11 or newer is needed"):
        checks.check_python((3, 9))


def test_missing_packages_are_named() -> None:
    with pytest.raises(LauncherError, match=f"^no_such_one, no_such_two cannot be imported by {sys.executable}"):
        checks.check_packages(["json", "no_such_one", "no_such_two"])


def test_a_port_is_kept_while_it_is_free(tmp_path: Path, taken_port: int) -> None:
    file = tmp_path / "ports.json"
    first = ports.remembered(file, "postgres")
    assert ports.remembered(file, "postgres") == first
    file.write_text(json.dumps({"postgres": taken_port, "broker": 1}))
    assert ports.remembered(file, "postgres") != taken_port
    assert json.loads(file.read_text())["broker"] == 1


@pytest.mark.parametrize("text", ["", "[]", '{"postgres": "x"}'])
def test_a_broken_note_of_ports_is_made_anew(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ports.json"
    file.write_text(text)
    assert ports.is_free(ports.remembered(file, "postgres"))


def test_a_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "secret-key"
    first = secret_files.read_or_make(file)
    assert len(first) == 64
    assert file.stat().st_mode & 0o777 == 0o600
    assert secret_files.read_or_make(file) == first


def test_a_second_run_is_told_of_the_first(tmp_path: Path) -> None:
    lock = tmp_path / "demo.lock"
    with (
        only_one(lock, about_me="process 7, http://127.0.0.1:8000/"),
        pytest.raises(LauncherError, match=r"already running \(process 7, http://127.0.0.1:8000/\)"),
        only_one(lock, about_me="process 8"),
    ):
        pass
    with only_one(lock, about_me="process 9"):
        assert lock.read_text() == "process 9"
