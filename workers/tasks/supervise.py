"""From a claimed run to an ended one: prepare its folder, run its program, record how it went."""

import errno
import json
import logging
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from celery.worker import state

from apps.training.services.artifacts import BadOutput
from apps.training.services.claim import (
    Claim,
    ClaimLost,
    DatabaseAway,
    claim_cancelled,
    claim_fail,
    claim_release,
)
from apps.training.services.finish import claim_finish
from apps.training.services.heart import Heart
from apps.training.services.workspace import Refused, Workspace, claim_prepare

from .child import Child, program_environment
from .tail import log_tail
from .watch import Asked, Ending, Pace, Watch

logger = logging.getLogger(__name__)
DONE, BAD_SPEC, INTERRUPTED = 0, 64, 75
LAST_LINES = 3  # of a log, in which a program says what ended it
PROCESSES, SHARD = "ML_PROCESSES", "ML_SHARD"  # settings of a worker's machine: docs/operations.md
SHARED = ("pretrain", "sft", "reward")  # programs whose batches, and whose model, several processes can share
T = TypeVar("T")
Command = Callable[[Claim, Workspace], Sequence[str]]


def program_command(claim: Claim, place: Workspace) -> list[str]:
    """What a researcher types to run the same by hand."""
    files = ["--spec", str(place.spec), "--input", str(place.input), "--output", str(place.output)]
    count = processes_of(claim.program, os.environ)
    if count == 1:
        return [sys.executable, "-m", f"workers.rlhf.{claim.program}", *files]
    shard = ["--shard"] if os.environ.get(SHARD) == "1" else []
    launcher = [sys.executable, "-m", "workers.rlhf.launch", "--processes", str(count), *shard]
    return [*launcher, claim.program, *files]


def processes_of(program: str, environ: Mapping[str, str]) -> int:
    """How many processes a program gets on this worker. Raises Refused where the setting is no number."""
    said = environ.get(PROCESSES, "1")
    if not re.fullmatch(r"[1-9]\d{0,2}", said):
        raise Refused("error", f"{PROCESSES} is {said!r} on this worker; a number from 1 to 999 is expected.")
    return int(said) if program in SHARED else 1


def worker_is_stopping() -> bool:
    """This Celery worker has been asked to end. Seen from a pool of threads; a pool of processes learns it too late."""
    # An exit code once it is asked, and 0 is one.
    flags: tuple[object, ...] = (state.should_stop, state.should_terminate)
    return any(asked is not None and asked is not False for asked in flags)


def supervise(
    claim: Claim,
    *,
    command: Command = program_command,
    pace: Pace | None = None,
    stopping: Callable[[], bool] = worker_is_stopping,
) -> None:
    """Run it to its end and record that. What goes wrong here fails the run with its own words."""
    pace = pace or Pace()
    try:
        _run(claim, command, pace, stopping)
    except (ClaimLost, DatabaseAway) as lost:
        logger.warning("run %s is not ours any more, nothing is recorded: %s", claim.uid, lost)
    except Refused as refused:
        kind, text = refused.kind, str(refused)
        _record(pace, lambda: claim_fail(claim, kind, text))
    except Exception as error:
        logger.exception("run %s failed in its worker", claim.uid)
        kind, text = _own_failure(error)
        _record(pace, lambda: claim_fail(claim, kind, text))


def _run(claim: Claim, command: Command, pace: Pace, stopping: Callable[[], bool]) -> None:
    place = _insist(pace, lambda: claim_prepare(claim))
    if not place.is_done:
        words, environ = command(claim, place), program_environment(os.environ, _asked_model(claim, place))
        with Child(words, log=place.log, patience=pace.patience, environ=environ) as child:
            watch = Watch(claim=claim, place=place, child=child, pace=pace, stopping=stopping)
            ending = watch.until_it_ends()
        if ending.code != DONE:
            _insist(pace, lambda: _record_ending(claim, place, ending))
            return
    _finish(claim, place, pace)


def _asked_model(claim: Claim, place: Workspace) -> str:
    """The model that the program may ask at a server; empty for all but the one that writes candidates."""
    return str(json.loads(place.spec.read_bytes())["model"]) if claim.program == "generate" else ""


def _finish(claim: Claim, place: Workspace, pace: Pace) -> None:
    try:
        with Heart(claim, pace.beat):
            _insist(pace, lambda: claim_finish(claim, place))
    except BadOutput as error:
        place.manifest.unlink(missing_ok=True)  # a run that is resumed does it again
        text = str(error)
        _insist(pace, lambda: claim_fail(claim, "error", text))


def _record_ending(claim: Claim, place: Workspace, ending: Ending) -> None:
    by_signal = ending.code < 0
    if ending.asked is Asked.CANCEL:
        claim_cancelled(claim)
    elif ending.asked is Asked.STOP and (by_signal or ending.code == INTERRUPTED):
        claim_release(claim, "Its worker was stopped; it goes on from its last checkpoint.", counted=False)
    elif ending.code == INTERRUPTED:
        claim_release(claim, "It was interrupted; it goes on from its last checkpoint.", counted=True)
    elif by_signal:
        claim_fail(claim, "killed", _killed(-ending.code))
    else:
        claim_fail(claim, *_told_failure(place, ending.code))


def _killed(number: int) -> str:
    hint = " Running out of memory is the usual cause." if number == signal.SIGKILL else ""
    return (
        f"The program was ended by {signal.Signals(number).name}.{hint} When it is resumed it goes on from its last "
        "checkpoint."
    )


def _told_failure(place: Workspace, code: int) -> tuple[str, str]:
    """The program's own words, else the last line of its log."""
    try:
        told = json.loads(place.failure.read_bytes())
        return str(told["kind"]), str(told["text"])
    except FileNotFoundError:
        logger.info("exit code %s without failure.json", code)
    except (ValueError, KeyError, TypeError) as error:
        logger.warning("failure.json could not be read: %r", error)
    lines = log_tail(place.log).strip().splitlines()
    said = f" Its last words: {lines[-1]}" if lines else " It said nothing."
    kind = "spec" if code == BAD_SPEC else "error"
    if any(os.strerror(errno.ENOSPC) in line for line in lines[-LAST_LINES:]):
        kind = "disk"  # it had no room for its own words either
    return kind, f"The program ended with exit code {code}.{said}"


def _own_failure(error: Exception) -> tuple[str, str]:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "disk", f"The disk is full: {error}. Free some space, then resume the run."
    return "error", f"{type(error).__name__}: {error}"


def _record(pace: Pace, write: Callable[[], None]) -> None:
    try:
        _insist(pace, write)
    except (ClaimLost, DatabaseAway) as lost:
        logger.warning("not recorded: %s", lost)


def _insist(pace: Pace, write: Callable[[], T]) -> T:
    """Try again while the database is away, for as long as the claim may live without a word from us."""
    give_up = time.monotonic() + pace.away
    while True:
        try:
            return write()
        except DatabaseAway:
            if time.monotonic() >= give_up:
                raise
            time.sleep(min(pace.beat, 1.0))
