"""The completions that a new task puts before labelers. What models here wrote is looked at first: an empty reply, one that
is there already, one that echoes its prompt or names its model is left out (docs/decisions/0043-hygiene.md).

What came with an import is whoever sent it's to choose.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from apps.prompts.domain.hygiene import Kind, faults
from apps.prompts.models import Completion, Prompt

from ..selectors.tasks import judgeable

AT_ONCE = 200  # prompts whose texts are held
SCREENED_AT_ONCE = 1_000  # prompts that models answered, for as long as a page may take


@dataclass(slots=True)
class Screened:
    """Of one prompt: the ids of its candidates, oldest first, and how many replies are left out for what."""

    candidates: list[int] = field(default_factory=list)
    left_out: Counter[Kind] = field(default_factory=Counter)


def candidates_of(prompts: Sequence[Prompt], *, demonstrations: bool) -> dict[int, Screened]:
    """By prompt: completions of models and imports, and what people wrote if asked. Milliseconds for each prompt that a
    model here answered."""
    wanted = Completion.objects.filter(judgeable(demonstrations=demonstrations), prompt__in=prompts)
    found: dict[int, Screened] = defaultdict(Screened)
    answered: list[int] = []
    for prompt, completion, origin in wanted.order_by("prompt", "id").values_list("prompt", "id", "origin"):
        found[prompt].candidates.append(completion)
        if origin == Completion.Origin.MODEL and prompt not in answered[-1:]:
            answered.append(prompt)
    for start in range(0, len(answered), AT_ONCE):
        for prompt, bad in _bad(answered[start : start + AT_ONCE], found):
            one = found[prompt]
            one.candidates = [completion for completion in one.candidates if completion not in bad]
            one.left_out = Counter(bad.values())
    return found


def _bad(prompts: Sequence[int], found: dict[int, Screened]) -> Iterator[tuple[int, dict[int, Kind]]]:
    """Of each prompt the completions that are not to be shown, and why."""
    asked = dict(Prompt.objects.filter(pk__in=prompts).values_list("pk", "messages"))
    ids = [completion for prompt in prompts for completion in found[prompt].candidates]
    rows = Completion.objects.filter(pk__in=ids).order_by("id")
    texts: dict[int, list[tuple[int, str, str, str]]] = defaultdict(list)
    for prompt, pk, origin, body, reason in rows.values_list("prompt", "id", "origin", "body", "finish_reason"):
        texts[prompt].append((pk, origin, body, reason))
    for prompt, given in texts.items():
        written = [one for one in given if one[1] == Completion.Origin.MODEL]
        beside = [body for _, origin, body, _ in given if origin != Completion.Origin.MODEL]
        last = str(json.loads(asked[prompt])[-1]["content"])
        said = faults([(body, reason) for _, _, body, reason in written], prompt=last, beside=beside)
        yield prompt, {pk: kind for (pk, *_), kind in zip(written, said, strict=True) if kind}
