"""The artifact store: files named by their SHA-256, laid down whole or not at all."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from django.conf import settings

from apps.core.domain.errors import DomainError

# What is hashed and written at a time.
_BLOCK = 2**20
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR)


class StoreFull(DomainError):
    """No room for a file. Nothing of it stays, so asking again is harmless."""

    status, code = 507, "store_full"


class StoreClosed(DomainError):
    """The store's folder cannot be written to: whoever runs the installation has to mend that."""

    status, code = 507, "store_closed"


@contextmanager
def _room(written: int) -> Iterator[None]:
    """A full disk, or a closed folder, in a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in _CLOSED:
            raise StoreClosed(
                f"The server cannot write to its artifact store ({os.strerror(error.errno)}), and nothing of the file was "
                "kept. Tell whoever runs it, then ask again."
            ) from error
        if error.errno not in _FULL:
            raise
        raise StoreFull(
            f"The disk of the artifact store is full: writing stopped after {written:,} bytes, and nothing of the "
            "file was kept. Free some space, then ask again."
        ) from error


def artifact_path(sha256: str) -> Path:
    return Path(settings.ARTIFACT_ROOT) / "sha256" / sha256[:2] / sha256


def leftovers_remove(owner: str) -> None:
    """Remove what a killed process left of a file for `owner`."""
    for left in (Path(settings.ARTIFACT_ROOT) / "tmp").glob(f"{owner}.*"):
        left.unlink(missing_ok=True)


class ArtifactWriter:
    """A file on its way into the store: hashed while it is written, renamed to its hash when the block ends well.

    When the block raises, nothing stays. `owner` names the temporary file, so that what a killed
    process left is found and removed by the next writer for the same owner.
    """

    def __init__(self, owner: str) -> None:
        self._folder = Path(settings.ARTIFACT_ROOT) / "tmp"
        self._owner = owner
        self._hash = hashlib.sha256()
        self.size = 0
        self.sha256 = ""

    def __enter__(self) -> Self:
        self._waiting = bytearray()
        self._path = self._folder / f"{self._owner}.{os.getpid()}"
        with _room(0):
            self._folder.mkdir(parents=True, exist_ok=True)
            leftovers_remove(self._owner)
            self._file: IO[bytes] = open_new(self._path)
        return self

    def write(self, data: bytes) -> int:
        self._waiting += data
        self.size += len(data)
        if len(self._waiting) >= _BLOCK:
            self.flush()
        return len(data)

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        self._hash.update(self._waiting)
        with _room(self.size - len(self._waiting)):
            rest = memoryview(self._waiting)
            while rest:
                rest = rest[self._file.write(rest) :]
        self._waiting = bytearray()

    @property
    def closed(self) -> bool:
        return self._file.closed

    def close(self) -> None:
        """Other writers close what they write to; the block's end is what counts here."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._settle()
        finally:
            try:
                self._file.close()
            finally:
                self._path.unlink(missing_ok=True)

    def _settle(self) -> None:
        """On disk first, then under its name: a name in the store always means a whole file."""
        self.flush()
        with _room(self.size):
            os.fsync(self._file.fileno())
            self.sha256 = self._hash.hexdigest()
            target = artifact_path(self.sha256)
            target.parent.mkdir(parents=True, exist_ok=True)
            self._path.rename(target)
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def open_new(path: Path) -> IO[bytes]:
    return path.open("wb", buffering=0)
