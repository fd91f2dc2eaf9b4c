"""A bar where tqdm is installed and somebody looks; else nothing."""

from typing import Any, Protocol


class Bar(Protocol):
    def update(self, n: float) -> Any: ...
    def close(self) -> Any: ...


class NoBar:
    def update(self, n: float) -> None: ...
    def close(self) -> None: ...


def bar(shown: bool, *, total: int | None, what: str, unit: str = "B") -> Bar:
    """`tqdm.auto` draws it in a notebook or a terminal; without tqdm there is none."""
    if not shown:
        return NoBar()
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return NoBar()
    drawn: Bar = tqdm(total=total, desc=what, unit=unit, unit_scale=True)
    return drawn
