"""What every table of judgments asks of a column that somebody hands in."""

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def column(name: str, values: npt.ArrayLike, count: int | None) -> Ints:
    """`values` as whole numbers, one a judgment. Raises ValueError that names the column."""
    given: npt.NDArray[Any] = np.asarray(values)
    if given.ndim != 1 or (count is not None and len(given) != count):
        raise ValueError(f"{name}: one value a judgment is needed, {count} in all, not {given.shape}")
    if len(given) and given.dtype.kind not in "iub":
        raise ValueError(f"{name}: whole numbers are needed, not {given.dtype}")
    return given.astype(np.int64)
