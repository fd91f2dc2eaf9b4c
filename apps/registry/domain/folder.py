"""A model's folder on the disk: read without running anything of it, and refused where something would have to run.

`look` reads small files and headers, in milliseconds; `hash_files` reads every byte.
"""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

from apps.core.domain.canonical import content_hash

from .chat_template import template_facts
from .config import config_facts, needs_code
from .weights import BadModel, Weights, read_json, read_weights, sharded

CONFIG, TOKENIZER = "config.json", "tokenizer_config.json"
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
MANIFEST = "manifest.json"
# Endings of what unpickling would run as code, and of code.
PICKLED = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib")
CODE = (".py", ".pyc", ".so", ".dll", ".dylib", ".sh")
FILES_MAX = 1_000
_CONFIG_LONGEST = 50_000_000

Files = dict[str, dict[str, Any]]


def look(folder: Path) -> dict[str, Any]:
    """The facts of a folder that its weights' headers and its small files tell. Raises BadModel, OSError."""
    files = files_below(folder)
    if CONFIG not in files:
        raise BadModel("it has no config.json.")
    for name in (CONFIG, TOKENIZER):
        if name in files and needs_code(read_json(folder / name, longest=_CONFIG_LONGEST)):
            raise BadModel(f"{name} has an auto_map: the model needs code of its own, and none is ever run.")
    require_no_code(files)
    weights = _weights(folder, files)
    return {
        **config_facts(read_json(folder / CONFIG, longest=_CONFIG_LONGEST)),
        "parameters": weights.parameters,
        "types": dict(sorted(weights.by_type.items())),
        **template_facts(folder),
        "bytes": sum(files.values()),
        "file_count": len(files),
        "pickled": sorted(name for name in files if name.lower().endswith(PICKLED)),
    }


def files_below(folder: Path) -> dict[str, int]:
    """Sizes of every file below `folder`, by their paths in it."""
    files = {}
    for path in folder.rglob("*"):
        if path.is_file():
            name = str(path.relative_to(folder))
            if not name.isprintable():
                raise BadModel(f"a file's name is not printable: {name[:80]!r}.")
            files[name] = path.stat().st_size
            if len(files) > FILES_MAX:
                raise BadModel(f"it holds more than {FILES_MAX:,} files, so it is not one model's.")
    return files


def require_no_code(names: Any) -> None:
    """Raises BadModel where one of the files is a program."""
    code = sorted(name for name in names if name.lower().endswith(CODE))
    if code:
        raise BadModel(f"it holds code ({_some(code)}): no code of a model's is ever run, so none may come with it.")


def require_weights_only(names: Any) -> None:
    """Raises BadModel where one of the files is a program or pickled weights: for what our own programs make."""
    require_no_code(names)
    pickled = sorted(name for name in names if name.lower().endswith(PICKLED))
    if pickled:
        raise BadModel(f"it holds pickled files ({_some(pickled)}): weights are kept as safetensors only.")


def hash_files(folder: Path) -> tuple[Files, str]:
    """Every file's sha256 and size, and one hash that names them all.

    The same that a program says of a folder it reads (`workers/rlhf/frame/files.py`, a test compares): of the manifest
    where a run made the folder, else of all files' hashes.
    """
    files = {name: _hashed(folder / name) for name in sorted(files_below(folder))}
    return files, str(files[MANIFEST]["sha256"]) if MANIFEST in files else content_hash(files)


def _hashed(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return {"sha256": sha256, "size": file.tell()}


def _weights(folder: Path, files: dict[str, int]) -> Weights:
    if WEIGHTS in files:
        shards = [folder / WEIGHTS]
    elif INDEX in files:
        shards = sharded(folder, folder / INDEX)
    else:
        pickled = sorted(name for name in files if name.lower().endswith(PICKLED))
        kept = f"its weights are pickled ({_some(pickled)}), and unpickling runs code: " if pickled else ""
        raise BadModel(f"{kept}it has neither {WEIGHTS} nor {INDEX}; only safetensors are read.")
    read = [read_weights(path) for path in shards]
    by_type = sum((one.by_type for one in read), Counter[str]())
    return Weights(sum(one.parameters for one in read), by_type)


def _some(names: list[str]) -> str:
    shown = ", ".join(name[:80] for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
