"""Writes about prompts and completions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.audit.services import record
from apps.core.bulk import rows_insert
from apps.core.domain.canonical import sha256_hex
from apps.core.domain.errors import RuleBroken
from apps.projects.models import Cohort, Membership
from apps.registry.models import GenerationRun

from .domain.split import source_key_hash, split_of
from .domain.written import clean_written
from .models import Completion, Prompt, Split


def completion_by_member(*, prompt: Prompt, member: Membership, body: str) -> Completion:
    """A text that a member wrote. Call it inside the transaction that uses it."""
    return Completion.objects.create(
        prompt=prompt, member=member, body=body, body_sha256=sha256_hex(body), origin=Completion.Origin.MEMBER
    )


@dataclass(frozen=True, slots=True)
class Written:
    """`new` is False when the author had stored the same before: a repeated click, a retried request."""

    prompt: Prompt
    new: bool


@transaction.atomic
def prompt_write(*, member: Membership, text: Any, context: Any, use_case: Any, sensitive: bool) -> Written:
    """Store a prompt that a labeler wrote. Raises RuleBroken when the project has that text from elsewhere.

    All of an author's prompts go to one split, as those of any other person who asks. A held-out labeler's are for
    testing: such people bring nothing to training (InstructGPT, section 3.4).
    """
    given = clean_written(text=text, context=context, use_case=use_case, sensitive=sensitive)
    project = member.project
    key = source_key_hash(project.seed, f"member:{member.uid}")
    held_out = member.cohort == Cohort.HELD_OUT
    prompt, new = Prompt.objects.get_or_create(
        project=project,
        content_sha256=given.content_sha256,
        defaults={
            "messages": given.canonical_messages,
            "context": given.context,
            "use_case": given.use_case,
            "sensitive": given.sensitive,
            "author": member,
            "source": {"kind": "plain", "written_by": member.pseudonym},
            "source_key": key,
            "split": Split.TEST if held_out else split_of(project.seed, key, given.content_sha256),
        },
    )
    if prompt.author_id != member.pk:
        raise RuleBroken(
            _("text: the project has this prompt already. Thank you; please write another."),
            field="text", code="duplicate_prompt",
        )  # fmt: skip
    if new:
        record(actor=member.user, verb="prompt.written", target=prompt, use_case=prompt.use_case)
    return Written(prompt, new)


def completions_store(*, run: GenerationRun, lines: Iterable[Mapping[str, Any]]) -> int:
    """Insert what a model wrote in a run, and say how many were new: the same lines again change nothing.

    A line is {"prompt_uid", "sample_index", "text", "finish_reason", "tokens", "seed"}. Raises RuleBroken on a prompt
    of another project and on a line of another shape.
    """
    stored, stream = 0, iter(lines)
    while part := list(islice(stream, 1_000)):
        ids = _prompt_ids(run, {str(line.get("prompt_uid")) for line in part})
        stored += rows_insert(Completion, [_written(run, ids, line) for line in part])
    return stored


def _prompt_ids(run: GenerationRun, uids: set[str]) -> dict[str, int]:
    try:
        found = Prompt.objects.filter(project=run.project_id, uid__in={UUID(uid) for uid in uids})
    except ValueError as error:
        raise RuleBroken(f"prompt_uid: {error}.", field="prompt_uid") from error
    return {str(uid): pk for uid, pk in found.values_list("uid", "pk")}


def _written(run: GenerationRun, ids: Mapping[str, int], line: Mapping[str, Any]) -> dict[str, Any]:
    match line:
        case {"prompt_uid": str(prompt), "sample_index": int(index), "text": str(text), "finish_reason": str(reason),
              "tokens": int(tokens), "seed": int(seed)}:  # fmt: skip
            pass
        case _:
            raise RuleBroken(f"completion: the fields of a completion are expected, got {dict(line)!r:.200}.",
                             field="completion")  # fmt: skip
    if prompt not in ids:
        raise RuleBroken(f"prompt_uid: {prompt} is no prompt of this project.", field="prompt_uid")
    body = text.replace("\x00", "\ufffd")  # PostgreSQL's text holds no NUL
    return {
        "prompt_id": ids[prompt], "body": body, "body_sha256": sha256_hex(body), "origin": Completion.Origin.MODEL,
        "model_version_id": run.model_version_id, "generation_run_id": run.pk, "sample_index": index,
        "sampling": {**run.sampling, "seed": seed, "tokens": tokens}, "finish_reason": reason,
    }  # fmt: skip


def external_ids_append(*, ids: Mapping[int, Sequence[str]]) -> None:
    """Remember further outside names of prompts, each once, by prompt id."""
    if not ids:
        return
    rows = [{"id": pk, "names": list(names)} for pk, names in ids.items()]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE prompts_prompt AS prompt SET external_ids = prompt.external_ids || coalesce((
                SELECT array_agg(name ORDER BY place) FROM unnest(given.names) WITH ORDINALITY AS u(name, place)
                WHERE name <> ALL (prompt.external_ids)), '{}')
            FROM json_to_recordset(%s::json) AS given(id bigint, names varchar[])
            WHERE prompt.id = given.id
            """,
            [orjson.dumps(rows).decode()],
        )
