"""The prompts that PPO learns on, and the order in which it asks them."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random

from apps.datasets.domain.records import Message, PromptRecord, model_messages
from apps.training.domain.specs import PROMPTS, PpoSpec
from workers.rlhf.frame.errors import BadInput
from workers.rlhf.frame.records import read_records
from workers.rlhf.language.render import Ids, Renderer

OTHER_SPLIT = "prompts of the validation or test split"
TOO_LONG = "prompts over max_prompt_tokens"
NO_ROOM = "prompts that leave no room for max_completion_tokens in the policy's or the reward model's context"


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt as the policy's tokens and as the reward model's."""

    uid: str
    messages: list[Message]
    ids: Ids
    reward_ids: Ids


def read_prompts(
    path: Path, spec: PpoSpec, policy: Renderer, reward: Renderer, contexts: tuple[int | None, int | None]
) -> tuple[list[Asked], Counter[str]]:
    """The prompts of split "train" that fit, by uid, and how many were left out and why.

    `contexts` are the policy's and the reward model's, in their own tokens. Raises BadInput where no prompt is left.
    """
    asked: dict[str, Asked] = {}
    left_out: Counter[str] = Counter()
    for record in read_records(path, PromptRecord):
        if record.split != "train":
            left_out[OTHER_SPLIT] += 1
            continue
        ids = policy.prompt_ids(record.messages, record.context)
        reward_ids = reward.prompt_ids(record.messages, record.context)
        if len(ids) > spec.max_prompt_tokens:
            left_out[TOO_LONG] += 1
        elif not all(_fits(*one, spec) for one in zip((ids, reward_ids), contexts, strict=True)):
            left_out[NO_ROOM] += 1
        else:
            messages = model_messages(record.messages, record.context)
            asked.setdefault(record.prompt_uid, Asked(record.prompt_uid, messages, ids, reward_ids))
    if not asked:
        raise BadInput(PROMPTS, f"{PROMPTS}: no prompt to learn on{_why(left_out)}.")
    return [asked[uid] for uid in sorted(asked)], left_out


def _fits(ids: Ids, context: int | None, spec: PpoSpec) -> bool:
    return context is None or len(ids) + spec.max_completion_tokens <= context


def _why(left_out: Counter[str]) -> str:
    return "".join(f"; left out: {count} {reason}" for reason, count in sorted(left_out.items()))


def prompts_of(prompts: list[Asked], seed: int, start: int, count: int) -> list[Asked]:
    """Those of episodes start..start+count: every prompt once, in a new order each time round.

    The episode's number is the whole cursor, so a resumed run asks what the uninterrupted one would.
    """
    rounds = (divmod(episode, len(prompts)) for episode in range(start, start + count))
    return [prompts[_order(seed, turn, len(prompts))[place]] for turn, place in rounds]


@lru_cache(maxsize=2)
def _order(seed: int, turn: int, count: int) -> list[int]:
    order = list(range(count))
    Random(f"{seed} {turn}").shuffle(order)  # noqa: S311  # an order, not a secret
    return order
