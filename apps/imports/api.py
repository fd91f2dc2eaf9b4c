"""Imports over the API: files are streamed, never parsed by the framework."""

from collections.abc import Iterator
from typing import Any

import orjson
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import caller
from apps.accounts.idempotency import Unfinished, idempotent_stream
from apps.core.api import UidCursorPagination, cursor_page
from apps.core.domain.errors import RuleBroken
from apps.core.negotiation import FileBody, OneAnswer
from apps.core.schema import errors
from apps.projects.access import Capability, member_for
from apps.prompts.domain.conversation import clean_text

from .access import import_for
from .api_schema import FindingAnswer, ImportAnswer, ImportFilters, ImportListed, ProblemAnswer
from .domain.upload import FORMATS, FileKind, kind_of_file
from .models import Import
from .options_api import OPTION_PARAMETERS, form_properties, options_of
from .readers import Readable, stream_chunks
from .selectors import findings_stream, imports_of, problems_stream, problems_table
from .services.receive import import_receive
from .services.recogniser import options_runnable

_FILE = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}, **form_properties()}}
_PARAMETERS = [
    OpenApiParameter("tasks", enum=Import.Tasks.values, default="open", description="Make ranking tasks to claim, or none."),
    OpenApiParameter("async", bool, description="Answer 202 at once; poll the import."),
    OpenApiParameter("format", enum=FORMATS, description="Where neither name nor media type says it."),
    OpenApiParameter("filename", str, description="Of a body that is sent as it is."),
    *OPTION_PARAMETERS,
]  # fmt: skip


class ImportsView(APIView):
    parser_classes = [MultiPartParser, FileBody]
    content_negotiation_class = OneAnswer
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="imports_list", parameters=[ImportFilters], responses={200: ImportListed(many=True), **errors(422)}
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's imports, newest first."""
        member = member_for(request.user, slug, Capability.CURATE)
        return cursor_page(self, request, imports_of(member.project), ImportListed, ImportFilters)

    @extend_schema(
        operation_id="imports_create",
        parameters=_PARAMETERS,
        request={
            "application/x-ndjson": OpenApiTypes.BINARY,
            "text/csv": OpenApiTypes.BINARY,
            "application/vnd.apache.parquet": OpenApiTypes.BINARY,
            "multipart/form-data": _FILE,
        },
        responses={200: ImportAnswer, 202: ImportAnswer, **errors(409, 413, 415, 422)},
    )
    @idempotent_stream
    def post(self, request: Request, slug: str) -> Response:
        """Prompts, completions, rankings and demonstrations, a line each; sending a file again is harmless."""
        member = member_for(request.user, slug, Capability.CURATE)
        tasks = _one_of(request, "tasks", Import.Tasks.values, "open")
        _one_of(request, "format", FORMATS, "")
        later = request.query_params.get("async", "").lower() in ("1", "true", "yes")
        stream, filename, size = _body(request)
        clean_text(filename, "filename")
        kind = _kind(request, filename)
        options = options_of(request)
        options_runnable(options)
        if "tasks" not in request.query_params:
            tasks = options.get("tasks", tasks)
        imported = import_receive(
            actor=caller(request), project=member.project, chunks=stream_chunks(stream, expected=size), size=size,
            later=later, tasks=tasks, filename=filename[-200:], format=kind.format, gzipped=kind.gzipped,
            options=options,
        )  # fmt: skip
        if imported.state == Import.State.FAILED:
            raise RuleBroken(imported.error, field="file", code="unreadable_file", **{"import": str(imported.uid)})
        answer = ImportAnswer(imported, context={"request": request}).data
        # A file that was cut off on its way is not all in when what came of it is.
        answered = Unfinished if imported.error else Response
        return answered(answer, status=202 if imported.finished_at is None else 200)


class ImportView(APIView):
    @extend_schema(operation_id="imports_retrieve", responses={200: ImportAnswer, **errors()})
    def get(self, request: Request, uid: str) -> Response:
        """How far an import is, and what was wrong with which line."""
        return Response(ImportAnswer(import_for(request.user, uid), context={"request": request}).data)


