"""Keeping the tallies of a project's scales: `ARTIFACT_ROOT/quality/<project>.scales.npz`, written whole or not at all.

They can always be made again from the database; a file that is missing, broken or of another layout counts as nothing.
"""

import zipfile
from typing import Any

import numpy as np

from apps.projects.models import Project

from ..domain.kept_scales import KeptScales, Scale, scales_refreshed
from ..domain.scales import ScaleTally
from ..domain.sums import Sums
from ..selectors.scales import prompts_rated_after, ratings_of_prompts
from .store import file_of, file_write

_LAYOUT = 1
_PARTS = ("prompts", "values", "judged")


def scales_now(project: Project, read_to: int) -> dict[Scale, ScaleTally]:
    """With what was rated since the last time. What is read grows with the prompts of which something new was said."""
    kept = _load(project)
    touched = prompts_rated_after(project, kept.read_to)
    for said in ratings_of_prompts(project, touched):
        kept = scales_refreshed(kept, said, kept.read_to)
    kept = KeptScales(kept.judgments, kept.tallies, read_to)
    _store(project, kept)
    return dict(kept.tallies)


def scales_forget(project: Project) -> None:
    _path(project).unlink(missing_ok=True)


def _path(project: Project) -> Any:
    return file_of(project, "scales.npz")


def _load(project: Project) -> KeptScales:
    try:
        with _path(project).open("rb") as file, np.load(file, allow_pickle=False) as held:
            return _kept(held) if int(held["layout"]) == _LAYOUT else KeptScales()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return KeptScales()


def _store(project: Project, kept: KeptScales) -> None:
    scales = list(kept.tallies)
    held: dict[str, Any] = {
        "layout": np.array(_LAYOUT), "read_to": np.array(kept.read_to), "judgments": kept.judgments,
        "names": np.array([scale.name for scale in scales], np.str_),
        "ranges": np.array([[scale.low, scale.high] for scale in scales], np.int64).reshape(-1, 2),
    }  # fmt: skip
    for place, scale in enumerate(scales):
        for part in _PARTS:
            sums = getattr(kept.tallies[scale], part)
            held[f"{place}.{part}.keys"], held[f"{place}.{part}.counts"] = sums.keys, sums.counts
    file_write(_path(project), held)


def _kept(held: Any) -> KeptScales:
    tallies = {}
    for place, (name, (low, high)) in enumerate(zip(held["names"], held["ranges"].tolist(), strict=True)):
        parts = (Sums(held[f"{place}.{part}.keys"], held[f"{place}.{part}.counts"]) for part in _PARTS)
        tallies[Scale(str(name), low, high)] = ScaleTally(low, high, *parts)
    return KeptScales(held["judgments"], tallies, int(held["read_to"]))
