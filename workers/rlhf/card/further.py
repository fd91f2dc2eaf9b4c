"""Further trainings for the report card: the same settings on less, on fewer labelers, or from another seed.

They come after the model is trained, measured and saved. Each begins from the base model anew, and what it leaves is
its rewards of the held-out texts; so a run that is killed goes on with the one it was at.
"""

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import cast

import numpy as np
from torch import Tensor

from apps.training.domain.specs import RewardSpec
from workers.rlhf.card.curve import shares_of
from workers.rlhf.card.folds import groups_of, without_people
from workers.rlhf.frame.errors import BadInput, Diverged, Interrupted, PartFailed, PeerLost
from workers.rlhf.frame.job import Job, State
from workers.rlhf.language.render import Ids
from workers.rlhf.preference.encoded import Encoded
from workers.rlhf.preference.ranked import count_comparisons
from workers.rlhf.preference.training import Training

Asked = tuple[Ids, Ids]  # prompt, reply
FOLD, SHARE, SEED = "fold", "share", "seed"
SEEDS = 2**31  # a seed is below
log = logging.getLogger("rlhf")


@dataclass(frozen=True, kw_only=True)
class Further:
    """One further training: on these prompts, from this seed. `share` of the prompts, or without `people`."""

    name: str
    kind: str
    prompts: Sequence[Encoded]
    seed: int
    share: float = 1.0
    people: frozenset[str] = frozenset()

    @property
    def comparisons(self) -> int:
        return count_comparisons(one.prompt for one in self.prompts)

    def steps(self, spec: RewardSpec) -> int:
        return spec.epochs * -(-len(self.prompts) // spec.batch_size)


@dataclass(frozen=True)
class Result:
    """Raw rewards of the held-out texts, or why there are none."""

    rewards: Tensor | None
    why: str | None = None


@dataclass
class Plan:
    """The further trainings of a run, in order, and why some that were asked for are not among them."""

    trainings: list[Further] = field(default_factory=list)
    why_no_folds: str | None = None
    why_no_curve: str | None = None

    def steps(self, spec: RewardSpec) -> int:
        return sum(one.steps(spec) for one in self.trainings)


def plan_of(spec: RewardSpec, learned: Sequence[Encoded], held_out: Sequence[Encoded]) -> Plan:
    """What `folds`, `curve` and `ensemble` ask for. Without held-out prompts there is nothing to measure them on."""
    plan = Plan()
    if count_of(held_out):
        _plan_folds(plan, spec, learned, held_out)
        _plan_curve(plan, spec, learned)
        plan.trainings += [
            Further(name=f"seed {n}", kind=SEED, prompts=learned, seed=(spec.seed + n) % SEEDS)
            for n in range(1, spec.ensemble + 1)
        ]
    return plan


def _plan_folds(plan: Plan, spec: RewardSpec, learned: Sequence[Encoded], held_out: Sequence[Encoded]) -> None:
    if not spec.folds:
        plan.why_no_folds = "No folds were asked for (folds is 0)."
        return
    groups = groups_of([one.prompt for one in (*learned, *held_out)], spec.folds, spec.seed)
    if len(groups) < spec.folds:
        plan.why_no_folds = f"{spec.folds} folds need as many labelers; there are {len(groups)}."
        return
    kept = [[one for one in (_without(each, people) for each in learned) if one] for people in groups]
    if not all(map(count_of, kept)):
        plan.why_no_folds = "Without one of the groups of labelers no comparison is left to train on."
        return
    plan.trainings += [
        Further(name=f"fold {n}", kind=FOLD, prompts=prompts, seed=spec.seed, people=people)
        for n, (prompts, people) in enumerate(zip(kept, groups, strict=True), start=1)
    ]


def count_of(prompts: Sequence[Encoded]) -> int:
    return count_comparisons(one.prompt for one in prompts)


def _without(one: Encoded, people: frozenset[str]) -> Encoded | None:
    prompt = without_people(one.prompt, people)
    return replace(one, prompt=prompt) if prompt.rankings else None


def _plan_curve(plan: Plan, spec: RewardSpec, learned: Sequence[Encoded]) -> None:
    """Smaller shares are parts of larger ones, so that each point adds labels to the one before."""
    if not spec.curve:
        plan.why_no_curve = "No learning curve was asked for (curve is 0)."
        return
    order = np.random.default_rng([spec.seed, SEEDS]).permutation(len(learned))
    for share in shares_of(spec.curve):
        some = [learned[n] for n in sorted(order[: math.ceil(share * len(learned))])]
        if len(some) > 1 and count_of(some):
            name = f"share 1/{round(1 / share)}"
            plan.trainings.append(Further(name=name, kind=SHARE, prompts=some, seed=spec.seed, share=share))
    if not any(one.kind == SHARE for one in plan.trainings):
        plan.why_no_curve = "Too few training prompts to train on a share of them."


def begun(main: State) -> State:
    """The checkpoint of a run whose model is saved, with all that is still needed of it, and no further training done."""
    return _state(main, ())


def go_on(
    job: Job,
    plan: Plan,
    asked: Sequence[Asked],
    make: Callable[[Further], Training],
    *,
    saved: State,
    before: int,
    total: int,
) -> list[Result]:
    """Raw rewards of `asked` by each training of the plan, from the checkpoint `saved` on.

    `before`: the steps of the model itself, of `total`. Raises PartFailed that names the training which failed.
    """
    spec = cast(RewardSpec, job.spec)
    main, half_way = saved["main"], saved["current"]
    done = [Result(**one) for one in saved["done"]]
    before += sum(one.steps(spec) for one in plan.trainings[: len(done)])
    for one in plan.trainings[len(done) :]:
        with _named(f"{one.name} ({len(done) + 1} of {len(plan.trainings)})"):
            training = make(one)
            if half_way is not None:
                training.load(half_way)
                half_way = None
            done.append(_trained(job, training, asked, partial(_state, main, tuple(done), training), before, total))
            before += one.steps(spec)
            del training
            job.checkpoint_save(_state(main, done))
    return done


@contextmanager
def _named(name: str) -> Iterator[None]:
    """The log, and the error of one that fails, say which further training it was."""
    log.info("Further training %s.", name)
    try:
        yield
    except (BadInput, Interrupted, PeerLost):
        raise
    except Exception as error:
        raise PartFailed(
            f"The further training {name} for the report card failed: {type(error).__name__}: {error}. The model itself "
            "is trained and saved; the same command goes on with this further training."
        ) from error


def _trained(
    job: Job, training: Training, asked: Sequence[Asked], state: Callable[[], State], before: int, total: int
) -> Result:  # fmt: skip
    """A training that diverges costs the report a line, not the run its model."""
    try:
        for took in training.go_on():
            job.log(before + took.step, total, further_loss=took.loss)
            job.step_done(before + took.step, state)
        return Result(training.rewards(asked, partial(_stop_if_asked, job, state)))
    except Diverged as error:
        return Result(None, str(error))


def _state(main: State, done: Sequence[Result], current: Training | None = None) -> State:
    return {"main": main, "done": [asdict(one) for one in done], "current": current.state() if current else None}


def _stop_if_asked(job: Job, state: Callable[[], State]) -> None:
    """Between the forwards of a measurement: a stop there loses no step."""
    if job.stopping:
        job.checkpoint_save(state())
        raise Interrupted("stopped while a further training was measured")
