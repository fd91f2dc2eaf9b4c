from pathlib import Path

import pytest

from launcher import browser
from launcher.browser import find_chromium


def a_program(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o755)
    return str(path)


def test_the_order_is_chromium_then_playwright_then_the_system(tmp_path: Path) -> None:
    system = tmp_path / "usr" / "bin" / "chromium"
    other = tmp_path / "usr" / "bin" / "google-chrome"
    cache = tmp_path / ".cache" / "ms-playwright"

    def find(**environ: str) -> str | None:
        return find_chromium(environ, home=tmp_path, system=(str(system), str(other)))

    assert find() is None
    a_program(other)
    assert find() == str(other)
    a_program(system)
    assert find() == str(system)
    older = a_program(cache / "chromium-999" / "chrome-linux" / "chrome")
    assert find() == older
    newer = a_program(cache / "chromium-1200" / "chrome-linux64" / "chrome")
    assert find() == newer
    own = a_program(tmp_path / "own")
    assert find(CHROMIUM=own) == own


def test_playwrights_folder_may_lie_elsewhere(tmp_path: Path) -> None:
    there = a_program(tmp_path / "browsers" / "chromium-1" / "chrome-linux" / "chrome")
    assert find_chromium({"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "browsers")}, home=tmp_path, system=()) == there


def test_a_wrong_chromium_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert find_chromium({"CHROMIUM": "/no/such"}, home=tmp_path, system=(a_program(tmp_path / "chromium"),)) is None
    monkeypatch.setenv("CHROMIUM", "/no/such")
    monkeypatch.delenv("BROWSER", raising=False)
    assert browser.main() == 0
    assert "CHROMIUM=/no/such is not a program that runs" in capsys.readouterr().out


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A machine without a browser; gives the commands that would be run, none of which works."""
    commands: list[str] = []

    def run(argv: list[str], env: object = None) -> bool:
        commands.append(" ".join(argv[-2:]))
        return argv[1] == "update"

    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.delenv("BROWSER", raising=False)
    monkeypatch.setattr(browser, "find_chromium", lambda: None)
    monkeypatch.setattr(browser, "_run", run)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    return commands


def test_root_on_debian_installs_the_package_first(bare: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert browser.get_chromium() is None
    assert bare == ["update -qq", "--no-install-recommends chromium", "install chromium"]


def test_others_ask_playwright_and_are_told_how_when_that_fails(
    bare: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert browser.main() == 0
    assert bare == ["install chromium"]
    assert browser.HOW_TO_GET_ONE in capsys.readouterr().out


def test_browser_0_looks_for_none(bare: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", "0")
    assert browser.main() == 0
    assert bare == []
