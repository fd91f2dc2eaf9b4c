"""The store of models: `ARTIFACT_ROOT/models/<sha256 of manifest.json>/`, laid down whole or not at all."""

import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import orjson
from django.conf import settings

from apps.core.domain.canonical import sha256_hex
from apps.registry.domain.folder import look, require_weights_only
from apps.registry.domain.weights import BadModel

MANIFEST = "manifest.json"
FROZEN = 0o444


class BadOutput(Exception):
    """What the program left is not what its manifest says."""


def manifest_read(path: Path) -> tuple[dict[str, Any], bytes]:
    """The manifest, and its bytes: their hash names the artifact. Raises BadOutput."""
    try:
        data = path.read_bytes()
        manifest = orjson.loads(data)
    except FileNotFoundError as error:
        raise BadOutput("The program ended without a manifest.") from error
    except orjson.JSONDecodeError as error:
        raise BadOutput(f"manifest.json is not JSON: {error}.") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise BadOutput("manifest.json names no files.")
    return manifest, data


def model_store(source: Path, manifest: Mapping[str, Any], data: bytes, *, owner: str) -> str:
    """Put the model folder `source` into the store and say its name there, the sha256 of the manifest.

    Every file is checked against the manifest; equal artifacts are stored once. Raises BadOutput, and OSError where
    the disk is full: then nothing stays. `owner` names the temporary folder.
    """
    sha256 = sha256_hex(data)
    target = Path(settings.ARTIFACT_ROOT) / "models" / sha256
    if target.is_dir():
        return sha256
    if not manifest["files"]:
        raise BadOutput("manifest.json names no files of the model.")
    for name, said in manifest["files"].items():
        file_check(source, name, said)
    _require_loadable(source, manifest["files"])
    new = Path(settings.ARTIFACT_ROOT) / "tmp" / f"model-{owner}"
    shutil.rmtree(new, ignore_errors=True)  # what a killed worker left
    try:
        _fill(new, source, list(manifest["files"]), data)
        target.parent.mkdir(parents=True, exist_ok=True)
        _settle(new, target)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return sha256


def model_facts(sha256: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What the files of a stored model say. Of its hashes the manifest's are true: they were checked."""
    return {**look(Path(settings.ARTIFACT_ROOT) / "models" / sha256), "files": dict(manifest["files"])}


def _require_loadable(source: Path, names: Iterable[str]) -> None:
    """Safetensors, whole, and nothing that would have to run: else no later program could read it."""
    try:
        require_weights_only(names)
        look(source)
    except BadModel as error:
        raise BadOutput(f"The model that was made cannot be kept: {error}") from error


def file_check(folder: Path, name: str, said: Any) -> Path:
    """The file that a manifest names, if it is a file of that folder and is what the manifest says."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or str(path) != name or name == MANIFEST or "\x00" in name:
        raise BadOutput(f"manifest.json names {name!r}, which is no file of the folder.")
    file = folder / name
    if not file.is_file() or not file.resolve().is_relative_to(folder.resolve()):
        raise BadOutput(f"manifest.json names {name}, which is not there.")
    with file.open("rb") as opened:
        found = {"sha256": hashlib.file_digest(opened, "sha256").hexdigest(), "size": os.fstat(opened.fileno()).st_size}
    if found != said:
        raise BadOutput(f"{name} is not what manifest.json says: it has {found}, and {said} was said.")
    return file


def _fill(new: Path, source: Path, names: list[str], data: bytes) -> None:
    for name in names:
        place = new / name
        place.parent.mkdir(parents=True, exist_ok=True)
        _copy(source / name, place)
    (new / MANIFEST).write_bytes(data)
    for path in [*new.rglob("*"), new]:
        if path.is_file():
            path.chmod(FROZEN)
        _sync(path)


def _copy(source: Path, target: Path) -> None:
    """A second name for the same bytes where the file system has that: weights need no second copy on the disk."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copyfile(source, target)


def _settle(new: Path, target: Path) -> None:
    """On disk first, then under its name: a name in the store always means a whole model."""
    try:
        new.rename(target)
    except OSError:
        if not target.is_dir():  # else another worker stored the same meanwhile
            raise
    _sync(target.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
