"""Candidates by a model at an endpoint: bounded questions in flight, each answer on disk before it counts."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, cast

from apps.core.domain.canonical import canonical_json
from apps.datasets.domain.records import Message, PromptRecord, model_messages
from apps.training.domain.endpoints import BadEndpoints, Endpoint, endpoints_in, split_endpoint
from apps.training.domain.specs import PROMPTS, GenerateSpec
from workers.rlhf.candidates.answer import Answer
from workers.rlhf.candidates.client import Client, TooLong, http_client
from workers.rlhf.candidates.completion import Completion, cut_at, sample_seed, with_system
from workers.rlhf.candidates.journal import Journal, Line
from workers.rlhf.frame.errors import BadInput, Interrupted
from workers.rlhf.frame.files import write_atomically
from workers.rlhf.frame.light import Elsewhere, LightJob, LightOutcome
from workers.rlhf.frame.records import read_records
from workers.rlhf.frame.stamp import COMPLETIONS

LOOK = 0.2  # seconds between looks at whether we are asked to stop
SEEDS = 2**31  # servers take no larger ones
NO_RENDERER = {
    "template_sha256": None,
    "tokenizer_sha256": None,
    "why": "the endpoint renders conversations itself and says neither its template nor its tokenizer",
}


@dataclass(frozen=True, slots=True)
class Question:
    prompt_uid: str
    index: int
    messages: list[Message]
    seed: int


def run_remote(job: LightJob) -> LightOutcome:
    spec = cast(GenerateSpec, job.spec)
    endpoint, model = _endpoint(spec.model)
    asked = {
        record.prompt_uid: model_messages(with_system(record.messages, spec.system_prompt), record.context)
        for record in read_records(job.file(PROMPTS), PromptRecord)
    }
    if not asked:
        raise BadInput(PROMPTS, f"{PROMPTS}: there is no prompt.")
    job.inputs["model"] = spec.model
    journal = Journal(job.keep, spec.sha256)
    asyncio.run(_Asking(job, spec, journal, endpoint, model).all(asked))
    answers = [one for key, one in sorted(journal.answers.items()) if key[0] not in journal.left_out]
    if not answers:
        raise BadInput(PROMPTS, f"{PROMPTS}: none of the {len(asked)} prompts fits the model at {endpoint.name}.")
    lines = b"".join(canonical_json(asdict(_completion(one, spec))) + b"\n" for one in answers)
    write_atomically(job.output / COMPLETIONS, lambda file: file.write(lines))
    report = _report(answers, journal, spec)
    return LightOutcome(report=report, renderer=NO_RENDERER, libraries=("httpx2",), seconds=journal.seconds)


def _endpoint(uri: str) -> tuple[Endpoint, str]:
    try:
        known = endpoints_in(os.environ.get("ENDPOINTS", ""))
    except BadEndpoints as error:
        raise BadInput("model", f"model: {error}") from None
    named = split_endpoint(uri)
    if named is None:
        raise BadInput("model", f"model: {uri!r} is not endpoint:<name>/<model id>.")
    if named[0] not in known:
        raise BadInput("model", f"model: ENDPOINTS names no {named[0]} on this worker's machine.")
    return known[named[0]], named[1]


class _Asking:
    def __init__(self, job: LightJob, spec: GenerateSpec, journal: Journal, endpoint: Endpoint, model: str) -> None:
        self.job, self.spec, self.journal, self.endpoint, self.model = job, spec, journal, endpoint, model
        self.budget = spec.budget_tokens * (1 + journal.budgets_spent)
        self.before, self.begun = journal.seconds, time.monotonic()

    async def all(self, asked: dict[str, list[Message]]) -> None:
        """Every question that the journal has no answer to. Raises Interrupted, Elsewhere, and BadInput on the budget."""
        total = len(asked) * self.spec.samples
        questions = self._questions(asked)
        flying: set[asyncio.Task[Line]] = set()
        async with http_client(self.endpoint, self.spec.concurrency) as http:
            client = Client(http, self.endpoint, self.model, self.spec)
            try:
                while True:
                    self._launch(client, questions, flying)
                    if not flying:
                        break
                    landed, _ = await asyncio.wait(flying, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
                    flying -= landed
                    self._record(landed, total)
                    if self.job.stopping:
                        raise Interrupted(f"stopped with {len(self.journal.answers)} of {total} completions")
            finally:
                for task in flying:
                    task.cancel()
                await asyncio.gather(*flying, return_exceptions=True)
        if any(True for _ in questions):
            self._refuse_more(total)

    def _questions(self, asked: dict[str, list[Message]]) -> Iterator[Question]:
        """Lazily: a prompt that turned out not to fit is not asked again."""
        for uid, messages in asked.items():
            for index in range(self.spec.samples):
                if (uid, index) not in self.journal.answers and uid not in self.journal.left_out:
                    yield Question(uid, index, messages, sample_seed(self.spec.seed, uid, index) % SEEDS)

    def _launch(self, client: Client, questions: Iterator[Question], flying: set[asyncio.Task[Line]]) -> None:
        while len(flying) < self.spec.concurrency and not (self.budget and self.journal.tokens >= self.budget):
            question = next(questions, None)
            if question is None:
                return
            flying.add(asyncio.create_task(_asked(client, question)))

    def _record(self, landed: set[asyncio.Task[Line]], total: int) -> None:
        """What was answered is kept, whatever else went wrong at the same time."""
        lines = [task.result() for task in landed if task.exception() is None]
        seconds = self.before + time.monotonic() - self.begun
        if lines:
            self.journal.add([*lines, {"seconds": round(seconds, 3)}])
            made = [line["tokens"] for line in lines if "tokens" in line]
            if made:
                self.job.log(
                    len(self.journal.answers), total, tokens=sum(made) / len(made),
                    tokens_per_second=round(self.journal.written / max(seconds, 1e-3), 1),
                )  # fmt: skip
        for task in landed:
            task.result()
        if self.budget and any(line.get("prompt_tokens", 0) is None for line in lines):
            raise Elsewhere(
                f"{self.endpoint.name}: it does not say how many tokens it used, so budget_tokens cannot be kept."
            )

    def _refuse_more(self, total: int) -> None:
        spent = self.journal.tokens
        self.journal.add([{"budget_spent": spent}])
        raise BadInput(
            "budget_tokens",
            f"budget_tokens: {spent:,} tokens are spent, with {len(self.journal.answers)} of {total} completions made. "
            f"They are kept; resumed, the run may spend {self.spec.budget_tokens:,} more.",
        )


async def _asked(client: Client, question: Question) -> Line:
    try:
        answer, attempts = await client.ask(question.messages, question.seed)
    except TooLong:
        return {"left_out": question.prompt_uid}
    return _line(question, answer, attempts)


def _line(question: Question, answer: Answer, attempts: int) -> Line:
    return {
        "prompt_uid": question.prompt_uid, "sample_index": question.index, "text": answer.text,
        "finish_reason": answer.finish_reason, "tokens": answer.tokens or 0, "seed": question.seed,
        "prompt_tokens": None if answer.tokens is None else answer.prompt_tokens, "model": answer.model,
        "attempts": attempts,
    }  # fmt: skip


def _completion(line: Line, spec: GenerateSpec) -> Completion:
    """Some servers leave the stop text in."""
    cut = cut_at(line["text"], spec.stop)
    return Completion(
        prompt_uid=line["prompt_uid"],
        sample_index=line["sample_index"],
        text=line["text"] if cut is None else cut,
        finish_reason=line["finish_reason"] if cut is None else "stop",
        tokens=line["tokens"],
        seed=line["seed"],
    )


def _report(answers: list[Line], journal: Journal, spec: GenerateSpec) -> dict[str, Any]:
    counted = [one for one in answers if one["prompt_tokens"] is not None]
    tokens = sum(one["tokens"] for one in counted)
    left_out = {"prompts that do not fit the model": len(journal.left_out)} if journal.left_out else {}
    return {
        "prompts": len({one["prompt_uid"] for one in answers}),
        "left_out": left_out,
        "completions": len(answers),
        "finish_reasons": dict(sorted(Counter(_completion(one, spec).finish_reason for one in answers).items())),
        **({"mean_tokens": tokens / len(counted)} if counted else {}),
        "tokens_per_second": round(tokens / max(journal.seconds, 1e-3), 1),
        "prompt_tokens": sum(one["prompt_tokens"] for one in counted),
        "completion_tokens": tokens,
        "answers_without_a_count": len(answers) - len(counted),
        "asked_again": sum(one["attempts"] - 1 for one in answers),
        "models": sorted({one["model"] for one in answers if one["model"]}),
    }
