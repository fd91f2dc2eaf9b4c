"""Which of somebody else's columns means what: the `columns` of an import's options, checked.

A column is named by its name or by a dotted path into it (`conversation.0.content`). Wherever one is named, an
object may stand instead: `{"value": "crowd"}` for what is the same in every row, `{"template": "{instruction}\\n{input}"}`
for a text made of several columns.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import K_MAX

from .line import LABELER_KINDS

_HOLE = re.compile(r"\{([^{}]+)\}")
NAME_MAX = 500


@dataclass(frozen=True, slots=True)
class Pick:
    """One value of a row: that of a column, a constant, or a text with columns in its holes."""

    path: str = ""
    value: Any = None
    template: str = ""

    @property
    def columns(self) -> list[str]:
        return _HOLE.findall(self.template) if self.template else [self.path] if self.path else []


# One column that holds a list, or one column for each completion.
Picks = Pick | tuple[Pick, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What is not named is not taken. `metadata`: None keeps every column that nothing else takes."""

    prompt_id: Pick | None = None
    prompt: Pick | None = None
    messages: Pick | None = None
    system: Pick | None = None
    context: Pick | None = None
    completions: Picks | None = None
    models: Picks | None = None
    ids: Picks | None = None
    scores: Picks | None = None
    ranks: Picks | None = None
    chosen: Pick | None = None
    rejected: Pick | None = None
    winner: Pick | None = None
    labeler: Pick | None = None
    demonstration: Pick | None = None
    demonstration_labeler: Pick | None = None
    use_case: Pick | None = None
    language: Pick | None = None
    source: Pick | None = None
    source_key: Pick | None = None
    sensitive: Pick | None = None
    labeler_kind: str | None = None
    lower_is_better: bool = False
    winners: Mapping[str, int] = field(default_factory=dict)
    text_in: str = "text"
    buckets: tuple[str, ...] = ()
    metadata: tuple[str, ...] | None = None

    @property
    def taken(self) -> set[str]:
        """The paths that have a meaning."""
        picks = [getattr(self, one.name) for one in fields(self)]
        flat = [pick for part in picks for pick in (part if isinstance(part, tuple) else (part,))]
        return {path for pick in flat if isinstance(pick, Pick) for path in pick.columns}


_ONE = (
    "prompt_id", "prompt", "messages", "system", "context", "chosen", "rejected", "winner", "labeler",
    "demonstration", "demonstration_labeler", "use_case", "language", "source", "source_key", "sensitive",
)  # fmt: skip
_MANY = ("completions", "models", "ids", "scores", "ranks")
_OTHER = ("labeler_kind", "lower_is_better", "winners", "text_in", "buckets", "metadata")
_RANKED = ("scores", "ranks", "winner", "chosen")


TABLES = ("jsonl", "csv", "parquet")
HINTED = ("label-studio", "argilla")


def columns_for(format: str, value: Any) -> Columns | None:
    """The mapping for a file of that format; None where there is none. Raises RuleBroken that names the key."""
    if value is None:
        return None
    if format in TABLES:
        return parse_columns(value)
    if format in HINTED:
        return parse_hints(value)
    raise RuleBroken(
        f"options.columns: a file of {format} takes no mapping.", field="options.columns", code="bad_columns"
    )


def parse_columns(value: Any) -> Columns:
    """A mapping of columns, for any table. Raises RuleBroken that names the key and the rule."""
    columns = parse_hints(value)
    if columns.prompt is None and columns.messages is None and columns.chosen is None:
        raise _broken("prompt", "which column is the prompt must be said, or which holds messages.")
    ways = [name for name in _RANKED if getattr(columns, name) is not None]
    if len(ways) > 1:
        raise _broken(ways[1], f"the ranking is read from {ways[0]} already; only one can say it.")
    if ways and columns.labeler is None:
        raise _broken("labeler", f'whose ranking {ways[0]} is must be said, as a column or as {{"value": "a name"}}.')
    if columns.chosen is None and ways and columns.completions is None:
        raise _broken("completions", f"{ways[0]} ranks completions, and no column holds those.")
    if columns.winner is not None and not columns.winners:
        raise _broken("winners", "what stands in winner for which completion must be said: 1 is the first, 0 a tie.")
    return columns


