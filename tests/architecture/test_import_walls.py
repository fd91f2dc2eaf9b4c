"""The import walls stand, and each of them falls when somebody climbs over it on purpose."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ROOT: Path = settings.BASE_DIR
ORDER = [
    "core", "accounts", "audit", "projects", "registry", "prompts", "labeling", "feedback", "imports", "quality", "gold",
    "screening", "adjudication", "causes", "datasets", "training", "lineage", "readiness", "operations", "demo",
]  # fmt: skip


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


def test_the_walls_stand():
    result = lint(ROOT)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "line", "wall"),
    [
        ("apps/core/ids.py", "import apps.labeling.models", "A later app may import an earlier one"),
        ("apps/prompts/services.py", "from apps.imports import models", "A later app may import an earlier one"),
        ("apps/labeling/domain/letters.py", "import django.db", "Domain rules know no framework"),
        ("apps/core/domain/ranking.py", "import torch", "Domain rules know no framework"),
        ("apps/labeling/services/claim.py", "import apps.labeling.views", "Services and selectors know no views"),
        ("apps/projects/selectors.py", "import rest_framework", "Services and selectors know no views"),
        ("apps/labeling/tasks.py", "import torch", "Torch and Django never share a process"),
        ("launcher/ports.py", "import apps.core.ids", "The launcher runs before anything is installed"),
        ("workers/rlhf/sft.py", "import django.db", "An ML program knows files, records and specs"),
        ("workers/rlhf/frame/errors.py", "import celery", "An ML program knows files, records and specs"),
        ("workers/rlhf/frame/job.py", "import apps.core.ids", "An ML program knows files, records and specs"),
        (
            "workers/rlhf/frame/job.py",
            "from apps.datasets.services import build",
            "An ML program knows files, records and specs",
        ),
        ("workers/tasks/train.py", "import torch", "A supervisor knows training's services"),
        ("workers/tasks/train.py", "import workers.rlhf.sft", "A supervisor knows training's services"),
        ("workers/tasks/train.py", "import apps.training.models", "A supervisor knows training's services"),
        ("workers/tasks/train.py", "import apps.prompts.services", "A supervisor knows training's services"),
        ("apps/training/selectors/__init__.py", "import workers.tasks", "The web half rings workers by name"),
    ],
)
def test_each_wall_falls_when_broken(tmp_path: Path, file: str, line: str, wall: str):
    for name in ("apps", "labelstudio_rlhf", "launcher", "workers"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "migrations"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    target = tmp_path / file
    target.write_text(f"{line}\n{target.read_text()}")
    result = lint(tmp_path)

    assert result.returncode == 1
    broken = [text for text in result.stdout.splitlines() if " BROKEN" in text]
    assert any(wall in text for text in broken), result.stdout


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


def test_the_launcher_needs_nothing_but_python():
    program = "import sys; sys.path.insert(0, '.'); import launcher.bootstrap, launcher.demo"
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stderr
