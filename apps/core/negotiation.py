"""Content negotiation for views that move files."""

from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request


class FileBody(BaseParser):
    """A body that the view reads as it arrives: asked for its data (the CSRF check does), it gives none."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        return {}


class OneAnswer(BaseContentNegotiation):
    """The answer has one form whatever Accept asks for, and `?format=` speaks of the file that is sent."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        media_type = (request.content_type or "").partition(";")[0].strip()
        return next((parser for parser in parsers if parser.media_type in (media_type, FileBody.media_type)), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type
