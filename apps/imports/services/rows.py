"""New items of a board as the rows they become."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from apps.core.domain.canonical import canonical_json
from apps.core.ids import ordered_uids
from apps.projects.models import Project
from apps.prompts.copied import completion_row, prompt_row
from apps.prompts.domain.split import source_key_hash, split_of

from ..domain.board import CompletionItem, LabelerItem, PromptItem


def labeler_row(project: Project, item: LabelerItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "project_id": project.pk,
        "pseudonym": item.pseudonym,
        "kind": item.kind,
        "cohort": item.cohort,
    }


def prompt_rows(project: Project, items: Sequence[PromptItem]) -> Iterator[bytes]:
    seed, project_id = project.seed, project.pk
    hashed = cache(lambda key: source_key_hash(seed, key))
    for item, uid in zip(items, ordered_uids(len(items)), strict=True):
        line = item.line
        assert line is not None
        assert item.id is not None
        source_key = hashed(line.source_key) if line.source_key else ""
        yield prompt_row(
            id=item.id, uid=uid, project_id=project_id, messages=canonical_json(line.messages), context=line.context,
            use_case=line.use_case, sensitive=item.sensitive, language=line.language, source=line.source,
            metadata=line.metadata, source_key=source_key, split=split_of(seed, source_key, item.sha256),
            content_sha256=item.sha256, external_ids=item.external_ids,
        )  # fmt: skip


def completion_rows(items: Sequence[CompletionItem]) -> Iterator[bytes]:
    for item, uid in zip(items, ordered_uids(len(items)), strict=True):
        assert item.id is not None
        assert item.prompt.id is not None
        yield completion_row(
            id=item.id, uid=uid, prompt_id=item.prompt.id, body=item.text, sha256=item.sha256, model=item.model
        )
