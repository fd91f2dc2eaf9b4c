"""A snapshot and its files: waited for, fetched in pieces where the line breaks, checked by their hash."""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import ApiError, SnapshotFailed, Unreachable
from .progress import bar
from .transport import Transport

CHUNK = 256 * 1024
TRIES = 8
NOTHING_THERE = 416  # of the range that was asked for
BEING_MADE = "file_being_made"  # by a worker, however long that takes
MAKING_PAUSE = 5.0


class Snapshot:
    """A dataset that never changes. `answer` is what the server says of it."""

    def __init__(self, calls: Transport, answer: dict[str, Any]) -> None:
        self._calls = calls
        self.answer = answer

    def __repr__(self) -> str:
        return f"<Snapshot {self.uid} {self.state} {self.answer.get('rows')} rows>"

    @property
    def uid(self) -> str:
        return str(self.answer["uid"])

    @property
    def state(self) -> str:
        return str(self.answer["state"])

    @property
    def sha256(self) -> str | None:
        return self.answer.get("sha256")

    @property
    def rows_total(self) -> int | None:
        return self.answer.get("rows")

    @property
    def records(self) -> str:
        """The name of the file everything else is derived from."""
        return f"{self.answer['kind']}.jsonl"

    def refresh(self) -> "Snapshot":
        self.answer = self._calls.get(f"snapshots/{self.uid}/")
        return self

    def wait(self, *, every: float = 2.0) -> "Snapshot":
        """Until it is ready. Raises SnapshotFailed with the server's reason when it cannot be built."""
        while self.refresh().state == "building":
            self._calls.pause(every)
        if self.state != "ready":
            raise SnapshotFailed(f"Snapshot {self.uid} failed: {self.answer.get('error')}")
        return self

    def files(self) -> list[dict[str, Any]]:
        """Name, size and sha256 of each; the last two are None where it is made when first asked for."""
        listed: list[dict[str, Any]] = self._calls.get(f"snapshots/{self.uid}/files/")
        return listed

    def download(self, folder: str | Path, *names: str, progress: bool = False) -> list[Path]:
        """These files, else those that are made already, in `folder`. What is there and whole is not fetched again."""
        wanted = names or tuple(file["name"] for file in self.files() if file["sha256"])
        into = Path(folder)
        into.mkdir(parents=True, exist_ok=True)
        return [self._fetched(name, into, progress) for name in wanted]

    def rows(self, name: str | None = None) -> Iterator[dict[str, Any]]:
        """The records, or the lines of another file, one at a time."""
        with tempfile.TemporaryDirectory() as folder:
            (path,) = self.download(folder, name or self.records)
            with path.open("rb") as lines:
                for line in lines:
                    yield json.loads(line)

    def load(self, name: str | None = None, **options: Any) -> Any:
        """The records, or another file, as a `datasets.Dataset`. Needs the extra `datasets`."""
        try:
            from datasets import load_dataset
        except ImportError as error:
            raise ImportError(
                "Snapshot.load needs `datasets`: pip install labelstudio-rlhf-client[datasets]"
            ) from error
        with tempfile.TemporaryDirectory() as folder:
            (path,) = self.download(folder, name or self.records)
            reader = "parquet" if path.suffix == ".parquet" else "json"
            return load_dataset(reader, data_files=str(path), split="train", **options)

    def _fetched(self, name: str, into: Path, progress: bool) -> Path:
        path, part = into / name, into / f"{name}.part"
        known = next((file["sha256"] for file in self.files() if file["name"] == name), None)
        for there in (path, part):
            if known and there.is_file() and _sha256(there) == known:
                return there.replace(path)
        attempt = 0
        while attempt < TRIES:
            try:
                etag = self._fetch_rest(name, part, progress)
            except Unreachable:
                attempt += 1
                if attempt == TRIES:
                    raise
                self._calls.pause(min(30.0, 0.25 * 2**attempt))
                continue
            except ApiError as refused:
                if refused.code == BEING_MADE:
                    self._calls.pause(MAKING_PAUSE)
                    continue
                if refused.status != NOTHING_THERE or not part.is_file():
                    raise
                part.unlink()  # it is longer than the server's file: from the beginning
                attempt += 1
                continue
            if _sha256(part) == etag:
                part.replace(path)
                return path
            part.unlink()  # of another version, or damaged: from the beginning
            attempt += 1
        raise SnapshotFailed(f"{name} did not arrive as the server has it, {TRIES} times in a row.")

    def _fetch_rest(self, name: str, part: Path, progress: bool) -> str:
        """Append what is missing; the ETag, which is the whole file's sha256."""
        have = part.stat().st_size if part.is_file() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        with self._calls.stream(f"snapshots/{self.uid}/files/{name}", headers) as answer:
            resumed = answer.status_code == 206
            length = int(answer.headers.get("Content-Length", 0))
            drawn = bar(progress, total=length, what=name)
            with part.open("ab" if resumed else "wb") as file:
                for chunk in answer.iter_raw(CHUNK):
                    file.write(chunk)
                    drawn.update(len(chunk))
            drawn.close()
            return str(answer.headers["ETag"]).strip('"')


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
