"""What one version of a schema changed of the one before."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from .judgment_schema import Field, Schema


@dataclass(frozen=True, slots=True)
class Change:
    """`what` is added, removed, changed, part or order; `subject` the field's label or the part's name.

    Of `changed` and `part`, `aspect` names what of it, `before` and `after` its values.
    """

    what: str
    subject: str = ""
    aspect: str = ""
    before: Any = None
    after: Any = None


def changes_between(old: Schema, new: Schema) -> list[Change]:
    """Every difference, parts first. Empty for schemas that ask the same in the same order."""
    return [*_of_parts(old, new), *_of_fields(old, new), *_of_order(old, new)]


def _of_parts(old: Schema, new: Schema) -> Iterator[Change]:
    before, after = asdict(old.parts), asdict(new.parts)
    for name in after:
        if before[name] != after[name]:
            yield Change("part", name, name, before[name], after[name])


def _of_fields(old: Schema, new: Schema) -> Iterator[Change]:
    were, are = ({field.name: field for field in schema.fields} for schema in (old, new))
    yield from (Change("removed", field.label) for name, field in were.items() if name not in are)
    for name, field in are.items():
        if name in were:
            yield from _of_field(were[name], field)
        else:
            yield Change("added", field.label)


def _of_field(old: Field, new: Field) -> Iterator[Change]:
    before, after = asdict(old), asdict(new)
    for aspect in after:
        if before[aspect] != after[aspect]:
            yield Change("changed", old.label, aspect, before[aspect], after[aspect])


def _of_order(old: Schema, new: Schema) -> Iterator[Change]:
    were, are = ([field.name for field in schema.fields] for schema in (old, new))
    if [name for name in were if name in are] != [name for name in are if name in were]:
        yield Change("order")
