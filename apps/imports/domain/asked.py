"""Options as a query, a form and a command line give them: each a text, by its own name; or all as one JSON object."""

import json
from collections.abc import Mapping
from typing import Any

from apps.core.domain.errors import RuleBroken
from apps.prompts.domain.json_value import clean_json

from .options import Options, parse_options

# `tasks` has had a parameter of its own before there were options.
ASKED = tuple(name for name in Options.__slots__ if name != "tasks")
_WHOLE = ("dedupe_prefix", "cap_per_source", "priority")


def options_asked(given: Mapping[str, str]) -> dict[str, Any]:
    """The options in `given`, checked and as an import keeps them; empty texts ask for nothing. Raises RuleBroken.

    `options` may hold all as JSON; a name of its own goes before it. `requires` is a list with commas;
    `use_case_quotas` reads `chat=500, open_qa=200` as well as JSON.
    """
    options = _json(given.get("options") or "{}", "options")
    if not isinstance(options, dict):
        raise RuleBroken("options: a JSON object is needed.", field="options")
    named = {name: _value(name, given[name].strip()) for name in ASKED if given.get(name, "").strip()}
    options = {name: value for name, value in (options | named).items() if value is not None}
    parse_options(clean_json(options, "options"))
    # A form always says something here: an import that is asked for nothing has no options, whoever sends it.
    return {name: value for name, value in options.items() if (name, value) != ("pii", "off")}


def _value(name: str, text: str) -> Any:
    if name in _WHOLE:
        return _whole(name, text)
    if name == "requires":
        return [word.strip() for word in text.split(",") if word.strip()]
    if name == "use_case_quotas" and not text.startswith("{"):
        return _quotas(text)
    return _json(text, f"options.{name}") if name in ("use_case_quotas", "columns") else text


def _whole(name: str, text: str) -> int:
    try:
        return int(text) if len(text) <= 20 else int("")
    except ValueError as error:
        raise RuleBroken(
            f"options.{name}: a whole number is needed, not {text[:40]!r}.", field=f"options.{name}"
        ) from error


def _quotas(text: str) -> dict[str, int]:
    quotas = {}
    for part in text.split(","):
        use_case, equals, most = part.rpartition("=")
        if not equals:
            raise RuleBroken(
                "options.use_case_quotas: pairs like chat=500, open_qa=200 are needed.", field="options.use_case_quotas"
            )
        quotas[use_case.strip()] = _whole("use_case_quotas", most.strip())
    return quotas


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RuleBroken(f"{where}: not JSON: {error}.", field=where, code="not_json") from error
