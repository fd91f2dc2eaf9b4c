"""docs/programs.md says every program's settings as they are."""

import re

import pytest
from django.conf import settings

from apps.training.domain.specs import SPECS, describe

PAGE = (settings.BASE_DIR / "docs" / "programs.md").read_text()
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n?)*)", PAGE, re.MULTILINE))
SHARED = "Settings of every program"


def rows(section: str) -> dict[str, tuple[str, str]]:
    return {name: (default, rule) for name, default, rule in re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", SECTIONS[section], re.MULTILINE)}  # fmt: skip


def test_the_page_has_a_section_a_program():
    assert set(SECTIONS) == {SHARED, *SPECS}


@pytest.mark.parametrize("program", list(SPECS))
def test_settings_are_documented_as_they_are(program: str):
    documented = {**rows(SHARED), **rows(program)}

    assert {name: told[0] for name, told in documented.items()} == {
        one["name"]: str(one["default"]) for one in describe(program)
    }
    for one in describe(program):
        rule = documented[one["name"]][1]
        if "allowed" in one:
            assert rule.split(", ") == list(one["allowed"])
        elif "low" in one:
            low, high = (float(text) for text in rule.removeprefix("over ").split(" to "))
            assert (low, high) == (one["low"], one["high"])
            assert rule.startswith("over ") == one["open_low"]
