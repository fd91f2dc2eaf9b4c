"""The numbers of metrics.jsonl once more as TensorBoard's event files, for whoever compares runs there.

A convenience: where its library is missing, or its folder cannot be written, the run goes on without.
"""

import logging
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger("rlhf")


class Curves:
    """One attempt's event file in `folder`. The library is imported at the first number, so that others need not wait."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Any = None
        self._gone = False  # whether it was given up

    def begin_again(self) -> None:
        """Nothing of an earlier attempt counts."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def go_on_after(self, step: int) -> None:
        """What an earlier attempt said of later steps does not count: they are done again."""
        if self._folder.is_dir():
            self._attempt(lambda: self._write(step + 1, restart=True))

    def add(self, step: int, numbers: Mapping[str, float]) -> None:
        self._attempt(lambda: self._write(step, numbers))

    def flush(self) -> None:
        if self._writer:
            self._attempt(self._writer.flush)

    def close(self) -> None:
        if self._writer:
            self._attempt(self._writer.close)
        self._writer = None

    def _attempt(self, do: Any) -> None:
        if self._gone:
            return
        try:
            do()
        except (ImportError, OSError) as error:
            self._gone = True
            log.warning("No TensorBoard files are written: %s", error)

    def _write(self, step: int, numbers: Mapping[str, float] | None = None, *, restart: bool = False) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        if self._writer is None:
            self._writer = EventFileWriter(str(self._folder))
        event = Event(wall_time=time.time(), step=step)
        if restart:  # TensorBoard then forgets what stands in earlier files from this step on
            event.session_log.CopyFrom(SessionLog(status=SessionLog.START))
        else:
            values = [Summary.Value(tag=name, simple_value=value) for name, value in (numbers or {}).items()]
            event.summary.CopyFrom(Summary(value=values))
        self._writer.add_event(event)
