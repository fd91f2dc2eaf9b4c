"""Files and rows on their way in: packed while they are sent, sent again when the line breaks, followed to their end."""

import gzip
import json
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from .errors import RuleBroken
from .progress import bar
from .transport import Transport

Row = Mapping[str, Any]
CHUNK = 256 * 1024
OVER = frozenset({"done", "partial", "failed"})
_GZIP = 31  # zlib's word for a gzip frame


@dataclass(frozen=True)
class Import:
    """How an import stands. `errors` are the first thousand lines that were left out, each with its reason."""

    uid: str
    state: str
    lines: int
    prompts: int
    completions: int
    rankings: int
    demonstrations: int
    tasks_created: int
    duplicates: int
    errors_total: int
    errors: list[dict[str, Any]] = field(repr=False)
    error: str
    screened: dict[str, int]
    answer: dict[str, Any] = field(repr=False)

    @classmethod
    def of(cls, answer: dict[str, Any]) -> "Import":
        own = {name: answer[name] for name in cls.__dataclass_fields__ if name not in ("answer", "screened")}
        return cls(**own, screened=answer.get("screened", {}), answer=answer)

    @property
    def over(self) -> bool:
        return self.state in OVER


def import_file(
    calls: Transport, project: str, source: str | Path | Iterable[Row], *, progress: bool, wait: bool,
    every: float, options: Mapping[str, Any],
) -> Import:  # fmt: skip
    """Send a file, or rows as JSON lines, and follow the import until it is over."""
    if isinstance(source, str | Path):
        path = Path(source)
        with path.open("rb") as file:
            return _brought_in(calls, project, file, path.name, progress, wait, every, options)
    with tempfile.TemporaryFile() as file:
        _write_rows(source, file)
        return _brought_in(calls, project, file, "rows.jsonl.gz", progress, wait, every, options)


def _brought_in(
    calls: Transport, project: str, file: IO[bytes], name: str, progress: bool, wait: bool, every: float,
    options: Mapping[str, Any],
) -> Import:  # fmt: skip
    """Sent, and sent again while it breaks off on the way and gets further each time: what is in already is known."""
    key, reached = str(uuid4()), -1
    while True:
        imported = _sent(calls, project, file, name, progress, options, key)
        if not wait:
            return imported
        imported = followed(calls, imported, every=every, progress=progress)
        if imported.state != "partial" or imported.lines <= reached:
            return imported
        reached = imported.lines
        calls.pause(every)


def followed(calls: Transport, imported: Import, *, every: float, progress: bool) -> Import:
    """Ask until it is over."""
    drawn = bar(progress and not imported.over, total=None, what="lines", unit=" lines")
    shown = 0
    while not imported.over:
        calls.pause(every)
        imported = Import.of(calls.get(f"imports/{imported.uid}/"))
        drawn.update(imported.lines - shown)
        shown = imported.lines
    drawn.close()
    return imported


def _write_rows(rows: Iterable[Row], file: IO[bytes]) -> None:
    """On disk first: an iterable can be read once, and a broken line wants it twice."""
    with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=3, mtime=0) as packed:
        for row in rows:
            text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
            packed.write(text.encode(errors="surrogatepass") + b"\n")  # half a character: the server names the line


def _sent(
    calls: Transport, project: str, file: IO[bytes], name: str, progress: bool, options: Mapping[str, Any], key: str
) -> Import:
    packed_already = name.lower().endswith((".gz", ".parquet"))
    size = file.seek(0, 2)
    headers = {"Content-Type": "application/octet-stream", "Idempotency-Key": key}
    params = {"filename": name, **_texts(options)}

    def plain() -> Iterator[bytes]:
        file.seek(0)
        drawn = bar(progress, total=size, what=name)
        try:
            while chunk := file.read(CHUNK):
                yield chunk
                drawn.update(len(chunk))
        finally:
            drawn.close()

    if packed_already:
        return _posted(calls, project, plain, {**headers, "Content-Length": str(size)}, params)
    headers["Content-Encoding"] = "gzip"
    try:
        return _posted(calls, project, lambda: _packed(plain()), headers, params)
    except RuleBroken as refused:
        if refused.code != "length_required":
            raise
    # A server that cannot read chunks must be told the length, so it has to be packed first.
    with tempfile.TemporaryFile() as spooled:
        for piece in _packed(plain()):
            spooled.write(piece)
        length = spooled.tell()
        return _posted(calls, project, lambda: _read(spooled), {**headers, "Content-Length": str(length)}, params)


def _posted(calls: Transport, project: str, content: Any, headers: dict[str, str], params: dict[str, str]) -> Import:
    # The server answers a file of up to 50 MB when it is all in: that takes as long as it takes.
    answer = calls.send(
        "POST", f"projects/{project}/imports/", params=params, headers=headers, content=content, timeout=3600.0
    )
    return Import.of(answer.json())


def _packed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(3, zlib.DEFLATED, _GZIP)
    for chunk in chunks:
        if piece := packer.compress(chunk):
            yield piece
    yield packer.flush()


def _read(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk


def _texts(options: Mapping[str, Any]) -> dict[str, str]:
    """As a query spells them: lists with commas, objects as JSON."""
    return {
        name: ",".join(value) if isinstance(value, list | tuple) else json.dumps(value) if isinstance(value, Mapping) else str(value)
        for name, value in options.items()
        if value is not None
    }  # fmt: skip
