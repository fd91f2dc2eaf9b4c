"""A model's licence: what its README's front matter says, or what a person typed."""

import re
from pathlib import Path

UNKNOWN = "unknown"
LONGEST = 120
_README, _READ = "README.md", 64_000
_LINE = re.compile(r"^(license|license_name):[ \t]*(.*?)[ \t]*$", re.MULTILINE)


def licence_in(folder: Path) -> str | None:
    """`license:` of the README's front matter, by its `license_name` where that is "other"; None where there is none."""
    readme = folder / _README
    if not readme.is_file():
        return None
    with readme.open("rb") as file:
        text = file.read(_READ).decode("utf-8", errors="replace").replace("\r\n", "\n")
    if not text.startswith("---\n"):
        return None
    front, ended, _ = text[4:].partition("\n---")
    said = {name: _plain(value) for name, value in _LINE.findall(front)} if ended else {}
    licence = said.get("license")
    return said.get("license_name") or licence if licence == "other" else licence or None


def is_licence(text: str) -> bool:
    return 0 < len(text) <= LONGEST and text.isprintable() and text == text.strip()


def _plain(value: str) -> str:
    """A scalar of YAML without its quotes; nothing of a list or of what could not be shown."""
    bare = value.partition(" #")[0].strip().strip("\"'").strip()
    return bare if is_licence(bare) and bare[0] not in "[{|>&*" else ""
