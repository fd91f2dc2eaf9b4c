"""Several processes of one run, forked from the test's, so that torch need not be imported again."""

import os
import signal
import socket
import time
import traceback
from collections.abc import Callable

from workers.rlhf.frame.job import Job

PATIENCE = 300.0  # seconds, on a machine that may have other work


def fork_together(count: int, work: Callable[[int], int]) -> list[int]:
    """Starts `count` processes, as a launcher does; each ends with the exit code that `work(rank)` returns."""
    started = []
    with socket.socket() as kept:  # each of them holds it: until one listens there nobody else is given this port
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        for rank in range(count):
            pid = os.fork()
            if pid == 0:
                os.environ |= {
                    "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1",
                    "MASTER_PORT": str(kept.getsockname()[1]), "GLOO_SOCKET_IFNAME": "lo",
                }  # fmt: skip
                code = 99
                try:
                    code = work(rank)
                except BaseException:
                    traceback.print_exc()
                finally:
                    os._exit(code)
            started.append(pid)
    return started


def wait_for(started: list[int]) -> list[int]:
    """Their exit codes, negative for a signal. Those that do not end in time are killed."""
    codes: dict[int, int] = {}
    give_up = time.monotonic() + PATIENCE
    while len(codes) < len(started):
        for pid in started:
            if pid not in codes:
                done, status = os.waitpid(pid, os.WNOHANG)
                if done:
                    codes[pid] = os.waitstatus_to_exitcode(status)
                elif time.monotonic() > give_up:
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
    return [codes[pid] for pid in started]


def until(true: Callable[[], object]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < give_up, "it did not happen"
        time.sleep(0.01)


def together(count: int, work: Callable[[int], int]) -> list[int]:
    return wait_for(fork_together(count, work))


def strike_after(lines: int, part: float) -> None:
    """The kernel ends this process that part of a step after so many lines of metrics, wherever it is by then.

    By an alarm that nobody hears, which is as sudden as kill -9. Both are measured in this process's own time on a
    processor: other work on the machine makes no step longer, and the run does not end before the alarm.
    """

    def log(job: Job, step: int, total: int, /, **numbers: float) -> None:
        honest(job, step, total, **numbers)
        logged.append(time.process_time())
        if len(logged) == lines:
            signal.setitimer(signal.ITIMER_PROF, max(1e-6, part * (logged[-1] - logged[-2])))

    logged: list[float] = []
    honest, Job.log = Job.log, log  # type: ignore[method-assign]  # the process is forked: nobody else sees it
