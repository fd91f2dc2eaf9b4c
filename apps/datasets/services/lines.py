"""The lines of a records file as PostgreSQL writes them: `domain.records.record_line`, byte for byte, without a record.

`to_json` of a text escapes what `orjson` escapes, so most of a line is put together by the database and only passes
through. jsonb is not canonical as text (its keys are ordered otherwise, it has spaces): such values stand between two
MARKs, and `canonical_lines` puts them right on the way. Neither MARK nor GAP can be in a JSON text as they are.
"""

from collections.abc import Mapping
from functools import lru_cache

import orjson

from apps.core.domain.canonical import canonical_json

from ..models import DatasetSnapshot

Kind = DatasetSnapshot.Kind
MARK, GAP, QUOTE = b"\x1e", b"\x1f", b"\x01"
_MARK = r"E'\x1e'"
# PostgreSQL takes 100 arguments.
_MOST_ARGUMENTS = 90


class _Long(str):
    """An expression whose value is long: a column of its own, so that it is not copied once more."""


Value = list[str]


def _word(column: str) -> Value:
    """A text, or null."""
    return [f"coalesce(to_json({column})::text, 'null')"]


def _quoted(column: str) -> Value:
    """A value that needs no escapes: a uuid, one of a few known words."""
    return ["'\"'", column, "'\"'"]


def _bare(column: str) -> Value:
    """A number or a boolean, or null."""
    return [f"coalesce({column}::text, 'null')"]


def _array(column: str) -> Value:
    """An array, or null."""
    return [f"coalesce(array_to_json({column})::text, 'null')"]


def _free(column: str) -> Value:
    """jsonb, or null."""
    return [_MARK, f"coalesce({column}::text, 'null')", _MARK]


def _rarely(column: str) -> Value:
    """jsonb that mostly is null."""
    return [f"CASE WHEN {column} IS NULL THEN 'null' ELSE concat({_MARK}, {column}, {_MARK}) END"]


def _object(fields: Mapping[str, Value]) -> Value:
    """A JSON object of these values: SQL expressions whose texts stand one after the other, in the order of the keys."""
    pieces: Value = []
    for number, name in enumerate(sorted(fields)):
        pieces += [f"""'{"," if number else "{"}"{name}":'""", *fields[name]]
    return [*pieces, "'}'"]


def _text(pieces: Value) -> str:
    return f"concat({', '.join(pieces)})"


def _list(of: str, order: str) -> str:
    return f"'[' || coalesce(string_agg({of}, ',' ORDER BY {order}), '') || ']'"


_MODEL = (
    "coalesce((SELECT version.name || ' ' || version.number FROM registry_modelversion version "
    "WHERE version.id = completion.model_version_id), completion.source_name)"
)


def _completion(name: str) -> str:
    return _text(_object({
        "uid": _quoted("completion.uid"), "external_id": _word(name), "text": _word("completion.body"),
        "origin": _quoted("completion.origin"), "model": _word(_MODEL), "sampling": _rarely("completion.sampling"),
    }))  # fmt: skip


