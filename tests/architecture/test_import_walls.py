"""The import walls stand, and each of them falls when somebody climbs over it on purpose."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from tests.once import made_once

ROOT: Path = settings.BASE_DIR
ORDER = [
    "core", "accounts", "audit", "projects", "registry", "prompts", "labeling", "feedback", "imports", "quality", "gold",
    "screening", "adjudication", "causes", "datasets", "training", "lineage", "readiness", "operations", "demo",
]  # fmt: skip


EARLIER, PURE, SCREENS = (
    "A later app may import an earlier one",
    "Domain rules know no framework",
    "Services and selectors know no views",
)
TORCH, ALONE, FILES = (
    "Torch and Django never share a process",
    "The launcher runs before anything",
    "An ML program knows files, records",
)
SUPERVISOR, RINGS = "A supervisor knows training's services", "The web half rings workers by name"
# Where somebody climbs, by which line, what that imports, and the wall that is there.
CLIMBS = [
    ("apps/core/ids.py", "import apps.labeling.models", "apps.labeling.models", EARLIER),
    ("apps/prompts/services.py", "from apps.imports import models", "apps.imports.models", EARLIER),
    ("apps/labeling/domain/letters.py", "import django.db", "django", PURE),
    ("apps/core/domain/ranking.py", "import torch", "torch", PURE),
    ("apps/labeling/services/claim.py", "import apps.labeling.views", "apps.labeling.views", SCREENS),
    ("apps/projects/selectors.py", "import rest_framework", "rest_framework", SCREENS),
    ("apps/labeling/tasks.py", "import torch", "torch", TORCH),
    ("launcher/ports.py", "import apps.core.ids", "apps.core.ids", ALONE),
    ("workers/rlhf/sft.py", "import django.db", "django", FILES),
    ("workers/rlhf/frame/errors.py", "import celery", "celery", FILES),
    ("workers/rlhf/frame/job.py", "import apps.core.ids", "apps.core.ids", FILES),
    ("workers/rlhf/frame/job.py", "from apps.datasets.services import build", "apps.datasets.services.build", FILES),
    ("workers/tasks/train.py", "import torch", "torch", SUPERVISOR),
    ("workers/tasks/train.py", "import workers.rlhf.sft", "workers.rlhf.sft", SUPERVISOR),
    ("workers/tasks/train.py", "import apps.training.models", "apps.training.models", SUPERVISOR),
    ("workers/tasks/train.py", "import apps.prompts.services", "apps.prompts.services", SUPERVISOR),
    ("apps/training/selectors/__init__.py", "import workers.tasks", "workers.tasks", RINGS),
]  # fmt: skip


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    wide = {**os.environ, "COLUMNS": "500"}  # no line of what it says is broken
    return subprocess.run([program, "--no-cache"], cwd=folder, env=wide, capture_output=True, text=True, check=False)


def test_the_walls_stand():
    result = lint(ROOT)

    assert result.returncode == 0, result.stdout


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is said under each broken wall's name, where somebody climbed all of them: reading all files takes seconds."""

    def climb(folder: Path) -> None:
        for name in ("apps", "labelstudio_rlhf", "launcher", "workers"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "migrations"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        for file, line, *_ in CLIMBS:
            (folder / file).write_text(f"{line}\n{(folder / file).read_text()}")
        result = lint(folder)
        assert result.returncode == 1
        (folder / "said").write_text(result.stdout)

    said = (made_once(tmp_path_factory, "climbed", climb) / "said").read_text().partition("Broken contracts")[2]
    _, *parts = re.split(r"\n([^\n]+)\n-{5,}\n", said)
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize(("file", "line", "imported", "wall"), CLIMBS)
def test_each_wall_falls_when_broken(broken: dict[str, str], file: str, line: str, imported: str, wall: str):
    module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    told = [said for name, said in broken.items() if name.startswith(wall)]
    assert told, broken.keys()
    assert f"{module} -> {imported} (l." in told[0], told[0]


def test_foreign_keys_point_to_earlier_apps():
    """String references are invisible to the import linter."""
    for model in apps.get_models():
        here = model._meta.app_label
        for field in model._meta.get_fields():
            if here in ORDER and field.concrete and field.is_relation:
                there = field.related_model._meta.app_label
                assert there not in ORDER or ORDER.index(there) <= ORDER.index(here), f"{here}.{model} -> {there}"


def test_every_app_has_its_place():
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("apps.")}

    assert ours == set(ORDER)


def test_web_and_celery_processes_hold_no_torch():
    program = (
        "import sys, django; django.setup();"
        "from labelstudio_rlhf.celery import app; app.loader.import_default_modules();"
        "import labelstudio_rlhf.urls, labelstudio_rlhf.wsgi;"
        "heavy = {'torch', 'transformers', 'pandas'} & set(sys.modules); sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stderr


def test_a_snapshot_of_raw_judgments_is_written_without_arrays():
    """They take 50 MB of the 150 that a snapshot of a million rankings may (issue 5)."""
    program = (
        "import sys, django; django.setup(); import apps.datasets.services.build;"
        "heavy = {'numpy', 'pyarrow'} & set(sys.modules); sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stderr


def test_the_launcher_needs_nothing_but_python():
    program = "import sys; sys.path.insert(0, '.'); import launcher.bootstrap, launcher.demo"
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stderr
