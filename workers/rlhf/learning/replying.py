"""How good a model's replies to the validation prompts are, by a reward model: what the epochs are chosen by."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from apps.datasets.domain.records import DemonstrationRecord
from apps.training.domain.specs import SftSpec
from workers.rlhf.frame import processes, sharding
from workers.rlhf.frame.errors import Diverged
from workers.rlhf.frame.guard import Ear
from workers.rlhf.language.loading import context_length
from workers.rlhf.language.render import Ids, Renderer
from workers.rlhf.policy.sampling import sample, seeded
from workers.rlhf.preference.scorer import Scorer

ROWS = 32  # replies that are sampled together


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt as the learning model's tokens and as the reward model's."""

    ids: Ids
    reward_ids: Ids


@dataclass(frozen=True, slots=True)
class Replies:
    rewards: tuple[float, ...]
    ended: float  # share


@dataclass(frozen=True, slots=True)
class Judge:
    """Lets the model reply and scores that. The dice are the same at every epoch, so that epochs differ by the model only.

    Of several processes each does all of it: they hold the same weights, so they hear the same.
    """

    model: Any
    renderer: Renderer
    scorer: Scorer
    asked: list[Asked]
    spec: SftSpec

    def replies(self, ear: Ear) -> Replies:
        """Temperature 1, nothing cut off the tail; ends where `ear` hears of a stop. Raises Diverged where a reward is not finite."""
        generator = seeded(self.model.device, self.spec.seed, "selection")
        drawn = []
        for part in _parts(self.asked):
            limit = self.spec.max_completion_tokens
            if (context := context_length(self.model.config)) is not None:
                limit = min(limit, context - max(len(one.ids) for one in part))
            prompts = [one.ids for one in part]
            drawn += sample(
                self.model, prompts, eos=self.renderer.eos_id, limit=limit, rows=ROWS, generator=generator,
                asked=partial(self._asked, ear),
            )  # fmt: skip
            ear.heed()
        texts = [self.renderer.text(reply.tokens) for reply in drawn]
        rewards = self.scorer.score([one.reward_ids for one in self.asked], texts, ear.heed)
        if not rewards.isfinite().all():
            raise Diverged("The reward model's score of a reply is not finite.")
        return Replies(tuple(rewards.tolist()), sum(reply.ended for reply in drawn) / len(drawn))

    def _asked(self, ear: Ear) -> bool:
        """Each token of a model in parts is drawn by all processes at once, so they have to end at the same one."""
        return processes.any_says(ear.asked()) if sharding.is_sharded(self.model) else ear.asked()


def choose_prompts(
    records: Sequence[DemonstrationRecord], renderer: Renderer, scorer: Scorer, spec: SftSpec, context: int | None
) -> list[Asked]:
    """At most `selection_prompts` prompts of these demonstrations, each once, drawn by the seed; shortest first.

    One that leaves no room for a reply, in the model's context or the reward model's, is not asked.
    """
    by_uid = {record.prompt_uid: record for record in records}
    drawn = [by_uid[uid] for uid in sorted(by_uid)]
    Random(f"{spec.seed} selection").shuffle(drawn)  # noqa: S311
    asked = [
        Asked(
            renderer.prompt_ids(record.messages, record.context),
            scorer.renderer.prompt_ids(record.messages, record.context),
        )
        for record in drawn
    ]
    fitting = [one for one in asked if _has_room(one.ids, context) and _has_room(one.reward_ids, scorer.context)]
    return sorted(fitting[: spec.selection_prompts], key=lambda one: len(one.ids))


def _has_room(ids: Ids, context: int | None) -> bool:
    return context is None or len(ids) + 1 < context  # a token and its end


def _parts(asked: Sequence[Asked]) -> list[Sequence[Asked]]:
    return [asked[start : start + ROWS] for start in range(0, len(asked), ROWS)]
