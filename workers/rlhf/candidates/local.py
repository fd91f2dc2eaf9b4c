"""Candidates by a model in this process, group by group; a checkpoint after each."""

import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from apps.core.domain.canonical import canonical_json
from apps.datasets.domain.records import PromptRecord
from apps.training.domain.specs import PROMPTS, GenerateSpec
from workers.rlhf.candidates.completing import Completer, Question
from workers.rlhf.candidates.completion import Completion, with_system
from workers.rlhf.frame.checkpoint import damaged
from workers.rlhf.frame.job import Job
from workers.rlhf.frame.manifest import COMPLETIONS
from workers.rlhf.frame.program import BadInput, Interrupted, Outcome
from workers.rlhf.frame.records import read_records
from workers.rlhf.language.loading import context_length, count_parameters, find, load_policy, load_tokenizer
from workers.rlhf.language.render import Ids, Renderer

Group = Sequence[Question]
LEAST = 8  # tokens: what remains of a context must hold a prompt and an answer


@dataclass
class Progress:
    """What a checkpoint holds: how far completions.jsonl is whole, and what it says so far."""

    groups: int = 0
    size: int = 0  # bytes
    prompts: int = 0
    stopped: int = 0  # completions that ended by themselves, or at a stop text
    tokens: int = 0
    seconds: float = 0.0  # of writing alone


def run_local(job: Job) -> Outcome:
    spec = cast(GenerateSpec, job.spec)
    place = find(job, "model")
    file = job.file(PROMPTS)
    renderer = Renderer(load_tokenizer(place))
    model = load_policy(place, job.device)
    context = context_length(model.config)
    if context is not None and context <= LEAST:
        raise BadInput("model", f"model: it reads {context} tokens, which hold no prompt and an answer.")
    longest = min(spec.max_prompt_tokens, context - 1) if context else spec.max_prompt_tokens
    questions, too_long = _read(file, renderer, spec.system_prompt, longest)
    progress = _write_all(job, Completer(job, spec, model, renderer, context), _groups(questions, spec))
    made = progress.prompts * spec.samples
    report = {
        "prompts": progress.prompts,
        "left_out": {f"prompts over {longest} tokens": too_long} if too_long else {},
        "completions": made,
        "finish_reasons": {"stop": progress.stopped, "length": made - progress.stopped},
        "mean_tokens": progress.tokens / made,
        "tokens_per_second": round(progress.tokens / progress.seconds, 1),
    }
    return Outcome(report=report, renderer=renderer, parameters=count_parameters(model))


def _read(file: Path, renderer: Renderer, system_prompt: str, longest: int) -> tuple[list[Question], int]:
    """The prompts of at most `longest` tokens, and how many are longer. Raises BadInput where none is left."""
    asked = {record.prompt_uid: _ids(renderer, record, system_prompt) for record in read_records(file, PromptRecord)}
    questions = [Question(uid, ids) for uid, ids in asked.items() if len(ids) <= longest]
    if not asked:
        raise BadInput(PROMPTS, f"{PROMPTS}: there is no prompt.")
    if not questions:
        raise BadInput(PROMPTS, f"{PROMPTS}: all of the {len(asked)} prompts have more than {longest} tokens.")
    return questions, len(asked) - len(questions)


def _ids(renderer: Renderer, record: PromptRecord, system_prompt: str) -> Ids:
    """Raises BadInput where the model's chat template refuses the conversation: some take no system message."""
    try:
        return renderer.prompt_ids(with_system(record.messages, system_prompt), record.context)
    except BadInput as error:
        raise BadInput(
            "model",
            f"model: its chat template refuses the conversation of prompt {record.prompt_uid}: {error.__cause__}.",
        ) from error


def _groups(questions: Sequence[Question], spec: GenerateSpec) -> list[Group]:
    """Prompts of a like length, as many as fit a batch with all their samples.

    The groups depend on the input only, so a resumed run makes each of them in the same company as it would have been.
    """
    ordered = sorted(questions, key=lambda question: (len(question.ids), question.prompt_uid))
    size = max(1, spec.batch_size // spec.samples)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def _write_all(job: Job, completer: Completer, groups: Sequence[Group]) -> Progress:
    """Appends every group's completions to completions.jsonl; what a killed run wrote after its checkpoint is redone."""
    progress = Progress(**(job.checkpoint_load() or {}))
    total = sum(len(group) for group in groups)
    with (job.output / COMPLETIONS).open("ab") as file:
        if file.tell() < progress.size:  # cutting it there would fill it up with zeros
            raise damaged(job.output / "checkpoint" / "state.pt", f"{COMPLETIONS} holds less than it says")
        file.truncate(progress.size)
        for group in groups[progress.groups :]:
            begun = time.monotonic()
            made = completer.complete(group)
            seconds = time.monotonic() - begun
            file.write(b"".join(canonical_json(asdict(one)) + b"\n" for one in made))
            file.flush()
            os.fsync(file.fileno())
            _count(progress, group, made, file.tell(), seconds)
            tokens = [one.tokens for one in made]
            stopped = sum(one.finish_reason == "stop" for one in made)
            job.log(
                progress.prompts, total, tokens=sum(tokens) / len(made), stop_rate=stopped / len(made),
                tokens_per_second=round(sum(tokens) / seconds, 1),
            )  # fmt: skip
            job.checkpoint_save(asdict(progress))
            if job.stopping:
                raise Interrupted(f"stopped after {progress.prompts} of {total} prompts")
    return progress


def _count(progress: Progress, group: Group, made: Sequence[Completion], size: int, seconds: float) -> None:
    progress.groups += 1
    progress.size = size
    progress.prompts += len(group)
    progress.stopped += sum(one.finish_reason == "stop" for one in made)
    progress.tokens += sum(one.tokens for one in made)
    progress.seconds += seconds
