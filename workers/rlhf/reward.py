"""The reward model: InstructGPT's K-wise training on rankings (arXiv 2203.02155, section 3.5 and C.2).

    python -m workers.rlhf.reward --spec spec.json --input DIR --output DIR

DIR holds rankings.jsonl, the SFT model's folder `policy/` unless the spec names another model, and, if there are any,
demonstrations.jsonl, whose mean reward becomes zero. Only the train split is learned from; the validation split
measures; the test split is not read. `run` reads from top to bottom: read, settle how to learn, learn, measure and
save, train further for the report card, report. Once the model is saved its folder says what it is, whatever becomes of
the further trainings; the run's own manifest comes last.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from apps.training.domain.specs import RewardSpec
from workers.rlhf.card.card import Measured, report_card
from workers.rlhf.card.further import Further, Plan, Result, begun, go_on, plan_of
from workers.rlhf.card.previous import former_of
from workers.rlhf.card.report import reward_report
from workers.rlhf.card.sentinels import Readable, readable, sentinels, sentinels_section
from workers.rlhf.card.table import Values
from workers.rlhf.frame import machine, processes
from workers.rlhf.frame.checkpoint import damaged
from workers.rlhf.frame.files import describe_files
from workers.rlhf.frame.guard import Ear
from workers.rlhf.frame.job import State
from workers.rlhf.frame.leaving import leave
from workers.rlhf.frame.manifest import MANIFEST, write_model_manifest
from workers.rlhf.frame.program import BadInput, Job, Outcome, main
from workers.rlhf.language.loading import (
    Place,
    context_length,
    count_parameters,
    find,
    load_reward,
    load_tokenizer,
    save_model,
)
from workers.rlhf.language.render import Renderer
from workers.rlhf.learning.lora import Lora, adapted
from workers.rlhf.learning.precision import keep_no_activations, precision_of
from workers.rlhf.preference.encoded import Encoded
from workers.rlhf.preference.forms import Form
from workers.rlhf.preference.material import Material, as_tokens, pairs_of, read_enough
from workers.rlhf.preference.normalisation import Normalisation, normalise
from workers.rlhf.preference.samples import sft_samples
from workers.rlhf.preference.sharing import choose
from workers.rlhf.preference.training import Training, stop_if_asked, train

UNFINISHED = "The further trainings of its report card have not all been made."


@dataclass(frozen=True, slots=True)
class Base:
    """What the reward model begins from: the SFT model, and how it reads a conversation."""

    place: Place
    renderer: Renderer
    device: torch.device

    def with_new_head(self, spec: RewardSpec) -> PreTrainedModel:
        """Ready to learn as the spec says, but for adapters. The head's weights are drawn as torch's seed says."""
        model = load_reward(self.place, self.device, pad_token_id=self.renderer.pad_id)
        if spec.gradient_checkpointing == "on":
            keep_no_activations(model)
        return model


def run(job: Job) -> Outcome:
    spec = cast(RewardSpec, job.spec)
    precision = precision_of(spec.precision, job.device)
    prompts, left_out = read_enough(job, spec)
    place = find(job, "model")
    base = Base(place, Renderer(load_tokenizer(place)), job.device)
    model = base.with_new_head(spec)
    _require_head(model)
    material = as_tokens(job, spec, prompts, left_out, base.renderer, context_length(model.config))

    known = readable(sentinels(), base.renderer, material.limits)
    ranked = [*material.learned, *material.held_out]
    sharing = choose(model, spec.form, ranked, base.renderer.pad_id, _longest_beside(material, known, spec))
    plan = plan_of(spec, material.learned, material.held_out)
    parameters = count_parameters(model)
    lora = adapted(model, spec)
    how = {
        "form": sharing.to_json(),
        "lora": lora and lora.to_json(),
        "precision": precision,
        "gradient_checkpointing": spec.gradient_checkpointing == "on",
    }
    training = Training(spec, model, base.renderer.pad_id, material.learned, sharing.form)
    before = training.steps
    total = before + plan.steps(spec)

    saved = job.checkpoint_load()
    if saved is not None and "main" in saved:
        _require_untouched(job, saved["main"]["files"])
    else:
        saved = begun(_learn(job, base, training, lora, material, known, saved, total))
        job.checkpoint_save(saved)
    found = saved["main"]
    del model, lora, training  # the model is saved and measured: further trainings have its memory

    normalisation = normalise(found["learned"], found["demonstrations"], found["samples"])
    report = {**_report(material, found, spec), **how, "ties": found["ties"]}

    def outcome(card: dict[str, Any]) -> Outcome:
        return Outcome(
            report=report | card,
            renderer=base.renderer,
            parameters=parameters,
            extra={"normalisation": normalisation.to_json()},
        )

    if plan.trainings:
        _tell_of_the_model(job, outcome({"card": None, "why_no_card": UNFINISHED}))
    another = partial(_another, base, spec, sharing.form)
    results = go_on(job, plan, pairs_of(material.held_out), another, saved=saved, before=before, total=total)
    return outcome({"card": _card(job, material, found, normalisation, plan, results, known)})


def _require_head(model: PreTrainedModel) -> None:
    """Language models get a head named `score`, which reads one token's state; encoders pool in ways of their own."""
    if not isinstance(getattr(model, "score", None), torch.nn.Linear):
        raise BadInput(
            "model",
            f"model: {type(model).__name__} has no score head on its last token; a causal language model is needed.",
        )


