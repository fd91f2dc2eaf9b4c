"""The frame of a program that computes nothing itself: the same command line, exit codes and files, without torch."""

import json
import logging
import os
import shutil
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from apps.core.domain.canonical import canonical_json
from apps.core.domain.errors import RuleBroken
from apps.training.domain.specs import SPECS, Spec, parse_spec
from workers.rlhf.frame.errors import BadInput, Interrupted, begun_otherwise, failure_kind
from workers.rlhf.frame.files import describe_file, file_sha256, write_atomically
from workers.rlhf.frame.guard import OutputBusy, Stop, end_with_supervisor, output_lock, stop_signals
from workers.rlhf.frame.stamp import COMPLETIONS, MANIFEST, made_by, stamp

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 64, 75  # as in frame.program
FAILURE = "failure.json"
log = logging.getLogger("rlhf")


class Elsewhere(Exception):
    """What another machine did wrong, in a sentence of ours: nothing here has to be mended."""


@dataclass(kw_only=True)
class LightJob:
    """What `run(job)` is given. What it keeps between attempts lies in `keep`, which is emptied when it is done."""

    spec: Spec
    input: Path
    output: Path
    stop: Stop = field(default_factory=Stop)
    inputs: dict[str, str] = field(default_factory=dict)  # name -> sha256 or what else names it
    started: float = field(default_factory=time.monotonic)

    @property
    def stopping(self) -> bool:
        return self.stop.is_set()

    @property
    def keep(self) -> Path:
        return self.output / "checkpoint"

    def file(self, name: str) -> Path:
        """An input file. Raises BadInput where there is none."""
        path = self.input / name
        if not path.is_file():
            raise BadInput(name, f"{name}: the input folder has no such file.")
        self.inputs[name] = file_sha256(path)
        return path

    def log(self, step: int, total: int, /, **numbers: float) -> None:
        """One line of metrics.jsonl."""
        line = json.dumps({"step": step, "steps_total": total, **numbers}, allow_nan=False)
        with (self.output / "metrics.jsonl").open("a") as file:
            file.write(line + "\n")
        log.info("%s", line)


@dataclass(frozen=True, kw_only=True)
class LightOutcome:
    """`renderer` says why there is none; `seconds` are those of all attempts."""

    report: dict[str, Any]
    renderer: dict[str, Any]
    libraries: tuple[str, ...]
    seconds: float


def main(program: str, run: Callable[[LightJob], LightOutcome], given: Namespace, *, last: bool) -> int:
    """Run `run` as the program named `program`; returns the exit code. With `last` it is all that the process does."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s")
    try:
        with output_lock(given.output), stop_signals(last=last) as stop:
            end_with_supervisor()
            (given.output / FAILURE).unlink(missing_ok=True)
            try:
                spec = parse_spec(program, json.loads(given.spec.read_bytes()))
                _run(LightJob(spec=spec, input=given.input, output=given.output, stop=stop), run)
            except Interrupted as error:
                log.info("Interrupted: %s.", error)
                return INTERRUPTED
            except Exception as error:
                return _fail(given.output, program, error)
    except OutputBusy as error:
        log.error("%s", error)
        return FAILED
    return DONE


def _run(job: LightJob, run: Callable[[LightJob], LightOutcome]) -> None:
    finished = made_by(job.output)
    if finished not in (None, job.spec.sha256):
        raise begun_otherwise(job.output)
    if finished is None:
        _write_manifest(job, run(job))
    if job.keep.is_dir():
        shutil.rmtree(job.keep)


def _write_manifest(job: LightJob, outcome: LightOutcome) -> None:
    data = canonical_json(
        {
            **stamp(job.spec, job.inputs, outcome.libraries),
            "renderer": outcome.renderer,
            "parameters": None,
            "processes": 1,
            "files": {COMPLETIONS: describe_file(job.output / COMPLETIONS)},
            "report": outcome.report,
            "seconds": round(outcome.seconds, 3),
        }
    )
    write_atomically(job.output / MANIFEST, lambda file: file.write(data))


def _fail(output: Path, program: str, error: Exception) -> int:
    kind = failure_kind(error, {one.name for one in fields(SPECS[program])})
    known = kind != "error" or isinstance(error, Elsewhere)
    log.error("Failed (%s): %s", kind, error, exc_info=None if known else error)
    data = canonical_json({"kind": kind, "text": str(error) if known else f"{type(error).__name__}: {error}"})
    try:
        write_atomically(output / FAILURE, lambda file: file.write(data))
    except OSError as full:  # the disk that the work filled is full for this, too
        log.error("%s could not be written: %s", FAILURE, full)
    return BAD_INPUT if isinstance(error, BadInput | RuleBroken) else FAILED


def spec_of(given: Namespace) -> dict[str, Any]:
    """The spec as it was given, empty where it cannot be read: whoever runs it says what is wrong."""
    try:
        said = json.loads(given.spec.read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def fsynced(path: Path, data: bytes) -> None:
    """Append `data` to `path`, on the disk when it returns."""
    with path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
