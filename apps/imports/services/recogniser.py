"""A recogniser model beside the patterns: a program of its own, because the web half holds no torch."""

import json
import subprocess
import sys
import weakref
from collections import Counter
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

from django.conf import settings

from apps.core.domain.errors import RuleBroken

from ..domain.personal import Masked, mask

PROGRAM = "workers.rlhf.recognise"
KIND_MAX = 30  # as a finding keeps it


def recogniser_folder(name: str) -> Path:
    """The folder of a recogniser below RECOGNISER_FOLDERS. Raises RuleBroken when it cannot be run, and says why."""
    root = Path(settings.RECOGNISER_FOLDERS).resolve()
    folder = (root / name).resolve()
    if not folder.is_relative_to(root) or not (folder / "config.json").is_file():
        raise _broken(f"there is no recogniser {name} below RECOGNISER_FOLDERS (its config.json is looked for)")
    if not (find_spec("torch") and find_spec("transformers")):
        raise _broken("a recogniser needs torch and transformers, which are not installed here (requirements/ml.txt)")
    return folder


def options_runnable(options: Mapping[str, Any]) -> None:
    """Raises RuleBroken when the options name a recogniser that cannot be run here: better now than at the first line."""
    if name := options.get("pii_model"):
        recogniser_folder(name)


class Recogniser:
    """Masks by the patterns first, then what the model names. One process for as long as this object lives."""

    def __init__(self, name: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", PROGRAM, "--model", str(recogniser_folder(name))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=settings.BASE_DIR,
        )  # fmt: skip
        self._end = weakref.finalize(self, _end, self._process)
        if self._answer().strip() != "ready":
            self._end()
            raise _broken(f"the recogniser {name} could not be loaded; `python -m {PROGRAM} --model ...` says why")

    def __call__(self, text: str) -> Masked:
        masked = mask(text)
        found, pieces, at = Counter(masked.found), list[str](), 0
        for start, end, label in self._spans(masked.text):
            kind = label.lower()[:KIND_MAX]
            found[kind] += 1
            pieces += [masked.text[at:start], f"[{kind}]"]
            at = end
        return Masked("".join([*pieces, masked.text[at:]]), found)

    def __enter__(self) -> "Recogniser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _spans(self, text: str) -> list[tuple[int, int, str]]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(text) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise RuntimeError("The recogniser has ended.") from error
        answer = self._answer()
        if not answer:
            raise RuntimeError("The recogniser has ended.")
        spans: list[tuple[int, int, str]] = json.loads(answer)
        return [(start, end, label) for start, end, label in spans if not _is_mask(text, start, end)]

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    with process:  # closes its pipes and waits
        pass


def _is_mask(text: str, start: int, end: int) -> bool:
    """What a pattern put there, a model may take for a name."""
    opened = text.rfind("[", 0, start + 1)
    return (
        opened >= 0
        and text.find("]", opened) >= end - 1
        and text[opened + 1 : end].strip("]").replace("_", "").isalpha()
    )


def _broken(rule: str) -> RuleBroken:
    return RuleBroken(f"options.pii_model: {rule}.", field="options.pii_model")