_PROMPT: dict[str, Value] = {
    "prompt_uid": _quoted("prompt.uid"), "external_ids": _array("prompt.external_ids"), "source": _free("prompt.source"),
    "metadata": _free("prompt.metadata"), "messages": [_Long("prompt.messages")],
    "context": _word("prompt.context"), "use_case": _word("prompt.use_case"), "language": _word("prompt.language"),
    "split": _quoted("prompt.split"),
}  # fmt: skip
# The prompt as this task's line gave it: its own id, source and metadata come before the prompt's.
_TASKS_PROMPT: dict[str, Value] = _PROMPT | {
    "external_ids": _array(
        "CASE WHEN task.external_id IS NULL THEN prompt.external_ids ELSE "
        "array_prepend(task.external_id, array_remove(prompt.external_ids, task.external_id)) END"
    ),
    "source": _free("coalesce(nullif(task.source, 'null'), prompt.source)"),
    "metadata": _free("CASE WHEN task.metadata = '{}' THEN prompt.metadata ELSE task.metadata END"),
}
_LABELER = _object({
    "pseudonym": _word("coalesce(member.pseudonym, external.pseudonym)"), "cohort": _quoted("judgment.cohort"),
    "kind": _quoted("coalesce(external.kind, 'member')"),
})  # fmt: skip
_GUIDELINE = _object({"track": _word("guideline.track"), "number": ["guideline.number"]})
_MOMENT = """to_char(judgment.submitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
_IMPORTED = "judgment.external_labeler_id IS NOT NULL"
_JUDGMENT: dict[str, Value] = _TASKS_PROMPT | {
    "uid": _quoted("judgment.uid"), "task_uid": _quoted("task.uid"), "prompt_flags": _free("judgment.prompt_flags"),
    "judged_use_case": _word("judgment.use_case"), "note": _word("judgment.note"), "labeler": _LABELER,
    "guideline": [f"CASE WHEN guideline.id IS NULL THEN 'null' ELSE {_text(_GUIDELINE)} END"],
    "schema": _bare("form.number"), "active_seconds": _bare("judgment.active_seconds"),
    "rendering": _word(f"CASE WHEN {_IMPORTED} THEN NULL ELSE judgment.rendering END"),
    "surplus": _bare("judgment.surplus"), "imported": _bare(f"({_IMPORTED})"), "supersedes": _word("earlier.uid"),
    "submitted_at": _quoted(_MOMENT),
}  # fmt: skip
_PROPOSAL = _bare(f"(CASE WHEN {_IMPORTED} THEN NULL ELSE judgment.proposal END)")
_COMPLETIONS: dict[str, Value] = {
    "completions": [_Long("candidates.list")],
    "shown_order": _array("assignment.display_order"),
}
_SETS_CANDIDATE = _text(_object({"uid": _quoted("completion.uid"), "external_id": _word("named.name")}))
_SET = _text(_object({
    "task_uid": _quoted("task.uid"), "kind": _quoted("task.kind"), "external_id": _word("task.external_id"),
    "source": _free("task.source"), "metadata": _free("task.metadata"), "candidates": ["listed.list"],
}))  # fmt: skip

_FIELDS: dict[str, dict[str, Value]] = {
    Kind.RANKINGS: _JUDGMENT | _COMPLETIONS | {
        "record": ["'\"ranking/2\"'"], "tiers": _array("ranking.tiers"), "ratings": _free("ratings.values"),
        "proposal": _PROPOSAL,
    },
    Kind.RATINGS: _JUDGMENT | _COMPLETIONS | {"record": ["'\"ratings/1\"'"], "ratings": _free("ratings.values")},
    Kind.DEMONSTRATIONS: _JUDGMENT | {
        "record": ["'\"demonstration/1\"'"], "completion_uid": _quoted("written.uid"), "text": [_Long(*_word("written.body"))],
    },
    Kind.PROMPTS: _PROMPT | {
        "record": ["'\"prompt/1\"'"], "uid": _quoted("prompt.uid"), "sensitive": _bare("prompt.sensitive"),
        "completions": [_Long("replies.list")], "candidate_sets": [_Long("sets.list")],
    },
}  # fmt: skip

_OF_JUDGMENT = """
FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS item(id, place)
JOIN labeling_judgment judgment ON judgment.id = item.id
JOIN labeling_task task ON task.id = judgment.task_id
JOIN prompts_prompt prompt ON prompt.id = task.prompt_id
LEFT JOIN labeling_assignment assignment ON assignment.id = judgment.assignment_id
LEFT JOIN projects_membership member ON member.id = assignment.membership_id
LEFT JOIN projects_externallabeler external ON external.id = judgment.external_labeler_id
LEFT JOIN projects_judgmentschema form ON form.id = judgment.schema_id
LEFT JOIN projects_guidelineversion guideline ON guideline.id = judgment.guideline_id
LEFT JOIN labeling_judgment earlier ON earlier.id = judgment.supersedes_id
"""
_CANDIDATES = f"""
CROSS JOIN LATERAL (
    SELECT {_list(_completion("named.name"), "named.place")} AS list
    FROM unnest(task.candidates, task.external_candidate_ids) WITH ORDINALITY AS named(id, name, place)
    JOIN prompts_completion completion ON completion.id = named.id
) candidates
"""  # noqa: S608 - all of it is written here
_A_SET = "purpose = 'production' AND repeats_id IS NULL AND cardinality(candidates) > 0"
_SOURCES = {
    Kind.RANKINGS: _OF_JUDGMENT + """
