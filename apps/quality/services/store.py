"""Where what is kept of a project's rankings lies: `ARTIFACT_ROOT/quality/<project>.npz`, written whole or not at all.

It can always be made again from the database; one that is missing, broken or of another layout counts as nothing.
"""

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from apps.projects.models import Project

from ..domain.kept import GROUPS, TALLIES, Kept, rows_of
from ..domain.sums import Sums
from ..domain.table import Judgments
from ..domain.tally import Tally

_LAYOUT = 1
_COLUMNS = ("task", "prompt", "labeler", "tiers", "cohort", "person")
_PARTS = ("prompts", "labelers", "judged")


def kept_load(project: Project) -> tuple[Kept, list[str]]:
    """What is kept, and the names of its use cases by their code."""
    try:
        with _path(project).open("rb") as file, np.load(file, allow_pickle=False) as held:
            if int(held["layout"]) != _LAYOUT:
                return Kept(), []
            return _kept(held), [str(name) for name in held["use_cases"]]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return Kept(), []


def kept_store(project: Project, kept: Kept, use_cases: list[str]) -> None:
    held: dict[str, Any] = {"layout": np.array(_LAYOUT), "read_to": np.array(kept.read_to)}
    held["use_cases"] = np.array(use_cases, np.str_)
    held["id"] = kept.ids()
    held |= {name: getattr(kept.rows, name) for name in _COLUMNS}
    held |= {f"by.{name}": kept.rows.groups[name] for name in GROUPS}
    for name, tally in kept.tallies.items():
        for part in _PARTS:
            sums = getattr(tally, part)
            held[f"{name}.{part}.keys"], held[f"{name}.{part}.counts"] = sums.keys, sums.counts
    file_write(_path(project), held)


def kept_forget(project: Project) -> None:
    _path(project).unlink(missing_ok=True)


def _kept(held: Any) -> Kept:
    groups = {name: held[f"by.{name}"] for name in GROUPS}
    columns: dict[str, Any] = {name: held[name] for name in _COLUMNS}
    rows = rows_of(held["id"], Judgments(**columns, groups=groups))
    tallies = {
        name: Tally(*(Sums(held[f"{name}.{part}.keys"], held[f"{name}.{part}.counts"]) for part in _PARTS))
        for name in TALLIES
    }
    return Kept(rows, tallies, int(held["read_to"]))


def _path(project: Project) -> Path:
    return file_of(project, "npz")


def file_of(project: Project, suffix: str) -> Path:
    return Path(settings.ARTIFACT_ROOT) / "quality" / f"{project.uid}.{suffix}"


def file_write(path: Path, held: dict[str, Any]) -> None:
    """Arrays by their names, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(f".{os.getpid()}.new")
    with new.open("wb") as file:
        np.savez(file, **held)
    new.replace(path)
