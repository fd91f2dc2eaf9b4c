"""The last station: two models' replies become ranking tasks."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from apps.labeling.models import Task
from apps.labeling.services.tasks import Terms, Wanted, tasks_make
from apps.prompts.models import Completion, Prompt
from apps.registry.models import GenerationRun

from ..domain.candidates import Reply, mixed
from ..models import LoopRun

BATCH = 200
# Before what was there already: a reward model learns most from what the policy of today writes.
PRIORITY = 1
Replies = dict[int, list[Reply]]


def candidates_to_tasks(loop: LoopRun) -> tuple[int, int]:
    """A ranking task for each prompt with two distinct replies: how many were made, and how many prompts gave none.

    In the caller's transaction, so that the tasks and their count stand or fall together. Labelers get them in an
    order of their own, and nothing on a task says which model wrote what.
    """
    assert loop.policy_generation
    assert loop.sft_generation
    wanted, without = [], 0
    for prompts in _batches(loop):
        by_policy, by_sft = _replies(loop.policy_generation, prompts), _replies(loop.sft_generation, prompts)
        chosen = [
            (prompt, mixed(by_policy[prompt.pk], by_sft[prompt.pk], k=loop.project.candidates_per_task))
            for prompt in prompts
        ]
        fit = [Wanted(prompt, candidates) for prompt, candidates in chosen if candidates]
        wanted += fit
        without += len(prompts) - len(fit)
    made, _ = tasks_make(project=loop.project, kind=Task.Kind.RANK, wanted=wanted, terms=Terms(priority=PRIORITY))
    return len(made), without


def _batches(loop: LoopRun) -> Iterator[list[Prompt]]:
    """The prompts that were answered, by age."""
    assert loop.candidates_snapshot
    asked = loop.candidates_snapshot.items.values("prompt")
    light = Prompt.objects.filter(pk__in=asked).order_by("pk").only("pk", "use_case", "language", "sensitive")
    rows = light.iterator(chunk_size=BATCH)
    while batch := list(islice(rows, BATCH)):
        yield batch


def _replies(run: GenerationRun, prompts: list[Prompt]) -> Replies:
    replies: Replies = defaultdict(list)
    rows = Completion.objects.filter(generation_run=run, prompt__in=prompts).order_by("prompt", "sample_index")
    for prompt, pk, body in rows.values_list("prompt", "pk", "body"):
        replies[prompt].append((pk, body))
    return replies
