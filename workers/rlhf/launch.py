"""Several processes of one program on this machine, as `accelerate launch` starts them, ending as the program does.

    python -m workers.rlhf.launch --processes 2 sft --spec spec.json --input DIR --output DIR

For a supervisor: accelerate's launcher turns every exit code and every signal into exit code 1, so what stopped could
not be told from what failed. This one ends with the code of the first process that did not end well, or by the signal
that killed one; a stop reaches all of them, and none outlives it.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from workers.rlhf.frame.guard import STOPS, SUPERVISED, end_with_supervisor

LOOK = 0.1  # seconds between looks at them
GRACE = 30.0  # seconds for the others when one has ended badly: they notice by its closed connections, and say so
INTERRUPTED = 75  # as in frame.program


def main(arguments: Sequence[str] | None = None) -> int:
    given = _arguments().parse_args(arguments)
    started: list[subprocess.Popen[bytes]] = []

    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        for one in started:
            one.terminate()

    for number in STOPS:
        signal.signal(number, stop)
    end_with_supervisor()
    try:
        with _kept_port() as port:
            for environment in _environments(given.processes, port, shard=given.shard):
                # Their stdin closes when this process is gone, however it went: then they stop by themselves.
                started.append(subprocess.Popen(_command(given), env=environment, stdin=subprocess.PIPE))
            if asked:  # while they were being started
                stop(signal.SIGTERM, None)
            code = _until_all_ended(started)
    finally:
        for one in started:
            one.kill()
            one.wait()
    for number in STOPS:  # how this ends is decided: a stop that comes now does not make a death by signal of it
        signal.signal(number, signal.SIG_IGN)
    if asked and -code in STOPS:
        return INTERRUPTED  # one was stopped while it loaded libraries, before it heard anything: no step was taken
    if code < 0:
        _end_by(-code)
    return code


def _command(given: argparse.Namespace) -> list[str]:
    return [sys.executable, "-m", f"workers.rlhf.{given.program}", *given.words]


def _end_by(number: int) -> None:
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _until_all_ended(started: Sequence[subprocess.Popen[bytes]]) -> int:
    """0, or how the first that did not end well did; the others are then waited for a while only."""
    bad, give_up = 0, float("inf")
    while time.monotonic() < give_up:
        codes = [one.poll() for one in started]
        killed = [code for code in codes if code is not None and code < 0]
        if killed:
            return killed[0]
        ended = [code for code in codes if code]
        if ended and not bad:
            bad, give_up = ended[0], time.monotonic() + GRACE
        if None not in codes:
            return bad
        time.sleep(LOOK)
    return bad


@contextmanager
def _kept_port() -> Iterator[int]:
    """Where they meet: theirs to listen at, and until they do, seconds later, nobody else is given it."""
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


def _environments(count: int, port: int, *, shard: bool) -> list[dict[str, str]]:
    """What torch.distributed reads, and what accelerate says of sharding."""
    shared = {
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(count), "LOCAL_WORLD_SIZE": str(count),
        "OMP_NUM_THREADS": "1", SUPERVISED: "1",
    }  # fmt: skip
    if shard:
        shared |= {"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2"}
    return [{**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(count)]


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workers.rlhf.launch", description=__doc__)
    parser.add_argument("--processes", type=int, required=True, help="how many; with GPUs, one for each")
    parser.add_argument("--shard", action="store_true", help="each process holds a part of the model only (FSDP2)")
    parser.add_argument("program", help="pretrain, sft or reward")
    parser.add_argument("words", nargs=argparse.REMAINDER, help="the program's own arguments")
    return parser


if __name__ == "__main__":
    sys.exit(main())