def _longest_beside(material: Material, known: Readable, spec: RewardSpec) -> int:
    """Tokens of the longest text that is only measured; of the SFT model's replies, as many as they may have."""
    limits, given = material.limits, [*material.demonstrations, *known.pairs]
    sampled = max(len(one.ids) for one in material.learned) + limits.completion if spec.sft_samples else 0
    return max([min(sampled, limits.context), *(len(prompt) + len(reply) for prompt, reply in given)])


def _learn(
    job: Job,
    base: Base,
    training: Training,
    lora: Lora | None,
    material: Material,
    known: Readable,
    saved: State | None,
    total: int,
) -> State:
    """Trains the model, from the checkpoint `saved`, measures and saves it.

    Returns all that is needed of it but its weights: raw rewards of each kind of text, what ties taught, and the hashes
    of its files.
    """
    train(job, training, saved, total)
    found = _measure(job, base, training, material, known)
    if lora:
        lora.merge()
    save_model(job.model_folder, training.model, base.renderer)
    return {**found, "files": describe_files(job.model_folder) if processes.is_first() else {}}


def _require_untouched(job: Job, files: dict[str, Any]) -> None:
    """What an earlier attempt measured is what lies there. It is not loaded again, so nothing else would find out."""
    if describe_files(job.model_folder, leave_out=MANIFEST) != files:
        raise damaged(job.output / "checkpoint" / "state.pt", "the folder model is not the model that it has measured")


def _tell_of_the_model(job: Job, outcome: Outcome) -> None:
    """A run that ends in a further training leaves a model that says what it is."""
    taken = machine.measure(job)
    if processes.is_first() and not (job.model_folder / MANIFEST).is_file():
        write_model_manifest(job, outcome, taken)


def _measure(job: Job, base: Base, training: Training, material: Material, known: Readable) -> State:
    """The SFT model's replies are drawn here: there is room for it only once the model is trained."""
    spec, learned = training.spec, material.learned

    ear = Ear(job.stop.is_set, partial(stop_if_asked, job, training))
    sampled = sft_samples(
        base.place, base.renderer, learned, material.limits, spec.sft_samples, spec.seed, job.device, ear
    )
    asked = {
        "learned": pairs_of(learned),
        "held_out": pairs_of(material.held_out),
        "demonstrations": material.demonstrations,
        "sentinels": known.pairs,
        "samples": processes.gathered(sampled)[0],  # on GPUs another may have drawn a little else
    }
    found = {name: training.rewards(pairs, ear.heed) for name, pairs in asked.items()}
    return {**found, "ties": training.ties.report([one.prompt for one in learned])}


def _another(base: Base, spec: RewardSpec, form: Form, further: Further) -> Training:
    torch.manual_seed(further.seed)  # the new head's weights
    model = base.with_new_head(spec)
    adapted(model, spec)
    return Training(replace(spec, seed=further.seed), model, base.renderer.pad_id, further.prompts, form)


def _report(material: Material, found: State, spec: RewardSpec) -> dict[str, Any]:
    return reward_report(
        train=[one.prompt for one in material.learned],
        held_out=[one.prompt for one in material.held_out],
        rewards=(_by_prompt(found["learned"], material.learned), _by_prompt(found["held_out"], material.held_out)),
        left_out=material.left_out,
        resamples=spec.bootstrap,
        seed=spec.seed,
    )


def _card(
    job: Job,
    material: Material,
    found: State,
    normalisation: Normalisation,
    plan: Plan,
    further: Sequence[Result],
    known: Readable,
) -> dict[str, Any]:
    measured = Measured(
        learned=material.learned,
        held_out=material.held_out,
        raw=found["held_out"].double().numpy(),
        normalisation=normalisation,
        ties=found["ties"],
        plan=plan,
        further=further,
        sentinels=sentinels_section(known, found["sentinels"], normalisation.scale),
        former=former_of(job, [one.prompt for one in material.held_out]),
    )
    return report_card(measured, cast(RewardSpec, job.spec))


def _by_prompt(rewards: Tensor, prompts: Sequence[Encoded]) -> Values:
    ends = np.cumsum([len(one.completions) for one in prompts])
    return np.split(rewards.double().numpy(), ends[:-1]) if prompts else []


if __name__ == "__main__":
    leave(main("reward", run))
