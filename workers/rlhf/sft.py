"""Supervised fine-tuning: a base learns to reply as the demonstrations do (arXiv 2203.02155, section 3.5 and C.1).

    python -m workers.rlhf.sft --spec spec.json --input DIR --output DIR

DIR holds demonstrations.jsonl, the base's folder `base/` unless the spec names another model, and, where the epochs are
to be judged by a reward model, that one as the spec names it. It reads from top to bottom: load, settle how to learn,
learn epoch by epoch, keep the best epoch.
"""

from collections.abc import Sequence
from typing import Any, cast

from apps.training.domain.specs import DEMONSTRATIONS, SftSpec
from workers.rlhf.frame.job import Job
from workers.rlhf.frame.leaving import leave
from workers.rlhf.frame.program import BadInput, Outcome, main
from workers.rlhf.language.dropout import dropout_setting
from workers.rlhf.language.loading import (
    context_length,
    count_parameters,
    find,
    load_config,
    load_policy,
    load_tokenizer,
    own_pad,
    save_model,
)
from workers.rlhf.language.render import Renderer, own_template
from workers.rlhf.learning.demonstrations import Demonstrations, Limits, read_demonstrations
from workers.rlhf.learning.lora import adapted
from workers.rlhf.learning.objective import CompletionLoss
from workers.rlhf.learning.optimise import Pair
from workers.rlhf.learning.packing import why_not_packed
from workers.rlhf.learning.precision import autocast_of, keep_no_activations, precision_of
from workers.rlhf.learning.replying import Judge, choose_prompts
from workers.rlhf.learning.selection import LAST, LOSS, REWARD, Look, Selection
from workers.rlhf.learning.sft_report import padding_of, selection_report, tokens_of
from workers.rlhf.learning.supervised import mean_loss, train
from workers.rlhf.preference.scorer import load_scorer


def run(job: Job) -> Outcome:
    spec = cast(SftSpec, job.spec)
    place = find(job, "model")
    file = job.file(DEMONSTRATIONS)
    config = load_config(place)
    setting = dropout_setting(config)
    model = load_policy(place, job.device, **({setting: spec.dropout} if setting else {}))
    tokenizer = load_tokenizer(place)
    template_added = own_template(tokenizer)
    pad_added = own_pad(model, tokenizer)
    renderer = Renderer(tokenizer)
    limits = Limits(spec.max_prompt_tokens, spec.max_completion_tokens, context_length(config))
    data = read_demonstrations(file, renderer, limits)
    _require_some(data)

    why_not = (
        why_not_packed(model, [*data.train, *data.validation], renderer.pad_id) if spec.packing == "auto" else None
    )
    precision = precision_of(spec.precision, job.device)
    packed = spec.packing == "auto" and not why_not
    loss = CompletionLoss(model, renderer.pad_id, job.device, autocast_of(precision, job.device), packed)
    lora = adapted(model, spec, new_token=renderer.pad_id if pad_added else None)
    if spec.gradient_checkpointing == "on":
        keep_no_activations(model)
    judge = _judge(job, spec, model, renderer, data)
    by, why = _chosen_by(spec, data, judge)
    selection = Selection(model, by, job.output / "checkpoint")
    an_epoch = -(-len(data.train) // spec.batch_size)

    def measure(step: int) -> dict[str, float]:
        look = _look(job, step, step // an_epoch, loss, data.validation, judge)
        selection.seen(look)
        numbers = {"validation_loss": look.validation_loss, "reward": look.reward, "reply_ended": look.ended}
        return {name: value for name, value in numbers.items() if value is not None}

    train(
        job, data.train, loss=loss, batch_size=spec.batch_size, steps=spec.epochs * an_epoch,
        learning_rate=spec.learning_rate, measure=measure, beside=selection,
    )  # fmt: skip
    kept = selection.take_best()
    if lora:
        lora.merge()
    if setting:  # the programs that start from this model choose their own
        setattr(model.config, setting, getattr(config, setting))
    save_model(job.model_folder, model, renderer)
    report = {
        "demonstrations": len(data.train),
        "validation_demonstrations": len(data.validation),
        "left_out": dict(data.left_out),
        "train_loss": mean_loss(loss, data.train, job.heed_stop),
        **({"validation_loss": kept.validation_loss} if kept and kept.validation_loss is not None else {}),
        **({"reward": kept.reward} if kept and kept.reward is not None else {}),
        "tokens": tokens_of(data.train),
        "template": "plain" if template_added else "own",
        "selection": selection_report(selection, kept, why, len(judge.asked) if judge else 0),
        "packing": _packing(data.train, spec, packed, why_not),
        "lora": lora and lora.to_json(),
        "precision": precision,
        "gradient_checkpointing": spec.gradient_checkpointing == "on",
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


def _judge(job: Job, spec: SftSpec, model: Any, renderer: Renderer, data: Demonstrations) -> Judge | None:
    """The reward model with the validation prompts that it hears replies to; None where there are none of either."""
    if not spec.reward:
        return None
    scorer = load_scorer(find(job, "reward"), job.device)
    scorer.model.requires_grad_(False)
    asked = choose_prompts(data.held_out, renderer, scorer, spec, context_length(model.config))
    return Judge(model, renderer, scorer, asked, spec) if asked else None


def _chosen_by(spec: SftSpec, data: Demonstrations, judge: Judge | None) -> tuple[str, str]:
    """What the epoch is chosen by, and a sentence that says why. Raises BadInput where the spec's way is not open."""
    missing = "there is no demonstration of the validation split that leaves room for a reply"
    if spec.select == REWARD and judge is None:
        raise BadInput(DEMONSTRATIONS, f"{DEMONSTRATIONS}: select is reward, and {missing}.")
    if spec.select == LOSS and not data.validation:
        raise BadInput(
            DEMONSTRATIONS, f"{DEMONSTRATIONS}: select is loss, and there is no demonstration of the validation split."
        )
    if spec.select != "auto":
        return spec.select, f"The setting select says {spec.select}."
    if judge is not None:
        return REWARD, "A reward model was given, so the epoch whose replies it scores best is kept."
    if spec.reward:
        return LAST, f"A reward model was given, but {missing}: the last epoch is kept."
    return LAST, "No reward model was given, so the last epoch is kept."


def _look(
    job: Job, step: int, epoch: int, loss: CompletionLoss, validation: Sequence[Pair], judge: Judge | None
) -> Look:
    replies = judge.replies(job.ear) if judge else None
    return Look(
        step=step,
        epoch=epoch,
        validation_loss=mean_loss(loss, validation, job.heed_stop) if validation else None,
        rewards=replies.rewards if replies else (),
        ended=replies.ended if replies else None,
    )


def _packing(pairs: Sequence[Pair], spec: SftSpec, packed: bool, why_not: str | None) -> dict[str, Any]:
    """`padding` are shares of the places in a batch; `why_not` a sentence where packing was wanted and could not be."""
    return {
        "used": packed,
        "why_not": why_not,
        "padding": padding_of(pairs, spec.batch_size, spec.seed, packed=False),
        "padding_packed": padding_of(pairs, spec.batch_size, spec.seed, packed=True) if packed else None,
    }


if __name__ == "__main__":
    leave(main("sft", run))
