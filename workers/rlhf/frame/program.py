"""What every ML program shares: `python -m workers.rlhf.<name> --spec spec.json --input DIR --output DIR`.

Exit codes: 0 done; 75 interrupted, the same command goes on; 64 the spec or the data do not allow it; 1 anything else.
On failure OUTPUT/failure.json says {"kind", "text"}. Under `accelerate launch` each of several processes runs `main`.
"""

import json
import logging
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path

import torch
from transformers.utils.logging import disable_progress_bar

from apps.core.domain.canonical import canonical_json
from apps.core.domain.errors import RuleBroken
from apps.training.domain.specs import SPECS, Spec, parse_spec
from workers.rlhf.frame import machine, processes
from workers.rlhf.frame.command import arguments_of
from workers.rlhf.frame.errors import (
    BadInput,
    Diverged,
    Interrupted,
    PartFailed,
    PeerLost,
    begun_otherwise,
    failure_kind,
)
from workers.rlhf.frame.files import write_atomically
from workers.rlhf.frame.guard import OutputBusy, end_with_supervisor, output_lock, stop_signals
from workers.rlhf.frame.job import Job
from workers.rlhf.frame.manifest import Outcome, made_by, write_manifest

__all__ = ["BadInput", "Diverged", "Interrupted", "Job", "Outcome", "main"]

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 64, 75  # 64 and 75: EX_USAGE and EX_TEMPFAIL of sysexits.h
FAILURE = "failure.json"
AFTERWARDS = 2.0  # seconds that one whose peer ended leaves it to say why
SHARED = ("pretrain", "sft", "reward")  # programs whose batches several processes can share
Run = Callable[[Job], Outcome]
log = logging.getLogger("rlhf")


def main(program: str, run: Run, arguments: Sequence[str] | None = None) -> int:
    """Run `run` as the program named `program`; returns the exit code. Without `arguments` it is all that the process does."""
    given = arguments_of(program, arguments)
    disable_progress_bar()  # type: ignore[no-untyped-call]  # a log is read line by line
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s")
    try:
        with _own_output(given.output), stop_signals(last=arguments is None) as stop:
            end_with_supervisor()
            try:
                with processes.joined():
                    _require_shared(program)
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


@contextmanager
def _own_output(output: Path) -> Iterator[None]:
    """The first of the processes holds the folder for all; what an earlier attempt said of its failure goes."""
    if processes.started_rank() > 0:
        yield
        return
    with output_lock(output):
        (output / FAILURE).unlink(missing_ok=True)
        yield


def _require_shared(program: str) -> None:
    if processes.count() > 1 and program not in SHARED:
        raise BadInput(
            "processes",
            f"processes: {program} runs in one process, and {processes.count()} were started; "
            f"only {', '.join(SHARED)} share their batches among several.",
        )


def _run(job: Job, run: Run) -> None:
    finished = made_by(job.output)
    if finished not in (None, job.spec.sha256):
        raise begun_otherwise(job.output)
    if finished is None:
        job.heed_stop()
        seed_all(job.spec)
        try:
            outcome = run(job)
        finally:
            job.curves.close()
        taken = machine.measure(job)
        if processes.is_first():
            write_manifest(job, outcome, taken)
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
    # It would also fill memory that is about to be written, to show reads of what never was: a tenth of a CPU step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    random.seed(spec.seed)
    torch.manual_seed(spec.seed)


def _fail(output: Path, program: str, error: Exception) -> int:
    kind = failure_kind(error, {field.name for field in fields(SPECS[program])})
    log.error("Failed (%s): %s", kind, error, exc_info=error if kind == "error" else None)
    has_said = kind != "error" or isinstance(error, PartFailed)
    text = str(error) if has_said else f"{type(error).__name__}: {error}"
    try:
        _write_failure(output, canonical_json({"kind": kind, "text": text}), afterwards=isinstance(error, PeerLost))
    except OSError as full:  # the disk that the work filled is full for this, too
        log.error("%s could not be written: %s", FAILURE, full)
    return BAD_INPUT if isinstance(error, BadInput | RuleBroken) else FAILED


def _write_failure(output: Path, data: bytes, *, afterwards: bool) -> None:
    """Of several processes the first to fail is heard, and one that failed because another did only if nobody else is."""
    if afterwards:
        time.sleep(AFTERWARDS)
    if processes.started_count() == 1:
        write_atomically(output / FAILURE, lambda file: file.write(data))
    elif not (output / FAILURE).exists():
        own = output / f"{FAILURE}.{processes.started_rank()}"
        write_atomically(own, lambda file: file.write(data))
        with suppress(FileExistsError):
            os.link(own, output / FAILURE)
        own.unlink()


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
    if not has_cuda or spec.device == "cpu":
        return torch.device("cpu")
    return torch.device("cuda", processes.local_rank()) if processes.count() > 1 else torch.device("cuda")