class ImportErrorsView(APIView):
    content_negotiation_class = OneAnswer

    @extend_schema(
        operation_id="imports_errors_retrieve",
        parameters=[OpenApiParameter("format", enum=("jsonl", "csv"), default="jsonl")],
        responses={(200, "application/x-ndjson"): ProblemAnswer, (200, "text/csv"): OpenApiTypes.STR, **errors(422)},
    )
    def get(self, request: Request, uid: str) -> StreamingHttpResponse:
        """Every error, one JSON object a line or as a table, in the file's order."""
        imported = import_for(request.user, uid)
        if _one_of(request, "format", ("jsonl", "csv"), "jsonl") == "csv":
            return StreamingHttpResponse(
                problems_table(imported),
                content_type="text/csv; charset=utf-8",
                headers={"Content-Disposition": f'attachment; filename="errors-{imported.uid}.csv"'},
            )
        return StreamingHttpResponse(
            _ndjson(problems_stream(imported)),
            content_type="application/x-ndjson",
            headers={"Content-Disposition": f'attachment; filename="errors-{imported.uid}.jsonl"'},
        )


class ImportScreenedView(APIView):
    content_negotiation_class = OneAnswer

    @extend_schema(
        operation_id="imports_screened_retrieve",
        responses={(200, "application/x-ndjson"): FindingAnswer, **errors()},
    )
    def get(self, request: Request, uid: str) -> StreamingHttpResponse:
        """Where personal data was found, one JSON object a line: which kind, in which field, and never the data."""
        imported = import_for(request.user, uid)
        return StreamingHttpResponse(
            _ndjson(findings_stream(imported)),
            content_type="application/x-ndjson",
            headers={"Content-Disposition": f'attachment; filename="personal-data-{imported.uid}.jsonl"'},
        )


class _Chunked:
    """A body that the server takes out of its chunks. Chunks that are none are an upload cut off, as any other."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        try:
            return self._stream.read(size)
        except Exception as error:  # each server has its own for a broken chunk
            raise OSError(str(error)) from error


def _body(request: Request) -> tuple[Readable, str, int | None]:
    """The file's stream, its name and its size, None where the sender did not say."""
    chunked = "chunked" in request.headers.get("Transfer-Encoding", "").lower()
    as_form = _media_type(request).startswith("multipart/")
    if chunked and (as_form or not request.META.get("wsgi.input_terminated")):
        raise RuleBroken(
            "file: its length must be said. Send a Content-Length, or, in chunks, the file itself and no form.",
            field="file", code="length_required",
        )  # fmt: skip
    if not as_form:
        name = request.query_params.get("filename", "")
        if chunked:
            # Django reads no further than Content-Length; the server itself ends this stream.
            return _Chunked(request.META["wsgi.input"]), name, None
        return request._request, name, int(request.META.get("CONTENT_LENGTH") or 0)
    files = list(request.FILES.values())
    if len(files) != 1:
        raise RuleBroken(f"file: one file is needed, {len(files)} came.", field="file")
    return files[0].file, files[0].name or "", files[0].size


def _kind(request: Request, filename: str) -> FileKind:
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise UnsupportedMediaType("", f"Content-Encoding {encoding} is not known; gzip is.")
    kind = kind_of_file(
        format=request.query_params.get("format", ""),
        filename=filename,
        media_type=_media_type(request),
        encoding=encoding.removeprefix("x-"),
    )
    if kind is None:
        raise UnsupportedMediaType(
            "",
            "The file's format is not clear: send application/x-ndjson, text/csv or application/vnd.apache.parquet, "
            "a multipart file whose name ends in .jsonl, .csv or .parquet (and .gz), or say ?format=.",
        )
    return kind


def _media_type(request: Request) -> str:
    return (request.content_type or "").partition(";")[0].strip().lower()


def _one_of(request: Request, name: str, allowed: Any, default: str) -> str:
    given = request.query_params.get(name, default)
    if given not in allowed and given != default:
        raise RuleBroken(f"{name}: one of {', '.join(allowed)}.", field=name)
    return str(given)


def _ndjson(rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    return (orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
