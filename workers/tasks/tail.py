"""Following files that a program writes: whole lines of its metrics, the end of its log."""

import os
import re
from pathlib import Path

from apps.training.domain.metrics import StepMetrics, parse_metrics

LOG_TAIL_BYTES = 8_000
# Colours for a terminal, which libraries write into files as well; a page would show them as boxes.
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class MetricsTail:
    """The lines that were added since the last look. A line that cannot be read is counted and left out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self.unreadable = 0
        self.problem = ""  # of the last line that could not be read

    def read(self) -> list[StepMetrics]:
        """Whole lines only: one that is still being written is read when its end is there."""
        try:
            with self._path.open("rb") as file:
                if not self._stands(file.fileno()):
                    self._offset = 0
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        steps = [self._parse(line) for line in whole.splitlines() if line.strip()]
        return [step for step in steps if step]

    def _stands(self, descriptor: int) -> bool:
        """Whether what was read is still there: a program that resumes cuts the file back to its checkpoint's step.

        Lines that are then read twice are recorded once.
        """
        return self._offset == 0 or os.pread(descriptor, 1, self._offset - 1) == b"\n"

    def _parse(self, line: bytes) -> StepMetrics | None:
        try:
            return parse_metrics(line)
        except ValueError as error:
            self.unreadable += 1
            self.problem = str(error)
            return None


def log_tail(path: Path, most: int = LOG_TAIL_BYTES) -> str:
    """The end of a log, without colours and without the line that the cut goes through."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - most))
            data = file.read()
    except FileNotFoundError:
        return ""
    if size > most and b"\n" in data:
        data = data.partition(b"\n")[2]
    return _COLOURS.sub("", data.decode(errors="replace"))
