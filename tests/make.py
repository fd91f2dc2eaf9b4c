"""Small makers of real rows, for tests that need a prompt to judge."""

from itertools import count

from apps.core.domain.canonical import canonical_text, content_hash, sha256_hex
from apps.datasets.models import DatasetSnapshot
from apps.datasets.services.build import snapshot_build
from apps.datasets.services.create import snapshot_create
from apps.labeling.models import Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.projects.models import Project
from apps.prompts.models import Completion, Prompt
from tests.cast import Cast

_numbers = count(1)


def make_prompt(project: Project, text: str | None = None, **fields: object) -> Prompt:
    messages = [{"role": "user", "content": text or f"Question {next(_numbers)}?"}]
    values = {"split": "train", "content_sha256": content_hash({"messages": messages, "context": None})} | fields
    return Prompt.objects.create(project=project, messages=canonical_text(messages), **values)


def make_completions(prompt: Prompt, texts: list[str], model: str = "secret-model") -> list[Completion]:
    return [
        Completion.objects.create(
            prompt=prompt, body=text, body_sha256=sha256_hex(text), origin="external", source_name=f"{model}-{index}"
        )
        for index, text in enumerate(texts)
    ]


def make_rank_task(project: Project, k: int = 3, required: int = 1, **fields: object) -> Task:
    prompt = make_prompt(project)
    completions = make_completions(prompt, [f"Answer {index}" for index in range(k)])
    return Task.objects.create(
        project=project, prompt=prompt, kind="rank", candidates=[c.pk for c in completions],
        candidate_set=sorted(c.pk for c in completions), required=required, open_slots=required, **fields,
    )  # fmt: skip


def make_demonstrate_task(project: Project, required: int = 1, split: str = "train", **fields: object) -> Task:
    return Task.objects.create(
        project=project,
        prompt=make_prompt(project, split=split),
        kind="demonstrate",
        required=required,
        open_slots=required,
        **fields,
    )


def make_ready_snapshot(cast: Cast) -> DatasetSnapshot:
    """A ready evaluation snapshot of one ranking by the second labeler."""
    make_rank_task(cast.project, k=2, priority=9)
    assignment = assignment_claim(member=cast.second_labeler, kind="rank")
    judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 2}})
    snapshot = snapshot_create(actor=cast.researcher.user, project=cast.project, kind="rankings", purpose="evaluation")
    snapshot_build(uid=snapshot.uid)
    snapshot.refresh_from_db()
    return snapshot
