"""A table's row as an import line. CSV and Parquet share these columns:

- `prompt` (a text) or `messages` (JSON);
- `completion_1` .. `completion_9`, each with `model_1`, `id_1` .. beside it if known; or `completions` (JSON).
  An empty `completion_n` cell means that there is none, unless its `model_n` or `id_n` is filled:
  then the model wrote nothing;
- `labeler` and `ranks` ("1,2,2,4" or JSON), with `labeler_kind` if known; or `rankings` (JSON);
- `prompt_id`, `context`, `demonstration`, `demonstration_labeler`, `use_case`, `language`, `source`,
  `source_key`, `sensitive` (true or false), `metadata` (JSON). An id or a name may be a whole number.

Empty cells are left out; other columns go to metadata.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

from apps.core.domain.errors import RuleBroken

from .jsonl import loads_cell

# A table's row as an import line. Raises RuleBroken.
LineOf = Callable[[Mapping[str, Any]], dict[str, Any]]
_JSON_COLUMNS = ("messages", "completions", "rankings", "metadata")
_NAMES = ("prompt_id", "source_key", "demonstration_labeler")
# Where a date is a mistake; in a column that goes to metadata it is kept, as text.
_TEXTS = ("prompt", "context", "demonstration", "use_case", "language")
_NUMBERED = re.compile(r"(completion|model|id)_([1-9]\d?)")
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def line_of_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """The import line a table's row means. Raises RuleBroken that names the column."""
    filled = {name: cell for name, cell in row.items() if cell is not None and cell != ""}
    line: dict[str, Any] = {}
    numbered: dict[int, dict[str, Any]] = {}
    for name, cell in filled.items():
        if match := _NUMBERED.fullmatch(name):
            numbered.setdefault(int(match[2]), {})[match[1]] = cell if match[1] == "completion" else _name(cell)
        elif name in _JSON_COLUMNS:
            line[name] = dates_as_text(json_of(cell, name)) if name == "metadata" else json_of(cell, name)
        elif name == "source":
            as_json = isinstance(cell, str) and cell.lstrip().startswith("{")
            line[name] = json_of(cell, name) if as_json else dates_as_text(cell)
        elif name == "sensitive":
            line[name] = flag_of(cell)
        elif name in _NAMES:
            line[name] = _name(cell)
        elif name not in ("labeler", "labeler_kind", "ranks"):
            line[name] = cell if name in _TEXTS else dates_as_text(cell)
    if numbered:
        if "completions" in line:
            raise RuleBroken("completions: give either completions or completion_1, not both.", field="completions")
        line["completions"] = [_completion(numbered[number]) for number in sorted(numbered)]
    if "ranks" in filled or "labeler" in filled:
        if "rankings" in line:
            raise RuleBroken("rankings: give either rankings or ranks, not both.", field="rankings")
        line["rankings"] = [_ranking(filled)]
    return line


def _completion(cells: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": cells.get("completion", ""), "model": cells.get("model"), "id": cells.get("id")}


def _name(cell: Any) -> Any:
    """Ids are often numbers, and a Parquet column keeps them so; in CSV the same column is text."""
    return str(cell) if isinstance(cell, int) and not isinstance(cell, bool) else cell


def _ranking(cells: Mapping[str, Any]) -> dict[str, Any]:
    ranking = {"labeler": _name(cells.get("labeler")), "ranks": _ranks(cells.get("ranks"))}
    return ranking | ({"kind": cells["labeler_kind"]} if "labeler_kind" in cells else {})


def _ranks(cell: Any) -> Any:
    if not isinstance(cell, str):
        return cell
    try:
        return [int(rank) for rank in cell.strip().strip("[]").split(",")]
    except ValueError as error:
        raise RuleBroken(f"ranks: whole numbers like 1,2,2,4 are needed, not {cell[:40]!r}.", field="ranks") from error


def dates_as_text(value: Any) -> Any:
    """Dates and times as ISO 8601 has them, however deep they lie."""
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: dates_as_text(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [dates_as_text(inner) for inner in value]
    return value


def json_of(cell: Any, name: str) -> Any:
    """The value of a text that holds JSON; any other value is one already. Raises RuleBroken that names the column."""
    if not isinstance(cell, str):
        return cell
    try:
        return loads_cell(cell)
    except ValueError as error:
        raise RuleBroken(f"{name}: the cell is not JSON: {error}.", field=name, code="not_json") from error


def flag_of(cell: Any) -> Any:
    """true or false where the cell says so in a usual way, else the cell."""
    if isinstance(cell, str | int):
        return _FLAGS.get(str(cell).strip().lower(), cell)
    return cell
