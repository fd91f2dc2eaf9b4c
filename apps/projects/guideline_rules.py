"""Which rule of a guideline the room opens for what it asks: the fields of a schema, the order, the reply to write."""

from django.utils.translation import gettext as _

from apps.core.documents import Document

from .domain.judgment_schema import Schema
from .domain.rules import DEMONSTRATION, RANKING, Asked, Found, Rule, Subject, rules_of_fields, rules_without_field


def asked_by(schema: Schema) -> list[Asked]:
    """The fields of `schema` in their order, then what the room asks for beside them."""
    ranks: list[Asked] = [Subject(RANKING, _("Ranking"))] if schema.parts.ranking != "off" else []
    return [*schema.fields, *ranks, Subject(DEMONSTRATION, _("Demonstration"))]


def rules_of(document: Document, schema: Schema) -> list[Found]:
    return rules_of_fields(document.rules, asked_by(schema))


def unasked(document: Document, found: list[Found]) -> list[Rule]:
    """The headings that nothing in the room opens."""
    return rules_without_field(document.rules, found)
