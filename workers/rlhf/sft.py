"""Supervised fine-tuning: a base learns to reply as the demonstrations do (arXiv 2203.02155, section 3.5 and C.1)."""

import sys
from typing import cast

from apps.training.domain.specs import DEMONSTRATIONS, SftSpec
from workers.rlhf.demonstrations import Demonstrations, Limits, read_demonstrations
from workers.rlhf.dropout import dropout_setting
from workers.rlhf.job import Job
from workers.rlhf.loading import (
    context_length,
    count_parameters,
    find,
    load_config,
    load_policy,
    load_tokenizer,
    own_pad,
    save_model,
)
from workers.rlhf.program import BadInput, Outcome, main
from workers.rlhf.render import Renderer
from workers.rlhf.supervised import mean_loss, train


def run(job: Job) -> Outcome:
    spec = cast(SftSpec, job.spec)
    place = find(job, "model")
    file = job.file(DEMONSTRATIONS)
    config = load_config(place)
    setting = dropout_setting(config)
    model = load_policy(place, job.device, **({setting: spec.dropout} if setting else {}))
    tokenizer = load_tokenizer(place)
    pad_added = own_pad(model, tokenizer)
    renderer = Renderer(tokenizer)
    limits = Limits(spec.max_prompt_tokens, spec.max_completion_tokens, context_length(config))
    data = read_demonstrations(file, renderer, limits)
    _require_some(data)

    def measure() -> dict[str, float]:
        if not data.validation:
            return {}
        return {"validation_loss": mean_loss(model, data.validation, renderer.pad_id, job.device)}

    train(
        job, model, data.train, pad_id=renderer.pad_id, batch_size=spec.batch_size,
        steps=spec.epochs * -(-len(data.train) // spec.batch_size), learning_rate=spec.learning_rate, measure=measure,
    )  # fmt: skip
    if setting:  # the programs that start from this model choose their own
        setattr(model.config, setting, getattr(config, setting))
    save_model(job.model_folder, model, renderer)
    report = {
        "demonstrations": len(data.train),
        "validation_demonstrations": len(data.validation),
        "left_out": dict(data.left_out),
        "train_loss": mean_loss(model, data.train, renderer.pad_id, job.device),
        **measure(),
        "dropout": {"setting": setting, "value": spec.dropout if setting else None},
        "pad_added": pad_added,
    }
    return Outcome(report=report, renderer=renderer, parameters=count_parameters(model))


def _require_some(data: Demonstrations) -> None:
    if data.train:
        return
    if data.left_out:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(data.left_out.items()))
        raise BadInput(DEMONSTRATIONS, f"{DEMONSTRATIONS}: nothing is left to learn from; left out: {reasons}.")
    raise BadInput(DEMONSTRATIONS, f"{DEMONSTRATIONS}: there is no demonstration of the train split.")


if __name__ == "__main__":
    sys.exit(main("sft", run))