JOIN labeling_ranking ranking ON ranking.judgment_id = judgment.id
LEFT JOIN labeling_ratings ratings ON ratings.judgment_id = judgment.id
""" + _CANDIDATES,
    Kind.RATINGS: _OF_JUDGMENT + "JOIN labeling_ratings ratings ON ratings.judgment_id = judgment.id" + _CANDIDATES,
    Kind.DEMONSTRATIONS: _OF_JUDGMENT + """
JOIN labeling_demonstration demonstration ON demonstration.judgment_id = judgment.id
JOIN prompts_completion written ON written.id = demonstration.completion_id
""",
    # Demonstrations are replies only where they are candidates; a reply goes by what its first set calls it.
    Kind.PROMPTS: f"""
FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS item(id, place)
JOIN prompts_prompt prompt ON prompt.id = item.id
CROSS JOIN LATERAL (
    SELECT {_list(_SET, "task.uid")} AS list
    FROM labeling_task task CROSS JOIN LATERAL (
        SELECT {_list(_SETS_CANDIDATE, "named.place")} AS list
        FROM unnest(task.candidates, task.external_candidate_ids) WITH ORDINALITY AS named(id, name, place)
        JOIN prompts_completion completion ON completion.id = named.id
    ) listed
    WHERE task.prompt_id = prompt.id AND {_A_SET}
) sets
CROSS JOIN LATERAL (
    SELECT {_list(_completion("first.name"), "completion.uid")} AS list
    FROM prompts_completion completion LEFT JOIN LATERAL (
        SELECT named.name, true AS found
        FROM labeling_task task CROSS JOIN unnest(task.candidates, task.external_candidate_ids) AS named(id, name)
        WHERE task.prompt_id = prompt.id AND {_A_SET} AND named.id = completion.id ORDER BY task.uid LIMIT 1
    ) first ON true
    WHERE completion.prompt_id = prompt.id AND (first.found OR NOT EXISTS (
        SELECT FROM labeling_demonstration demonstration WHERE demonstration.completion_id = completion.id))
) replies
""",  # noqa: S608 - all of it is written here
}  # fmt: skip


def lines_copy(kind: str) -> str:
    """The COPY that writes the lines of `ids` (an array literal of judgments, or of prompts) in their order."""
    columns = ", ".join(_columns(_object(_FIELDS[Kind(kind)])))
    return (
        f"COPY (SELECT {columns} {_SOURCES[Kind(kind)]} ORDER BY item.place) TO STDOUT "
        r"(FORMAT csv, DELIMITER E'\x1f', QUOTE E'\x01', ESCAPE E'\x01')"
    )


def _columns(pieces: Value) -> Value:
    """The pieces as columns; what is short shares one."""
    columns: Value = []
    short: Value = []
    for piece in [*pieces, _Long("")]:
        if isinstance(piece, _Long) or len(short) == _MOST_ARGUMENTS:
            columns += [_text(short)] if short else []
            short = []
        if isinstance(piece, _Long):
            columns += [piece] if piece else []
        else:
            short.append(piece)
    return columns


def canonical_lines(copied: bytes) -> bytes:
    """What COPY gave as lines of a records file."""
    if QUOTE in copied:
        raise ValueError("A prompt's messages are not canonical JSON: there is a line break or a control character.")
    pieces = copied.replace(GAP, b"").split(MARK)
    pieces[1::2] = [(_seen if len(value) < _SHORT else _canonical)(value) for value in pieces[1::2]]
    return b"".join(pieces)


def _canonical(value: bytes) -> bytes:
    """A jsonb value, as PostgreSQL writes it, in canonical JSON."""
    return canonical_json(orjson.loads(value))


# Short values come again and again (a source, flags, sampling); long ones would fill memory by being kept.
_SHORT = 1000
_seen = lru_cache(1024)(_canonical)
