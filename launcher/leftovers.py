"""Remember which processes were started, so that a later run can stop what an earlier one had to leave behind.

Children are tethered to the launcher (see children.py); this is the second net, for a child that ignored the tether.
A process id alone is not trusted: the number may belong to another program by now.
"""

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path


def started_at(pid: int) -> str | None:
    """When the process began, in a form that never repeats on this machine; None when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    # The second field, the program's name, may hold spaces and brackets: count from the last bracket.
    fields = stat.rpartition(")")[2].split()
    state, ticks_since_boot = fields[0], fields[19]
    return None if state == "Z" else f"{boot}:{ticks_since_boot}"


def remember(record: Path, pid: int) -> None:
    # Put in place whole: a launcher killed while it writes would leave a record that names nobody.
    new = record.with_suffix(".new")
    new.write_text(json.dumps({"pid": pid, "started_at": started_at(pid)}))
    new.replace(record)


def forget(record: Path) -> None:
    record.unlink(missing_ok=True)


def running(record: Path) -> int | None:
    """The remembered process, if it is that very one and still alive."""
    try:
        saved = json.loads(record.read_text())
        pid, began = int(saved["pid"]), saved["started_at"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if began is not None and started_at(pid) == began else None


def stop(record: Path, stop_signal: signal.Signals, seconds: float) -> bool:
    """Stop a remembered process with all it started; says whether there was one."""
    pid = running(record)
    if pid is not None:
        stop_stranger(pid, stop_signal, seconds)
    forget(record)
    return pid is not None


def stop_stranger(pid: int, stop_signal: signal.Signals, seconds: float) -> None:
    """Stop a process group that is not our child: ask, wait, kill."""
    began = started_at(pid)
    deadline = time.monotonic() + seconds
    with suppress(ProcessLookupError):
        os.kill(pid, stop_signal)
        while started_at(pid) == began and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(pid, signal.SIGKILL)
