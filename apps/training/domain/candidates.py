"""Which of several models' replies to one prompt are put up to be ranked together, and what became of the others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil

from apps.core.domain.ranking import K_MIN
from apps.prompts.domain.hygiene import Fate, Finding, Gist, Kind, Rule, Rules, findings_alone, gist_of, likeness

SPARE_SAMPLES = 2


@dataclass(frozen=True, slots=True)
class Reply:
    """A completion: its id, its text, and how it ended."""

    pk: int
    text: str
    finish_reason: str = "stop"


@dataclass(frozen=True, slots=True)
class Found:
    """A finding on a reply, and what became of the reply."""

    pk: int
    finding: Finding
    fate: Fate


@dataclass(frozen=True, slots=True)
class Mix:
    """Ids of the replies to rank, none where there are under two; and every finding."""

    chosen: list[int] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)


def samples_each(k: int, share: int = 1, total: int = 2) -> int:
    """How many completions of a prompt a model writes that has `share` of `total`: its part of K, and spares."""
    return ceil(k * share / total) + SPARE_SAMPLES


def turns(shares: Sequence[int]) -> Iterator[int]:
    """Whose turn it is, for ever: always the one that is furthest behind its share, the first of equals."""
    taken, total = [0] * len(shares), sum(shares)
    while True:
        round_number = sum(taken) + 1
        behind = [share * round_number - total * had for share, had in zip(shares, taken, strict=True)]
        at = behind.index(max(behind))
        taken[at] += 1
        yield at


def mixed(
    models: Sequence[Sequence[Reply]],
    *,
    k: int,
    shares: Sequence[int] | None = None,
    prompt: str = "",
    rules: Rules | None = None,
) -> Mix:
    """Up to `k` replies of the models by turns, each model's sound ones first. `prompt` is what was asked last.

    Where one model runs out the others fill up. Nobody is told which model wrote what.
    """
    shares = shares or [1] * len(models)
    chooser = _Chooser(models, shares, k, prompt, rules or Rules())
    chooser.choose()
    return chooser.mix()


class _Chooser:
    def __init__(
        self, models: Sequence[Sequence[Reply]], shares: Sequence[int], k: int, prompt: str, rules: Rules
    ) -> None:
        self.models, self.shares, self.k, self.rules = models, shares, k, rules
        self.findings = {
            reply.pk: findings_alone(reply.text, reply.finish_reason, prompt) for replies in models for reply in replies
        }
        self.chosen: dict[int, Gist] = {}
        self.later: list[Reply] = []  # like one that is chosen, but better than none where the rule says so

    def choose(self) -> None:
        queues = [self._queue(replies) for replies in self.models]
        for at in turns(self.shares):
            if len(self.chosen) == self.k or not any(queues):
                break
            # A model that has run out leaves its turn to the next that has not.
            order = [*range(at, len(queues)), *range(at)]
            self._take_from(next(queues[one] for one in order if queues[one]))
        for reply in self.later[: self.k - len(self.chosen)]:
            self.chosen[reply.pk] = gist_of(reply.text)

    def mix(self) -> Mix:
        shown = list(self.chosen) if len(self.chosen) >= K_MIN else []
        found = [one for at, replies in enumerate(self.models) for one in self._fates(at, replies, shown)]
        return Mix(shown, found)

    def _queue(self, replies: Sequence[Reply]) -> list[Reply]:
        """Those that may be shown, the sound ones first."""
        rules = {reply.pk: {self.rules.of[one.kind] for one in self.findings[reply.pk]} for reply in replies}
        usable = [reply for reply in replies if Rule.DROP not in rules[reply.pk]]
        return sorted(usable, key=lambda reply: Rule.MARK in rules[reply.pk])

    def _take_from(self, queue: list[Reply]) -> None:
        """The model's next reply that is like none of those chosen."""
        while queue:
            reply = queue.pop(0)
            gist = gist_of(reply.text)
            if self._alike(reply, gist) and self.rules.of[Kind.ALIKE] != Rule.KEEP:
                if self.rules.of[Kind.ALIKE] == Rule.MARK:
                    self.later.append(reply)
                continue
            self.chosen[reply.pk] = gist
            return

    def _alike(self, reply: Reply, gist: Gist) -> bool:
        most = max((likeness(gist, other) for other in self.chosen.values()), default=0.0)
        if most < self.rules.likeness:
            return False
        words = "It is another reply to this prompt, word for word." if most == 1 else (
            f"It is {most:.0%} like another reply to this prompt."
        )  # fmt: skip
        self.findings[reply.pk].append(Finding(Kind.ALIKE, words))
        return True

    def _fates(self, at: int, replies: Sequence[Reply], shown: list[int]) -> Iterator[Found]:
        """A reply was due while its model had places left; whoever stood in for it filled the task, or nobody did."""
        places = self._places(at)
        for reply in replies:
            if reply.pk in shown:
                fate = Fate.SHOWN
                places -= 1
            elif places <= 0:
                fate = Fate.SPARE
            else:
                fate = Fate.REPLACED if len(shown) == self.k else Fate.DROPPED
            for finding in self.findings[reply.pk]:
                yield Found(reply.pk, finding, fate)

    def _places(self, at: int) -> int:
        order = turns(self.shares)
        return sum(next(order) == at for _ in range(self.k))
