"""Files that are there whole or not at all, and their hashes."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

from apps.core.domain.canonical import content_hash


def write_atomically(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """The file `path` as `write` writes it, on the disk before it takes its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    try:
        with new.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)  # on a full disk its room is needed to say so
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Renames within `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe_file(path: Path) -> dict[str, str | int]:
    return {"sha256": file_sha256(path), "size": path.stat().st_size}


def describe_files(folder: Path, leave_out: str = "") -> dict[str, dict[str, str | int]]:
    """Every file below `folder` by its path relative to it: its sha256 and size in bytes."""
    return {
        str(path.relative_to(folder)): describe_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != leave_out
    }


def folder_sha256(folder: Path) -> str:
    """What names a model folder: the hash of the manifest of the run that made it, else of its files' hashes."""
    manifest = folder / "manifest.json"
    return file_sha256(manifest) if manifest.is_file() else content_hash(describe_files(folder))
