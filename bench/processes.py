"""Processor time of a program and all that it started, by the kernel's own count."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def tree_of(root: int) -> set[int]:
    """The process and its descendants."""
    children: dict[int, list[int]] = {}
    for pid, (_, fields) in _all().items():
        children.setdefault(int(fields[1]), []).append(pid)
    found, todo = set(), [root]
    while todo:
        pid = todo.pop()
        found.add(pid)
        todo += children.get(pid, [])
    return found


def seconds_of(root: int) -> float:
    """User and system time of the tree so far, that of ended and awaited children included."""
    everyone = _all()
    return sum(sum(map(int, everyone[pid][1][11:15])) for pid in tree_of(root) if pid in everyone) / _TICKS


def with_argument(word: str) -> int:
    """The topmost process that was started with this argument."""
    everyone = _all()
    those = {pid for pid, (argv, _) in everyone.items() if word.encode() in argv}
    tops = [pid for pid in those if int(everyone[pid][1][1]) not in those]
    if len(tops) != 1:
        raise RuntimeError(f"{len(tops)} programs run with {word}")
    return tops[0]


def parent_of(pid: int) -> int:
    return int(_all()[pid][1][1])


def _all() -> dict[int, tuple[list[bytes], list[str]]]:
    """Of each process the arguments, and the fields of `stat` from the state on."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                found[int(folder.name)] = ((folder / "cmdline").read_bytes().split(b"\0"), fields)
            except OSError:
                continue  # it ended meanwhile
    return found
