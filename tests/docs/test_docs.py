"""What the docs say is so: settings, links, commands, demo accounts, and that they speak of this project alone."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from workers.tasks import supervise

ROOT: Path = settings.BASE_DIR
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def test_every_setting_from_the_environment_is_documented_and_no_other():
    source = (ROOT / "labelstudio_rlhf" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source)) | {supervise.PROCESSES, supervise.SHARD}
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE))

    assert read == documented


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_and_pictures_lead_somewhere(file: Path):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", file.read_text()):
        if not target.startswith(("http", "mailto:")):
            assert (file.parent / target).exists(), target


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_make_targets_exist(file: Path):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"`?make ([a-z]+)`", file.read_text())) <= targets


def test_every_table_of_ours_is_in_the_data_model():
    text = (ROOT / "docs" / "data-model.md").read_text()
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|([^|]*)\|", text, re.MULTILINE))))
    ours = {model.__name__ for model in apps.get_models() if model.__module__.startswith("apps.")}
    assert ours - named == set()
