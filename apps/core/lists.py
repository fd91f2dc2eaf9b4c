"""Lists of the API: cursors, and filters that are either understood or refused by name."""

import re
from typing import Any, ClassVar

from rest_framework import exceptions, serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from .domain.errors import RuleBroken

# What every list reads of its query beside its filters.
_OF_THE_LIST = {"cursor", "limit"}


class UidCursorPagination(CursorPagination):
    """`{"results", "next"}`, newest first unless the view says otherwise."""

    ordering = "-id"
    page_size_query_param = "limit"
    max_page_size = 200
    # How a cursor says where it stands: by what the list is ordered by.
    position: ClassVar[re.Pattern[str]] = re.compile(r"[0-9]{1,18}", re.ASCII)

    def get_page_size(self, request: Request) -> int:
        given = request.query_params.get("limit")
        if given is None:
            return int(self.page_size or 50)
        if not re.fullmatch(r"[0-9]{1,9}", given, re.ASCII) or not 1 <= int(given) <= self.max_page_size:
            raise RuleBroken(f"limit: a whole number from 1 to {self.max_page_size} is needed.", field="limit")
        return int(given)

    def decode_cursor(self, request: Request) -> Any:
        """A cursor is one of ours or none at all."""
        try:
            cursor = super().decode_cursor(request)
        except exceptions.NotFound:
            raise _foreign_cursor() from None
        if cursor is not None and cursor.position is not None and not self.position.fullmatch(str(cursor.position)):
            raise _foreign_cursor()
        return cursor

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.get_next_link()})

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        return [
            {
                "name": "cursor",
                "in": "query",
                "schema": {"type": "string"},
                "description": "From `next`; nothing else.",
            },
            {"name": "limit", "in": "query", "schema": size, "description": "How many a page."},
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": schema,
                "next": {"type": "string", "format": "uri", "nullable": True, "description": "Null: that was all."},
            },
        }


class ByUidPagination(UidCursorPagination):
    """By uids that are random: in no order that says anything of the rows."""

    ordering = "uid"
    position = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def _foreign_cursor() -> RuleBroken:
    return RuleBroken("cursor: not a cursor of this list; follow the address in `next`.", field="cursor")


class StrictBoolean(serializers.BooleanField):
    """`true` or `false`, nothing that only looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        if data not in ("true", "false"):
            raise serializers.ValidationError("true or false is needed.")
        return bool(data == "true")


class Filters(serializers.Serializer[Any]):
    """What narrows a list. `lookups` says which lookup a filter becomes where that is not its own name."""

    lookups: ClassVar[dict[str, str]] = {}

    def narrow(self, rows: Any) -> Any:
        """`rows`, and of those what was asked for."""
        return rows.filter(**{self.lookups.get(name, name): value for name, value in self.validated_data.items()})


class NoFilters(Filters):
    """A list that is short, or of one kind only."""


class MadeBetween(Filters):
    """`since` counts from its moment on, `until` up to but without its own."""

    since = serializers.DateTimeField(required=False, help_text="Made at or after this moment.")
    until = serializers.DateTimeField(required=False, help_text="Made before this moment.")


def chosen(request: Request, filters: type[Filters]) -> Filters:
    """The filters of this request. Raises RuleBroken that names what is unknown or wrong."""
    given = filters(data=request.query_params.dict())
    if unknown := set(request.query_params) - set(given.fields) - _OF_THE_LIST:
        name = min(unknown)
        known = ", ".join([*given.fields, *sorted(_OF_THE_LIST)])
        raise RuleBroken(f"{name}: not a filter of this list; those are {known}.", field=name, code="unknown_filter")
    given.is_valid(raise_exception=True)
    return given


def cursor_page(
    view: APIView,
    request: Request,
    rows: Any,
    serializer: type[serializers.BaseSerializer[Any]],
    filters: type[Filters] = NoFilters,
    **context: Any,
) -> Response:
    """One page of a list, narrowed by what the query asks: `{"results", "next"}`."""
    rows = chosen(request, filters).narrow(rows)
    pages = getattr(view, "pagination_class", UidCursorPagination)()
    page: Any = pages.paginate_queryset(rows, request, view=view)
    answer: Response = pages.get_paginated_response(serializer(page, many=True, context=context).data)
    return answer
