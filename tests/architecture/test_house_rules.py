"""House rules that no linter knows."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

ROOT: Path = settings.BASE_DIR
WRITES = {"create", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "delete", "save", "update"}
# Receivers that are no rows: dictionaries of the page in hand.
HARMLESS = {"context", "answer"}
THIN = ("views", "api", "forms", "tasks", "admin", "urls")


def thin_files() -> list[Path]:
    return sorted(
        path
        for path in (ROOT / "apps").rglob("*.py")
        if (path.stem in THIN and path.parent.name not in ("services", "selectors"))
        or path.parent.name in ("commands", "views", "api")
    )


@pytest.mark.parametrize("path", thin_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_services_write(path: Path):
    """Views, API, forms, tasks and commands hold no ORM write (architecture, "Who may import what")."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            receiver = ast.unparse(node.func.value)
            assert receiver in HARMLESS, f"line {node.lineno} writes: {ast.unparse(node.func)}"


def test_every_migration_has_a_name_of_its_own():
    for path in (ROOT / "apps").rglob("migrations/0*.py"):
        assert "auto" not in path.stem, path
        assert "merge" not in path.stem, path


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_app_of_ours_says_what_it_is():
    for config in apps.get_app_configs():
        if config.name.startswith("apps."):
            assert (Path(config.path) / "__init__.py").read_text().startswith('"""'), config.name
