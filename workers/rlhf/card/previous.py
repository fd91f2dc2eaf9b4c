"""What changed since the former reward model: both on the same held-out comparisons, on their own scales."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from workers.rlhf.card.exact import sign_test
from workers.rlhf.card.interval import Floats, Resamples
from workers.rlhf.card.table import Ints, Table, right
from workers.rlhf.frame.errors import BadInput
from workers.rlhf.frame.job import Job
from workers.rlhf.language.loading import locate
from workers.rlhf.preference.ranked import RankedPrompt
from workers.rlhf.preference.scorer import Scorer, load_scorer

PREVIOUS = "previous"  # a folder of the input
SHOWN = 10
CUT = 300  # characters of a text that is shown

NO_FORMER = "No former reward model was given."
NOTHING = "The former model can read none of the held-out comparisons."


@dataclass(frozen=True, kw_only=True)
class Former:
    """The former reward model's rewards of all held-out texts on its own scale, or why there are none."""

    identity: str | None = None
    rewards: Floats | None = None
    why: str = NO_FORMER


def former_of(job: Job, prompts: Sequence[RankedPrompt]) -> Former:
    """The model in the input's folder `previous/`, if there is one. One that cannot be read costs the run nothing."""
    if not (job.input / PREVIOUS).is_dir() or not prompts:
        return Former()
    try:
        place = locate(PREVIOUS, PREVIOUS, job.input.resolve())
        job.inputs[PREVIOUS] = place.identity
        return Former(
            identity=place.identity, rewards=former_rewards(load_scorer(place, job.device), prompts, job.heed_stop)
        )
    except BadInput as error:
        return Former(why=str(error))


def former_rewards(scorer: Scorer, prompts: Sequence[RankedPrompt], between: Callable[[], None]) -> Floats:
    """Rewards of all texts, in order; NaN for those of prompts that its context has no room for. Models cross at text."""
    ids, texts, fits = [], [], []
    for prompt in prompts:
        rendered = scorer.renderer.prompt_ids(prompt.messages, prompt.context)
        room = scorer.context is None or len(rendered) < scorer.context
        for text in prompt.texts:
            fits.append(room)
            if room:
                ids.append(rendered)
                texts.append(text)
    found = np.full(len(fits), np.nan)
    if texts:
        found[np.array(fits)] = scorer.score(ids, texts, between).double().numpy()
    return found


def previous(table: Table, new: Floats, old: Floats, resamples: Resamples) -> dict[str, Any] | None:
    """`new` and `old`: rewards of all texts in units of either's scale. None where no comparison has both.

    Equal rewards are half right, as everywhere in the card; where pairs are counted, they are among those not right.
    """
    ours, theirs = table.margins(new), table.margins(old)
    known = np.isfinite(theirs)
    if not known.any():
        return None
    is_right, was_right = (ours > 0) & known, (theirs > 0) & known
    better, worse = is_right & ~was_right, was_right & ~is_right
    mine, its = (right(np.where(known, one, 0.0)) * known for one in (ours, theirs))
    columns = table.by_prompt(mine, its, known.astype(np.float64))
    shares = resamples.accuracies(columns[:, :2], columns[:, [2, 2]])
    gain = resamples.number(columns, lambda sums: (sums[..., 0] - sums[..., 1]) / sums[..., 2])
    votes = np.sign(columns[:, 0] - columns[:, 1])
    up, down = int((votes > 0).sum()), int((votes < 0).sum())
    correlation = resamples.number(
        table.by_prompt(*np.where(known, (ours * theirs, ours**2, theirs**2), 0.0)),
        lambda sums: sums[..., 0] / np.sqrt(sums[..., 1] * sums[..., 2]),
    )
    return {
        "new": asdict(shares[0]) if shares[0] else None,
        "old": asdict(shares[1]) if shares[1] else None,
        "gain": asdict(gain) if gain else None,
        "shown": bool(gain and gain.side),
        "both_right": int((is_right & was_right).sum()),
        "only_new": int(better.sum()),
        "only_old": int(worse.sum()),
        "both_wrong": int((known & ~is_right & ~was_right).sum()),
        "mcnemar_p": sign_test(up, down),
        "prompts_better": up,
        "prompts_worse": down,
        "correlation": asdict(correlation) if correlation else None,
        "changes": _changes(table, ours, theirs, np.flatnonzero(known)),
        "left_out": int(np.isnan(old).sum()),
    }


def _changes(table: Table, ours: Floats, theirs: Floats, rows: Ints) -> list[dict[str, Any]]:
    """The pairs whose margin changed most, each once, the way that most labelers ordered it."""
    said = Counter(zip(table.better[rows].tolist(), table.worse[rows].tolist(), strict=True))
    shown: dict[frozenset[int], int] = {}
    for row in rows[np.argsort(-np.abs(ours - theirs)[rows], kind="stable")].tolist():
        better, worse = int(table.better[row]), int(table.worse[row])
        if said[better, worse] >= said[worse, better]:
            shown.setdefault(frozenset((better, worse)), row)
        if len(shown) == SHOWN:
            break
    return [_change(table, row, said, float(theirs[row]), float(ours[row])) for row in shown.values()]


def _change(table: Table, row: int, said: Counter[tuple[int, int]], old: float, new: float) -> dict[str, Any]:
    prompt = table.prompts[table.prompt[row]]
    better, worse = int(table.better[row]), int(table.worse[row])
    return {
        "prompt_uid": prompt.uid,
        "prompt": prompt.messages[-1]["content"][-CUT:],
        "better": table.texts[better][:CUT],
        "worse": table.texts[worse][:CUT],
        "old": old,
        "new": new,
        "labelers": said[better, worse],
        "against": said[worse, better],
    }
