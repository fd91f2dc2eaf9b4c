"""JSON bodies, bounded. orjson refuses what PostgreSQL would: NaN, half characters, endless nesting."""

from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.parsers import BaseParser

from .domain.errors import Malformed, TooLarge


def read_json(raw: bytes) -> Any:
    """What `raw` says. Raises Malformed where it is not JSON, or JSON that nothing here could keep."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {error}.") from error


class BoundedJSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        limit = settings.JSON_MAX_BYTES
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes.")
        return read_json(raw)
