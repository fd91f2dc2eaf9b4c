"""A file of the artifact store as an answer: streamed, with ETag, conditions and ranges."""

from collections.abc import Iterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from apps.core.api import error_body
from apps.core.etags import is_known

from .domain.byte_range import NotSatisfiable, parse_range

CHUNK = 256 * 1024
_TYPES = {".jsonl": "application/x-ndjson", ".parquet": "application/vnd.apache.parquet", ".md": "text/markdown; charset=utf-8"}  # fmt: skip
MEDIA_TYPES = (*(name.partition(";")[0] for name in _TYPES.values()), "application/octet-stream")


def file_response(request: HttpRequest, *, path: Path, name: str, sha256: str, size: int) -> HttpResponseBase:
    """200, 206, 304 or 416. The ETag is the file's own hash, so a client can check what it got."""
    etag = f'"{sha256}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
    }
    if is_known(request, etag):
        unchanged = HttpResponse(status=304, headers=headers)
        del unchanged["Content-Type"]
        return unchanged
    try:
        wanted = parse_range(_range_header(request, etag), size)
    except NotSatisfiable:
        body = error_body("range_not_satisfiable", f"The file has {size} bytes.")
        return JsonResponse(body, status=416, headers={"Content-Range": f"bytes */{size}"})
    first, last = wanted or (0, size - 1)
    headers["Content-Length"] = str(last - first + 1)
    if wanted:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return StreamingHttpResponse(
        _bytes(path, first, last - first + 1),
        status=206 if wanted else 200,
        content_type=_TYPES.get(Path(name).suffix, "application/octet-stream"),
        headers=headers,
    )


def _range_header(request: HttpRequest, etag: str) -> str:
    """The range asked for, unless it is of another version of the file (If-Range)."""
    unless = request.headers.get("If-Range")
    return "" if unless and unless.strip() != etag else request.headers.get("Range", "")


def _bytes(path: Path, first: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(first)
        while length > 0 and (chunk := file.read(min(CHUNK, length))):
            length -= len(chunk)
            yield chunk
