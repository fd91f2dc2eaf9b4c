"""A command typed beside a running demo speaks to that demo."""

import stat

from launcher.running import FILE, NAMES, join, published

GIVEN = {name: f"the demo's {name}" for name in NAMES} | {"HOME": "/somewhere"}


def test_a_command_joins_the_running_demo_and_no_stopped_one(tmp_path):
    file = tmp_path / FILE
    file.parent.mkdir(parents=True)
    with published(GIVEN, file):
        environ = {"PATH": "/bin"}
        assert join(environ, tmp_path)
        assert environ == {"PATH": "/bin"} | {name: GIVEN[name] for name in NAMES}
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    environ = {}
    assert not join(environ, tmp_path)
    assert environ == {}


def test_an_environment_of_its_own_comes_first(tmp_path):
    file = tmp_path / FILE
    file.parent.mkdir(parents=True)
    with published(GIVEN, file):
        environ = {"DATABASE_URL": "postgresql://mine"}
        assert not join(environ, tmp_path)
    assert environ == {"DATABASE_URL": "postgresql://mine"}
