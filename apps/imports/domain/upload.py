"""What a sender says about a file, as a format: by parameter, by name, by media type."""

from dataclasses import dataclass

_SUFFIXES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".parquet": "parquet"}
_MEDIA_TYPES = {
    "application/x-ndjson": "jsonl",
    "application/ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "application/x-jsonlines": "jsonl",
    "application/json-lines": "jsonl",
    "text/csv": "csv",
    "application/vnd.apache.parquet": "parquet",
    "application/x-parquet": "parquet",
}
# Those after the third are other programs' files: no name or media type tells them, only who sends them.
FORMATS = ("jsonl", "csv", "parquet", "label-studio", "argilla", "hh", "oasst")


@dataclass(frozen=True, slots=True)
class FileKind:
    format: str
    gzipped: bool


def kind_of_file(*, format: str = "", filename: str = "", media_type: str = "", encoding: str = "") -> FileKind | None:
    """The first that says so: the stated format, the name's suffix (before .gz), the media type. Else None."""
    name = filename.lower()
    packed = name.endswith(".gz") or encoding == "gzip"
    name = name.removesuffix(".gz")
    by_suffix = next((kind for suffix, kind in _SUFFIXES.items() if name.endswith(suffix)), None)
    found = format or by_suffix or _MEDIA_TYPES.get(media_type.lower())
    return FileKind(found, packed) if found in FORMATS else None
