"""Held-out accuracy by what was asked, by how much there was to rank, and by who ranked."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from workers.rlhf.card.agreement import Meetings, meetings
from workers.rlhf.card.interval import Accuracy, Floats, Resamples
from workers.rlhf.card.table import Ints, Table
from workers.rlhf.preference.ranked import Judged

MOST = 50  # rows of a slice; those with the fewest comparisons are left out and counted
BANDS = 5  # of prompt length
FARTHEST = 3  # tiers apart, and more

NOT_MET = "No two labelers ordered the same two candidates here."
Rows = list[dict[str, Any]]


@dataclass
class Slice:
    """`codes` says of each comparison which of `rows` it belongs to, -1 for none; a row is what is said of itself.

    `of_rankings` says the same of each ranking, so that the agreement of two can be counted; None where one ranking
    belongs to several rows.
    """

    by: str
    rows: Rows
    codes: Ints
    of_rankings: Ints | None = None
    by_count: bool = False  # whether the rows stand by their comparisons, most first
    extra: dict[str, Any] = field(default_factory=dict)


def slices(table: Table, lengths: Sequence[int], right: Floats, resamples: Resamples) -> Rows:
    """Every slice of the comparisons; `lengths`: tokens of each prompt; `right`: of each comparison, 1, 1/2 or 0."""
    met = meetings(table.prompts)
    people = table.rankings
    cut = [
        _named("use_case", table, [table.prompts[n].use_case for n in table.of]),
        _sizes(table),
        _lengths(table, np.array(lengths, dtype=np.int64)),
        _named("labeler", table, [(one.labeler, one.kind, one.cohort) for one in people], ("name", "kind", "cohort")),
        _named("cohort", table, [one.cohort for one in people]),
        _distances(table),
    ]
    return [_measured(one, table, right, met, resamples) for one in cut]


def size_of(ranking: Judged) -> int:
    """How many texts it ranks."""
    return len(ranking.tiers) or len({place for pair in ranking.pairs for place in pair})


def _named(by: str, table: Table, keys: Sequence[Any], names: tuple[str, ...] = ("name",)) -> Slice:
    known = {key: n for n, key in enumerate(dict.fromkeys(keys))}
    rows = [dict(zip(names, key if isinstance(key, tuple) else (key,), strict=True)) for key in known]
    codes = np.array([known[key] for key in keys], dtype=np.int64)
    return Slice(by, rows, codes[table.ranking], codes, by_count=True)


def _sizes(table: Table) -> Slice:
    sizes = np.array([size_of(one) for one in table.rankings], dtype=np.int64)
    known, codes = np.unique(sizes, return_inverse=True)
    return Slice("k", [{"name": str(k), "k": int(k)} for k in known], codes[table.ranking], codes)


def _lengths(table: Table, lengths: Ints) -> Slice:
    """Bands of about as many prompts each; prompts of one length are in one band."""
    edges = np.unique(np.quantile(lengths, np.arange(1, BANDS) / BANDS, method="higher")) if len(lengths) else lengths
    known, codes = np.unique(np.searchsorted(edges, lengths, side="right"), return_inverse=True)
    rows: Rows = []
    for band in range(len(known)):
        within = lengths[codes == band]
        low, high = int(within.min()), int(within.max())
        rows.append({"name": f"{low} to {high}" if low < high else str(low), "from": low, "to": high})
    return Slice("prompt_length", rows, codes[table.prompt], codes[table.of], extra={"unit": "tokens"})


def _distances(table: Table) -> Slice:
    """How many tiers the labeler put between the two."""
    start = np.cumsum([0, *(len(one.texts) for one in table.prompts)])[table.prompt]
    tiers = [table.rankings[n].tiers for n in table.ranking]
    apart = [
        said.get(worse, 0) - said.get(better, 0)
        for said, better, worse in zip(tiers, table.better - start, table.worse - start, strict=True)
    ]
    codes = np.minimum(np.array(apart, dtype=np.int64), FARTHEST) - 1
    rows: Rows = [{"name": str(n), "from": n, "to": n} for n in range(1, FARTHEST)]
    rows.append({"name": f"{FARTHEST} and more", "from": FARTHEST, "to": None})
    return Slice("distance", rows, np.maximum(codes, -1))


def _measured(cut: Slice, table: Table, right: Floats, met: Meetings, resamples: Resamples) -> dict[str, Any]:
    kept = _kept(cut)
    place = np.full(len(cut.rows) + 1, len(kept))  # the last is for what is in no row: the rest
    place[kept] = np.arange(len(kept))
    codes = place[cut.codes]
    shape = (len(table.prompts), len(kept) + 1)
    found = resamples.accuracies(
        _spread(table.prompt, codes, right, shape), _spread(table.prompt, codes, np.ones(len(table)), shape)
    )
    rankings = [len(np.unique(table.ranking[codes == n])) for n in range(len(kept))]
    agreed = _agreements(cut, place, met, shape, resamples)
    rows = [
        {**cut.rows[n], "rankings": said, **asdict(share), **agreement}
        for n, said, share, agreement in zip(kept, rankings, found[:-1], agreed, strict=True)
        if share is not None
    ]
    rest = found[-1]
    more = len(cut.rows) - len(kept) if cut.by_count else 0
    return {"by": cut.by, **cut.extra, "rows": rows, "more": more, "rest": asdict(rest) if rest else None}


def _kept(cut: Slice) -> Ints:
    """The rows that are shown, in their order."""
    counted = np.bincount(cut.codes[cut.codes >= 0], minlength=len(cut.rows))
    most_first = np.argsort(-counted, kind="stable")[:MOST]
    return most_first if cut.by_count else np.sort(most_first)


def _spread(prompt: Ints, codes: Ints, values: Floats, shape: tuple[int, int]) -> Floats:
    """(prompts, rows): the sums of `values` by prompt and code."""
    prompts, rows = shape
    return np.bincount(prompt * rows + codes, values, prompts * rows).reshape(shape).astype(np.float64)


def _agreements(cut: Slice, place: Ints, met: Meetings, shape: tuple[int, int], resamples: Resamples) -> Rows:
    """What stands in each row of the labelers' agreement: of a labeler with all others, else of two within the row."""
    rows = shape[1] - 1
    if cut.of_rankings is None:
        return [{} for _ in range(rows)]
    one, other = (place[cut.of_rankings[who]] for who in (met.one, met.other))
    if cut.by == "labeler":
        sides = [(one, met.same, met.both), (other, met.same, met.both)]
    else:
        alike = one == other
        sides = [(one, met.same * alike, met.both * alike)]
    same = sum((_spread(met.prompt, codes, same, shape) for codes, same, _ in sides), np.zeros(shape))
    both = sum((_spread(met.prompt, codes, both, shape) for codes, _, both in sides), np.zeros(shape))
    return [_said(share) for share in resamples.accuracies(same, both)[:-1]]


def _said(share: Accuracy | None) -> dict[str, Any]:
    return {"agreement": asdict(share) if share else None, "why_no_agreement": None if share else NOT_MET}