def parse_hints(value: Any) -> Columns:
    """The same for a reader that knows its program's files and needs a hint at most: nothing has to be there."""
    if not isinstance(value, Mapping):
        raise RuleBroken(
            "options.columns: an object is needed: our field, their column.",
            field="options.columns",
            code="bad_columns",
        )
    known = (*_ONE, *_MANY, *_OTHER)
    for name in value:
        if name not in known:
            raise _broken(str(name), f"not a field that a column can be; those are {', '.join(known)}.")
    given: dict[str, Any] = {name: _pick(value[name], name) for name in _ONE if name in value}
    given |= {name: _picks(value[name], name) for name in _MANY if name in value}
    given |= {name: _CHECKS[name](value[name], name) for name in _OTHER if name in value}
    columns = Columns(**given)
    _check_together(columns)
    return columns


def _check_together(columns: Columns) -> None:
    if columns.prompt is not None and columns.messages is not None:
        raise _broken("messages", "name either prompt or messages, not both.")
    if (columns.chosen is None) != (columns.rejected is None):
        missing = "rejected" if columns.rejected is None else "chosen"
        raise _broken(missing, "chosen and rejected come together.")
    if columns.chosen is not None and columns.completions is not None:
        raise _broken("completions", "chosen and rejected are the completions already.")
    for name in ("models", "ids", "scores", "ranks"):
        beside, completions = getattr(columns, name), columns.completions
        if isinstance(beside, tuple) and isinstance(completions, tuple) and len(beside) != len(completions):
            raise _broken(name, f"{len(beside)} columns beside {len(completions)} of completions.")


def _pick(value: Any, name: str) -> Pick:
    match value:
        case str() if value and len(value) <= NAME_MAX:
            return Pick(path=value)
        case {"value": constant, **rest} if not rest:
            return Pick(value=constant)
        case {"template": str() as template, **rest} if not rest and _HOLE.search(template):
            return Pick(template=template)
    raise _broken(name, 'a column\'s name, {"value": ...} or {"template": "... {column} ..."} is needed.')


def _picks(value: Any, name: str) -> Picks:
    if not isinstance(value, list):
        return _pick(value, name)
    if not 1 <= len(value) <= K_MAX:
        raise _broken(name, f"one to {K_MAX} columns are needed, or one that holds a list.")
    return tuple(_pick(one, f"{name}[{index}]") for index, one in enumerate(value))


def _kind(value: Any, name: str) -> str:
    if value not in LABELER_KINDS:
        raise _broken(name, f"one of {', '.join(LABELER_KINDS)}.")
    return str(value)


def _yes_or_no(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise _broken(name, "true or false is needed.")
    return value


def _places(value: Any, name: str) -> dict[str, int]:
    if not isinstance(value, Mapping) or not value:
        raise _broken(name, 'an object like {"model_a": 1, "model_b": 2, "tie": 0} is needed.')
    for word, place in value.items():
        if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place <= K_MAX:
            raise _broken(f"{name}.{word}", f"a whole number from 0 (a tie) to {K_MAX} is needed.")
    return dict(value)


def _name(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise _broken(name, "a name is needed.")
    return value


def _names(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise _broken(name, "a list of names is needed.")
    if len(set(value)) < len(value):
        raise _broken(name, "a name stands there twice.")
    return tuple(value)


_CHECKS = {
    "labeler_kind": _kind, "lower_is_better": _yes_or_no, "winners": _places, "text_in": _name, "buckets": _names,
    "metadata": _names,
}  # fmt: skip


def _broken(name: str, rule: str) -> RuleBroken:
    return RuleBroken(f"options.columns.{name}: {rule}", field=f"options.columns.{name}", code="bad_columns")
