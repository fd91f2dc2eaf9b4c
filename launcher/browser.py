"""A Chromium for the browser tests: found, or got where that is possible.

    python -m launcher.browser

It never fails: where no browser can be had, it says how, and the browser tests fail with the same sentence.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from launcher.console import say

SYSTEM_PLACES = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
HOW_TO_GET_ONE = (
    "No browser was found: install Chromium (Debian: `apt-get install chromium`, elsewhere "
    "`.venv/bin/playwright install chromium`) or set CHROMIUM to one; BROWSER=0 leaves the browser tests out."
)


def find_chromium(
    environ: Mapping[str, str] | None = None, home: Path | None = None, system: tuple[str, ...] = SYSTEM_PLACES
) -> str | None:
    """In this order: the one CHROMIUM names, playwright's own, the system's."""
    environ = os.environ if environ is None else environ
    named = environ.get("CHROMIUM")
    if named:
        # A wrong name is not passed over in silence: whoever set it wants that one.
        return named if _runs(named) else None
    places = [*_playwright_browsers(environ, home or Path.home()), *system]
    return next((place for place in places if _runs(place)), None)


def get_chromium() -> str | None:
    """Find one, else install one; None when neither worked."""
    found = find_chromium()
    if found or os.environ.get("CHROMIUM"):
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("No browser found: installing Debian's chromium (about 200 MB on disk) ...")
        _install_debian_package()
    if find_chromium() is None:
        say("No browser found: asking playwright for its Chromium (about 170 MB) ...")
        _run([sys.executable, "-m", "playwright", "install", "chromium"])
    return find_chromium()


def _playwright_browsers(environ: Mapping[str, str], home: Path) -> list[str]:
    """Newest first, as playwright lays them out below its cache folder."""
    cache = Path(environ.get("PLAYWRIGHT_BROWSERS_PATH") or home / ".cache" / "ms-playwright")
    found = [*cache.glob("chromium-*/chrome-linux/chrome"), *cache.glob("chromium-*/chrome-linux64/chrome")]
    return [str(path) for path in sorted(found, key=_build_number, reverse=True)]


def _build_number(browser: Path) -> int:
    digits = browser.parent.parent.name.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0


def _runs(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)


def _install_debian_package() -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # Names alone are not enough: without fresh lists a bare machine finds no package.
    if _run(["apt-get", "update", "-qq"], quiet):
        _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], quiet)


def _run(argv: list[str], env: Mapping[str, str] | None = None) -> bool:
    result = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        last = (result.stdout + result.stderr).strip().splitlines()[-1:]
        say(f"  `{' '.join(argv)}` did not work: {last[0] if last else 'no output'}")
    return result.returncode == 0


def main() -> int:
    if os.environ.get("BROWSER") == "0":
        return 0
    found = get_chromium()
    if found:
        say(f"Browser: {found}")
    elif os.environ.get("CHROMIUM"):
        say(f"CHROMIUM={os.environ['CHROMIUM']} is not a program that runs: correct it or leave it out.")
    else:
        say(HOW_TO_GET_ONE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
