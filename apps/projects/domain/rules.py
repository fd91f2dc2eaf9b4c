"""Which rule of a guideline speaks of which field of the form.

A rule is a heading. It is a field's own when its author named the field behind it (`## Facts {#hallucination}`) or when
it reads like the field's name or label. Where no heading does, the one that shares most of its label's words is shown.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from apps.core.domain.addresses import name_of

# Letters that decide, so that "Rank" finds "Ranking"; shorter words say nothing.
_STEM = 4
# What the room asks for beside the fields of a schema.
RANKING, DEMONSTRATION = "ranking", "demonstration"


class Rule(Protocol):
    @property
    def anchor(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def names(self) -> tuple[str, ...]: ...


class Asked(Protocol):
    """A field of a schema."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that the room asks for and no schema lists."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Found:
    """The rule for a field; None where there is none. `sure`: it is named so, not only alike in words."""

    field: Asked
    rule: Rule | None
    sure: bool


def rules_of_fields(rules: Sequence[Rule], fields: Iterable[Asked]) -> list[Found]:
    return [_found(rules, field) for field in fields]


def _found(rules: Sequence[Rule], field: Asked) -> Found:
    wanted = {name_of(field.name), name_of(field.label)} - {""}
    named = [rule for rule in rules if wanted & set(rule.names)]
    titled = [rule for rule in rules if name_of(rule.title) in wanted]
    if named or titled:
        return Found(field, (named or titled)[0], sure=True)
    stems = _stems(field.label)
    shared = [len(stems & _stems(rule.title)) for rule in rules]
    if not any(shared):
        return Found(field, None, sure=False)
    return Found(field, rules[shared.index(max(shared))], sure=False)


def rules_without_field(rules: Iterable[Rule], found: Iterable[Found]) -> list[Rule]:
    """The headings that no field opens."""
    used = {one.rule.anchor for one in found if one.rule is not None}
    return [rule for rule in rules if rule.anchor not in used]


def _stems(words: str) -> set[str]:
    return {word[:_STEM] for word in re.findall(r"[^\W\d_]+", words.casefold()) if len(word) >= _STEM}
