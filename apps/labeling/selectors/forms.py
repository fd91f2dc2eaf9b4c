"""Published schemas as they are asked by: frozen, so each process parses each of them once."""

from dataclasses import dataclass
from functools import lru_cache

import orjson

from apps.projects.domain.judgment_schema import Schema, parse_schema
from apps.projects.models import JudgmentSchema


@dataclass(frozen=True, slots=True)
class Form:
    """A published schema, parsed, and its body as JSON."""

    schema: Schema
    body: bytes


@lru_cache(maxsize=256)
def form_of(schema_id: int) -> Form:
    body = JudgmentSchema.objects.values_list("body", flat=True).get(pk=schema_id, published_at__isnull=False)
    return Form(parse_schema(body), orjson.dumps(body))
