"""Where the numbers of a project's texts lie: `ARTIFACT_ROOT/quality/<project>.texts.npz`, written whole or not at all.

They can always be made again; a file that is missing, broken, of another layout or of other word lists counts as nothing.
"""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from apps.core.domain.canonical import content_hash
from apps.projects.models import Project

from ..domain.bias.features import Features
from ..domain.bias.marks import PATTERNS
from ..selectors.texts import Texts, no_texts
from .store import file_of, file_write

_LAYOUT = content_hash({"layout": 1, "patterns": {mark.name: pattern for mark, pattern in PATTERNS.items()}})


def texts_load(project: Project) -> Texts:
    try:
        with _path(project).open("rb") as file, np.load(file, allow_pickle=False) as held:
            return _texts(held) if str(held["layout"]) == _LAYOUT else no_texts()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return no_texts()


def texts_store(project: Project, texts: Texts) -> None:
    held: dict[str, Any] = {
        "layout": np.array(_LAYOUT), "completions": texts.completions, "prompts": texts.prompts,
        "prompt_words": texts.words, "characters": texts.features.characters, "words": texts.features.words,
        "english": texts.features.english,
    }  # fmt: skip
    held |= {f"mark.{mark.name}": counts for mark, counts in texts.features.marks.items()}
    file_write(_path(project), held)


def _texts(held: Any) -> Texts:
    marks = {mark: held[f"mark.{mark.name}"] for mark in PATTERNS}
    features = Features(held["characters"], held["words"], held["english"], marks)
    return Texts(held["completions"], features, held["prompts"], held["prompt_words"])


def _path(project: Project) -> Path:
    return file_of(project, "texts.npz")
