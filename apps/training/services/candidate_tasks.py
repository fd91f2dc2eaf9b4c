"""Several models' replies become ranking tasks: for a turn of the loop, and for a set of candidates."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from apps.core.bulk import rows_insert
from apps.datasets.models import DatasetSnapshot
from apps.labeling.models import Task
from apps.labeling.services.tasks import Terms, Wanted, tasks_make
from apps.projects.models import Project
from apps.prompts.domain.hygiene import Rules
from apps.prompts.models import Completion, Prompt
from apps.registry.models import GenerationRun

from ..domain.candidates import Found, Reply, mixed
from ..models import CandidateFinding, CandidateSet, LoopRun

BATCH = 200
# Before what was there already: a reward model learns most from what the models of today write.
PRIORITY = 1
WORDS_MAX = 300
Replies = dict[int, list[Reply]]


@dataclass
class Mixes:
    """The tasks that are wanted, of how many prompts none, and what was found wrong with replies."""

    wanted: list[Wanted] = field(default_factory=list)
    without: int = 0
    found: list[Found] = field(default_factory=list)


def mixes_of(*, snapshot: DatasetSnapshot, sources: Sequence[tuple[GenerationRun, int]], k: int, rules: Rules) -> Mixes:
    """A ranking task for each prompt with two sound, distinct replies of runs that are done.

    It only reads, and takes a while: milliseconds for each prompt.
    """
    made, shares = Mixes(), [share for _, share in sources]
    for prompts in _batches(snapshot):
        by_model = [_replies(run, prompts) for run, _ in sources]
        for prompt in prompts:
            models = [replies[prompt.pk] for replies in by_model]
            mix = mixed(models, k=k, shares=shares, prompt=_asked_last(prompt), rules=rules)
            made.found += mix.found
            if mix.chosen:
                made.wanted.append(Wanted(prompt, mix.chosen))
            else:
                made.without += 1
    return made


def tasks_of_the_mixes(*, project: Project, mixes: Mixes, home: CandidateSet | LoopRun) -> int:
    """Makes the tasks, and keeps every finding with `home`. How many are open now and were not.

    In the caller's transaction, so that the tasks, their count and the findings stand or fall together. Labelers get
    them in an order of their own, and nothing on a task says which model wrote what.
    """
    terms = Terms(priority=PRIORITY)
    tasks, _ = tasks_make(project=project, kind=Task.Kind.RANK, wanted=mixes.wanted, terms=terms)
    _keep(home, mixes.found)
    return len(tasks)


def _keep(home: CandidateSet | LoopRun, found: Sequence[Found]) -> None:
    owner = "loop_id" if isinstance(home, LoopRun) else "candidate_set_id"
    rows: list[dict[str, Any]] = [
        {
            owner: home.pk, "completion_id": one.pk, "kind": one.finding.kind.value, "fate": one.fate.value,
            "words": one.finding.words[:WORDS_MAX],
        }
        for one in found
    ]  # fmt: skip
    for start in range(0, len(rows), 5_000):
        rows_insert(CandidateFinding, rows[start : start + 5_000])


def _batches(snapshot: DatasetSnapshot) -> Iterator[list[Prompt]]:
    """The prompts that were answered, by age."""
    light = Prompt.objects.filter(pk__in=snapshot.items.values("prompt")).order_by("pk")
    rows = light.only("pk", "messages", "use_case", "language", "sensitive").iterator(chunk_size=BATCH)
    while batch := list(islice(rows, BATCH)):
        yield batch


def _asked_last(prompt: Prompt) -> str:
    return str(json.loads(prompt.messages)[-1]["content"])


def _replies(run: GenerationRun, prompts: list[Prompt]) -> Replies:
    replies: Replies = defaultdict(list)
    rows = Completion.objects.filter(generation_run=run, prompt__in=prompts).order_by("prompt", "sample_index")
    for prompt, pk, body, reason in rows.values_list("prompt", "pk", "body", "finish_reason"):
        replies[prompt].append(Reply(pk, body, reason))
    return replies
