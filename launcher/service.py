"""A program that is to be kept running."""

from collections.abc import Callable
from pathlib import Path

from launcher import leftovers
from launcher.children import Child, Program, spawn


class Service:
    """Starts its program, again if need be, and remembers the process for a later run to clean up."""

    def __init__(self, program: Program, *, log_dir: Path, run_dir: Path) -> None:
        self.program = program
        self._log = log_dir / f"{program.name}.log"
        self._record = run_dir / f"{program.name}.json"
        self._child: Child | None = None

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def child(self) -> Child:
        if self._child is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._child

    def start(self) -> None:
        leftovers.stop(self._record, self.program.stop_signal, self.program.stop_seconds)
        self._child = spawn(self.program, self._log)
        leftovers.remember(self._record, self._child.pid)

    def exit_code(self) -> int | None:
        return self.child.exit_code()

    def stop(self, impatient: Callable[[], bool] = lambda: False) -> None:
        if self._child is not None:
            self._child.stop(impatient)
            leftovers.forget(self._record)
