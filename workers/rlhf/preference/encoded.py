"""Ranked prompts as tokens, without what is too long."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from workers.rlhf.language.render import Ids, Renderer
from workers.rlhf.preference.ranked import Judged, RankedPrompt


@dataclass(frozen=True, slots=True)
class Limits:
    """The most tokens of a prompt, of a completion (EOS counted), and of both together, as the model allows."""

    prompt: int
    completion: int
    context: int

    def refuses_prompt(self, ids: Ids) -> bool:
        return len(ids) > self.prompt or len(ids) >= self.context

    def refuses_completion(self, prompt: Ids, ids: Ids) -> bool:
        return len(ids) > self.completion or len(prompt) + len(ids) > self.context


@dataclass(frozen=True, slots=True)
class Encoded:
    """A ranked prompt with its tokens; `completions` are aligned with the prompt's texts."""

    prompt: RankedPrompt
    ids: Ids
    completions: list[Ids]

    @property
    def pairs(self) -> list[tuple[Ids, Ids]]:
        return [(self.ids, completion) for completion in self.completions]

    @property
    def longest(self) -> int:
        """Tokens of the prompt with its longest completion."""
        return len(self.ids) + max(map(len, self.completions))


def encode(
    prompts: Iterable[RankedPrompt], renderer: Renderer, limits: Limits, left_out: Counter[str]
) -> list[Encoded]:
    """The prompts with at least one comparison of two completions within the limits; the rest is added to `left_out`.

    A completion over the limits takes its comparisons with it; the others of its ranking stay.
    """
    encoded = []
    for prompt in prompts:
        ids = renderer.prompt_ids(prompt.messages, prompt.context)
        if limits.refuses_prompt(ids):
            left_out[f"prompts over {min(limits.prompt, limits.context - 1):,} tokens"] += 1
            continue
        completions = [renderer.completion_ids(text) for text in prompt.texts]
        kept = [n for n, one in enumerate(completions) if not limits.refuses_completion(ids, one)]
        if len(kept) < len(completions):
            left_out[too_long(limits)] += len(completions) - len(kept)
            prompt = without(prompt, kept)
        if prompt.rankings:
            encoded.append(Encoded(prompt, ids, [completions[n] for n in kept]))
        else:
            left_out["prompts left without a comparison by that"] += 1
    return encoded


def too_long(limits: Limits) -> str:
    return f"completions over {limits.completion:,} tokens, or over {limits.context:,} with their prompt"


def without(prompt: RankedPrompt, kept: Sequence[int]) -> RankedPrompt:
    """The prompt with the texts at `kept` only, and what its rankings say of these."""
    place = {old: new for new, old in enumerate(kept)}
    rankings = [_without(one, place) for one in prompt.rankings]
    texts = [prompt.texts[n] for n in kept]
    return replace(prompt, texts=texts, rankings=[one for one in rankings if one.pairs or one.ties])


def _without(ranking: Judged, place: dict[int, int]) -> Judged:
    return replace(
        ranking,
        pairs=[(place[b], place[w]) for b, w in ranking.pairs if b in place and w in place],
        ties=[(place[a], place[b]) for a, b in ranking.ties if a in place and b in place],
        tiers={place[n]: tier for n, tier in ranking.tiers.items() if n in place},
        shown={place[n]: at for n, at in ranking.shown.items() if n in place},
    )
