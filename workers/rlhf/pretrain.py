"""A small Llama of our own, trained from nothing: a base where no model hub is reachable.

It reads DIR's dialogues.jsonl, or, where there is none, text that this project generates. It knows the chat format of
its tokenizer, so SFT, the reward model and PPO start where they would with a real one.
"""

from collections.abc import Sequence
from random import Random
from typing import cast

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerBase

from apps.datasets.domain.records import Message
from apps.training.domain.specs import DIALOGUES, PretrainSpec
from workers.rlhf.clinic.grammar import dialogues
from workers.rlhf.frame.job import Job
from workers.rlhf.frame.leaving import leave
from workers.rlhf.frame.program import BadInput, Outcome, main
from workers.rlhf.language.loading import count_parameters, save_model
from workers.rlhf.language.render import Renderer
from workers.rlhf.language.tokenizer import train_tokenizer
from workers.rlhf.learning.dialogues import read_dialogues
from workers.rlhf.learning.objective import CompletionLoss
from workers.rlhf.learning.optimise import Pair
from workers.rlhf.learning.supervised import mean_loss, train

HELD_OUT = 0.02  # share of the dialogues that only measure


def run(job: Job) -> Outcome:
    spec = cast(PretrainSpec, job.spec)
    told = _told(job, spec)
    tokenizer = train_tokenizer((message["content"] for one in told for message in one), spec.vocabulary)
    renderer = Renderer(tokenizer)
    training, held_out, long = _pairs(renderer, told, spec.context)
    model = _new_model(spec, tokenizer)
    torch.nn.Module.to(model, job.device)

    loss = CompletionLoss(model, renderer.pad_id, job.device)

    def measure(_: int) -> dict[str, float]:
        return {"held_out_loss": mean_loss(loss, held_out, job.heed_stop)}

    train(
        job, training, loss=loss, batch_size=spec.batch_size, steps=spec.steps,
        learning_rate=spec.learning_rate, measure=measure,
    )  # fmt: skip
    save_model(job.model_folder, model, renderer)
    report = {
        "dialogues": len(training),
        "held_out_dialogues": len(held_out),
        "left_out": {f"dialogues over {spec.context} tokens": long} if long else {},
        "vocabulary": len(tokenizer),
        **measure(spec.steps),
    }
    return Outcome(report=report, renderer=renderer, parameters=count_parameters(model))


def _told(job: Job, spec: PretrainSpec) -> list[list[Message]]:
    """The dialogues to learn from; at most `dialogues` of a file, chosen by the seed."""
    if not (job.input / DIALOGUES).is_file():
        return dialogues(spec.dialogues, spec.seed)
    given = read_dialogues(job.file(DIALOGUES))
    Random(spec.seed).shuffle(given)  # noqa: S311
    return given[: spec.dialogues]


def _pairs(renderer: Renderer, told: Sequence[list[Message]], context: int) -> tuple[list[Pair], list[Pair], int]:
    """Training and held-out dialogues as (first token, all others), and how many were longer than `context` tokens."""
    whole = [renderer.prompt_ids(one[:-1]) + renderer.completion_ids(one[-1]["content"]) for one in told]
    pairs = [(ids[:1], ids[1:]) for ids in whole if len(ids) <= context]
    cut = max(1, round(HELD_OUT * len(pairs)))
    if len(pairs) <= cut:
        raise BadInput("context", f"context: too few dialogues have at most {context} tokens.")
    return pairs[cut:], pairs[:cut], len(whole) - len(pairs)


def _new_model(spec: PretrainSpec, tokenizer: PreTrainedTokenizerBase) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=spec.width,
        intermediate_size=3 * spec.width,
        num_hidden_layers=spec.layers,
        num_attention_heads=spec.heads,
        max_position_embeddings=spec.context,
        tie_word_embeddings=True,
        initializer_range=spec.width**-0.5,  # unit variance in, unit variance out; llama's 0.02 is for wide models
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(spec.seed)
    return LlamaForCausalLM(config)


if __name__ == "__main__":
    leave(main("pretrain", run))
