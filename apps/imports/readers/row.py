"""What a reader yields."""

from collections.abc import Callable
from typing import Any

from apps.core.domain.errors import RuleBroken

ROW_BYTES_MAX = 16 * 1024 * 1024


class Row:
    """A line's JSON value, or why it has none. `size` is roughly its bytes.

    `fingerprint` is a hash of the line as it stands in the file, where it stands there alone. Such a row may come
    packed: what was in last time need not be unpacked to be known. `share` is how much of the file lies behind it,
    where that does not follow from the bytes read.
    """

    __slots__ = ("_packed", "_problem", "_unpack", "_value", "fingerprint", "number", "share", "size")

    def __init__(
        self, number: int, value: Any = None, problem: RuleBroken | None = None, size: int = 0,
        fingerprint: bytes | None = None, share: float | None = None,
    ) -> None:  # fmt: skip
        self.number, self.size, self.fingerprint, self.share = number, size, fingerprint, share
        self._value, self._problem = value, problem
        self._packed = b""
        self._unpack: Callable[[int, bytes], Row] | None = None

    @classmethod
    def packed(cls, number: int, packed: bytes, fingerprint: bytes, unpack: "Callable[[int, bytes], Row]") -> "Row":
        row = cls(number, size=len(packed), fingerprint=fingerprint)
        row._packed, row._unpack = packed, unpack
        return row

    @property
    def value(self) -> Any:
        self._open()
        return self._value

    @property
    def problem(self) -> RuleBroken | None:
        self._open()
        return self._problem

    def _open(self) -> None:
        if self._unpack is not None:
            row = self._unpack(self.number, self._packed)
            self._value, self._problem = row._value, row._problem
            self._packed, self._unpack = b"", None

    def __repr__(self) -> str:
        return f"Row({self.number}, {self.value!r}, {self.problem!r})"


def bad_row(number: int, message: str, code: str, field: str = "line") -> Row:
    return Row(number, problem=RuleBroken(message, field=field, code=code))


def too_long(number: int) -> Row:
    return bad_row(number, f"line: longer than {ROW_BYTES_MAX // 1024**2} MB.", "line_too_long")
