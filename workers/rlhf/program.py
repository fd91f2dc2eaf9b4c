"""What every ML program shares: `python -m workers.rlhf.<name> --spec spec.json --input DIR --output DIR`.

Exit codes: 0 done; 75 interrupted, the same command goes on; 64 the spec or the data do not allow it; 1 anything else.
On failure OUTPUT/failure.json says {"kind", "text"}.
"""

import argparse
import json
import logging
import os
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path

import torch
from transformers.utils.logging import disable_progress_bar

from apps.core.domain.canonical import canonical_json
from apps.core.domain.errors import RuleBroken
from apps.training.domain.specs import SPECS, Spec, parse_spec
from workers.rlhf.errors import BadInput, Diverged, Interrupted, failure_kind
from workers.rlhf.files import write_atomically
from workers.rlhf.guard import OutputBusy, end_with_supervisor, output_lock, stop_signals
from workers.rlhf.job import Job
from workers.rlhf.manifest import Outcome, made_by, write_manifest

__all__ = ["BadInput", "Diverged", "Interrupted", "Job", "Outcome", "main"]

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 64, 75  # 64 and 75: EX_USAGE and EX_TEMPFAIL of sysexits.h
FAILURE = "failure.json"
Run = Callable[[Job], Outcome]
log = logging.getLogger("rlhf")


def main(program: str, run: Run, arguments: Sequence[str] | None = None) -> int:
    """Run `run` as the program named `program`; returns the exit code."""
    given = _arguments(program).parse_args(arguments)
    disable_progress_bar()  # type: ignore[no-untyped-call]  # a log is read line by line
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s")
    try:
        with output_lock(given.output), stop_signals() as stop:
            end_with_supervisor()
            (given.output / FAILURE).unlink(missing_ok=True)
            try:
                spec = _read_spec(program, given.spec)
                job = Job(spec=spec, input=given.input, output=given.output, device=_device(spec), stop=stop)
                _run(job, run)
            except Interrupted as error:
                log.info("Interrupted: %s.", error)
                return INTERRUPTED
            except Exception as error:
                return _fail(given.output, program, error)
    except OutputBusy as error:
        log.error("%s", error)  # nothing is written: the other process owns the folder, failure.json too
        return FAILED
    return DONE


def _run(job: Job, run: Run) -> None:
    finished = made_by(job.output)
    if finished not in (None, job.spec.sha256):
        raise BadInput("output", "output: the folder holds what another spec made; use an empty folder.")
    if finished is None:
        seed_all(job.spec)
        write_manifest(job, run(job))
    job.checkpoint_remove()


def seed_all(spec: Spec) -> None:
    """Seeds, threads and algorithms: on a CPU, one thread and the same seed give the same weights.

    On CUDA sampling sums up probabilities, which has no deterministic kernel (torch.use_deterministic_algorithms'
    manual), so there it warns where it cannot promise that.
    """
    # cuBLAS is only deterministic with a workspace of a fixed size (its manual, "Results Reproducibility").
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(spec.threads)
    torch.use_deterministic_algorithms(True, warn_only=_device(spec).type == "cuda")
    random.seed(spec.seed)
    torch.manual_seed(spec.seed)


def _fail(output: Path, program: str, error: Exception) -> int:
    kind = failure_kind(error, {field.name for field in fields(SPECS[program])})
    log.error("Failed (%s): %s", kind, error, exc_info=error if kind == "error" else None)
    text = str(error) if kind != "error" else f"{type(error).__name__}: {error}"
    data = canonical_json({"kind": kind, "text": text})
    try:
        write_atomically(output / FAILURE, lambda file: file.write(data))
    except OSError as full:  # the disk that the work filled is full for this, too
        log.error("%s could not be written: %s", FAILURE, full)
    return BAD_INPUT if isinstance(error, BadInput | RuleBroken) else FAILED


def _read_spec(program: str, path: Path) -> Spec:
    try:
        given = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RuleBroken(f"spec: {path.name} could not be read: {error}.", field="spec") from error
    return parse_spec(program, given)


def _device(spec: Spec) -> torch.device:
    has_cuda = torch.cuda.is_available()
    if spec.device == "cuda" and not has_cuda:
        raise BadInput("device", "device: this machine has no CUDA device; use auto or cpu.")
    return torch.device("cuda" if has_cuda and spec.device != "cpu" else "cpu")


def _arguments(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m workers.rlhf.{program}", description=SPECS[program].__doc__)
    parser.add_argument("--spec", type=Path, required=True, help="spec.json: the settings")
    parser.add_argument("--input", type=Path, required=True, help="folder of inputs")
    parser.add_argument("--output", type=Path, required=True, help="folder of results; interrupted work goes on there")
    return parser
