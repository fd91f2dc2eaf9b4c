"""A tally as bytes and back, for whoever keeps it between one look and the next."""

import io

import numpy as np

from .sums import Sums
from .tally import Tally

# A tally of another version is counted anew, not read.
VERSION = 1
_PARTS = ("prompts", "labelers", "judged")


def tally_bytes(tally: Tally) -> bytes:
    """Compressed; no pickles."""
    file = io.BytesIO()
    arrays = {f"{part}_{of}": getattr(getattr(tally, part), of) for part in _PARTS for of in ("keys", "counts")}
    np.savez_compressed(file, version=np.array(VERSION), **arrays)
    return file.getvalue()


def tally_from(data: bytes) -> Tally | None:
    """None where the bytes are of another version."""
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        if int(found["version"]) != VERSION:
            return None
        return Tally(*(Sums(found[f"{part}_keys"], found[f"{part}_counts"]) for part in _PARTS))
