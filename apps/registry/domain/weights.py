"""The header of a safetensors file: what tensors it holds, and whether it is whole. Nothing of a tensor is read.

The format (huggingface/safetensors, README, "Format"): 8 bytes, the header's length, little endian; the header, JSON;
then the tensors' bytes, one behind the other without holes to the file's end.
"""

import json
import math
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The format's own limit.
HEADER_MAX = 100_000_000
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "U16": 16, "I16": 16, "F16": 16, "BF16": 16,
    "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64,
}  # fmt: skip


_TYPE = re.compile(r"[A-Z][A-Z0-9_]{0,19}")


class BadModel(ValueError):
    """These files are no model that may be registered. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Numbers in the file, in all and by their type (`BF16`, `F32`, ...)."""

    parameters: int
    by_type: Counter[str]


def read_weights(path: Path) -> Weights:
    """Raises BadModel where the file is cut short, or is no safetensors file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or not 2 <= length <= min(HEADER_MAX, size - 8):
            raise BadModel(f"{path.name} is cut short, or no safetensors file: its header is not there.")
        header = _parsed(path.name, file.read(length))
    tensors = [_tensor(path.name, name, said) for name, said in header.items() if name != "__metadata__"]
    _require_whole(path.name, tensors, size - 8 - length)
    by_type: Counter[str] = Counter()
    for tensor in tensors:
        by_type[tensor.type] += tensor.numbers
    return Weights(sum(by_type.values()), by_type)


@dataclass(frozen=True, slots=True)
class _Tensor:
    type: str
    numbers: int
    begin: int
    end: int


def _parsed(name: str, data: bytes) -> dict[str, Any]:
    try:
        header = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadModel(f"{name} is no safetensors file: its header is not JSON.") from error
    if not isinstance(header, dict):
        raise BadModel(f"{name} is no safetensors file: its header is not an object.")
    return header


def _tensor(name: str, tensor: str, said: Any) -> _Tensor:
    match said:
        case {"dtype": str(kind), "shape": list(shape), "data_offsets": [int(begin), int(end)]} if (
            all(isinstance(side, int) and side >= 0 for side in shape) and 0 <= begin <= end
        ):
            numbers = math.prod(shape)
            bits = 8 * (end - begin)
            # Of a type that is newer than this: a word, and at least a bit each.
            if numbers * _BITS[kind] == bits if kind in _BITS else _TYPE.fullmatch(kind) and numbers <= bits:
                return _Tensor(kind, numbers, begin, end)
    raise BadModel(f"{name}: its header says of {tensor[:200]!r} what cannot be.")


def _require_whole(name: str, tensors: list[_Tensor], size: int) -> None:
    at = 0
    for tensor in sorted(tensors, key=lambda one: (one.begin, one.end)):
        if tensor.begin != at:
            raise BadModel(f"{name}: its tensors overlap, or leave holes.")
        at = tensor.end
    if at != size:
        missing = "is cut short" if at > size else "holds more than its header says"
        raise BadModel(f"{name} {missing}: {at:,} bytes of weights are announced, and {size:,} are there.")


def sharded(folder: Path, index: Path) -> list[Path]:
    """The files that an index (`model.safetensors.index.json`) names. Raises BadModel where one is not there."""
    named = read_json(index, longest=HEADER_MAX).get("weight_map")
    if not isinstance(named, dict) or not named or not all(isinstance(one, str) for one in named.values()):
        raise BadModel(f"{index.name} names no files.")
    names = sorted(set(named.values()))
    for name in names:
        if os.path.basename(name) != name or not name.endswith(".safetensors") or not (folder / name).is_file():
            raise BadModel(f"{index.name} names {name[:200]!r}, which is no safetensors file of the folder.")
    return [folder / name for name in names]


def read_json(path: Path, *, longest: int) -> dict[str, Any]:
    """An object of at most `longest` bytes. Raises BadModel."""
    if path.stat().st_size > longest:
        raise BadModel(f"{path.name} is larger than {longest:,} bytes.")
    try:
        found = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise BadModel(f"{path.name} is not JSON.") from error
    if not isinstance(found, dict):
        raise BadModel(f"{path.name} is not an object.")
    return found
