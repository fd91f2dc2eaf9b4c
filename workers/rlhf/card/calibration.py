"""Whether a margin means what it says: sigmoid(log odds) should be how often a labeler agrees with the model's order.

A pair has no first side, so each is turned the model's way: its probability is at least a half, and what is counted is
how often the labeler says the same. Calibration error and temperature are those of C. Guo et al., "On Calibration of Modern
Neural Networks" (arXiv 1706.04599), with bins of equal numbers of pairs.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from workers.rlhf.card.interval import Floats, Number, Resamples
from workers.rlhf.card.table import Ints, Table, right
from workers.rlhf.preference.ties import RAO_KUPPER

BINS = 10
FEWEST_PAIRS = 20  # a bin
STEPS = 80  # halvings: past the precision of a float
LARGEST = 100.0  # of the spread of the margins: a steeper sigmoid is a step

OVER, TIMID, FINE = "over-confident", "too timid", "calibrated as far as can be told"
ALL_RIGHT = "The model orders nearly every pair as the labelers do: no temperature is too low."
WRONG_WAY = "The model's margins do not point the labelers' way, so no temperature mends them."
TOO_WIDE = "The margins say too little: as far as can be told, any temperature might be the right one."
TOO_FEW = "Too few prompts are held out."


def calibration(table: Table, raw: Floats, resamples: Resamples) -> dict[str, Any]:
    """`raw`: the log odds that the model gives the better against the worse reply, of each comparison."""
    sure, agreed = _sigmoid(np.abs(raw)), right(raw)
    codes = equal_parts(np.abs(raw))
    bins = int(codes.max()) + 1
    temperature, why = _temperature(table, raw, resamples)
    after = _log_loss(raw / temperature.value).mean() if temperature else None
    return {
        "bins": list(_bins(table, codes, sure, agreed, resamples)),
        "ece": _json(resamples.number(_gaps(table, codes, agreed - sure, bins), _ece)),
        "ece_if_calibrated": _noise(table, codes, agreed - sure, bins),
        "temperature": _json(temperature),
        "why_no_temperature": why,
        "says": _says(temperature) if temperature else None,
        "log_loss": _json(resamples.number(table.by_prompt(_log_loss(raw), np.ones(len(raw))), _ratio)),
        "log_loss_calibrated": None if after is None else float(after),
    }


def margins(table: Table, margin: Floats, resamples: Resamples) -> dict[str, Any]:
    """Accuracy against the size of the margin, in units of the reward's scale."""
    size = np.abs(margin)
    codes = equal_parts(size)
    return {
        "bins": [
            {"from": float(size[within].min()), "to": float(size[within].max()), "mean": float(size[within].mean()), **share}
            for within, share in _shares(table, codes, right(margin), resamples)
        ]
    }  # fmt: skip


def log_odds(raw: Floats, ties: Mapping[str, Any]) -> Floats:
    """What raw margins say of a pair that is no tie. They are log odds but for Rao and Kupper's rule (1967), by which
    the better wins with 1 / (1 + theta exp(-margin))."""
    if ties["rule"] != RAO_KUPPER:
        return raw
    log_theta = math.log(ties["value"])
    found: Floats = np.logaddexp(0, log_theta + raw) - np.logaddexp(0, log_theta - raw)
    return found


def equal_parts(values: Floats) -> Ints:
    """A code from 0 for each value: parts of about equal size, by rising values. Equal values share a part."""
    parts = min(BINS, max(1, len(values) // FEWEST_PAIRS))
    edges = np.unique(np.quantile(values, np.arange(1, parts) / parts)) if parts > 1 else np.zeros(0)
    _, codes = np.unique(np.searchsorted(edges, values, side="right"), return_inverse=True)
    return codes.astype(np.int64)


def fit_temperature(raw: Floats) -> tuple[float | None, str | None]:
    """The T at which sigmoid(raw / T) fits the labelers best (least log loss), or why there is none."""
    spread = float(np.abs(raw).mean())
    if float(raw.sum()) <= 0:
        return None, WRONG_WAY
    low, high = 0.0, LARGEST / spread
    if _slope(raw, high) > 0:
        return None, ALL_RIGHT
    for _ in range(STEPS):  # the slope falls all the way
        middle = (low + high) / 2
        low, high = (middle, high) if _slope(raw, middle) > 0 else (low, middle)
    return 2 / (low + high), None


def _slope(raw: Floats, steepness: float) -> float:
    """Of the log likelihood, as `steepness` multiplies the margins."""
    return float((raw * _sigmoid(-steepness * raw)).sum())


def _temperature(table: Table, raw: Floats, resamples: Resamples) -> tuple[Number | None, str | None]:
    """With the interval of one Newton step from the best fit in each resample, which needs two sums a prompt only."""
    best, why = fit_temperature(raw)
    if best is None:
        return None, why
    wrong = _sigmoid(-raw / best)
    columns = table.by_prompt(raw * wrong, raw**2 * wrong * (1 - wrong))
    steepness = resamples.number(columns, lambda sums: 1 / best + sums[..., 0] / sums[..., 1])
    if steepness is None:
        return None, TOO_FEW
    if steepness.low <= 0:
        return None, TOO_WIDE
    return Number(best, 1 / steepness.high, 1 / steepness.low), None


def _says(temperature: Number) -> str:
    return OVER if temperature.low > 1 else TIMID if temperature.high < 1 else FINE


def _bins(table: Table, codes: Ints, sure: Floats, agreed: Floats, resamples: Resamples) -> Iterator[dict[str, Any]]:
    for within, share in _shares(table, codes, agreed, resamples):
        ends = {"from": float(sure[within].min()), "to": float(sure[within].max())}
        yield {**ends, "predicted": float(sure[within].mean()), "agreed": share.pop("accuracy"), **share}


def _shares(table: Table, codes: Ints, agreed: Floats, resamples: Resamples) -> Iterator[tuple[Any, dict[str, Any]]]:
    within = [codes == n for n in range(int(codes.max()) + 1)]
    found = resamples.accuracies(
        table.by_prompt(*(agreed * one for one in within)), table.by_prompt(*(one.astype(float) for one in within))
    )
    for one, share in zip(within, found, strict=True):
        if share is not None:
            yield one, asdict(share)


def _gaps(table: Table, codes: Ints, gap: Floats, bins: int) -> Floats:
    """(prompts, bins + 1): the sums of what was agreed beyond what was predicted, by bin; last the number of pairs."""
    return table.by_prompt(*(gap * (codes == n) for n in range(bins)), np.ones(len(gap)))


def _ece(sums: Floats) -> Floats:
    found: Floats = np.abs(sums[..., :-1]).sum(axis=-1) / sums[..., -1]
    return found


def _noise(table: Table, codes: Ints, gap: Floats, bins: int) -> float:
    """The ECE that a calibrated model would show on average with these pairs: the mean size of each bin's noise.

    Of a normal deviation it is sqrt(2 / pi) of its standard deviation, which the prompts' own sums tell.
    """
    mean = np.bincount(codes, gap) / np.bincount(codes)
    deviations = np.sqrt((_gaps(table, codes, gap - mean[codes], bins)[:, :-1] ** 2).sum(axis=0))
    return float(np.sqrt(2 / np.pi) * deviations.sum() / len(gap))


def _ratio(sums: Floats) -> Floats:
    found: Floats = sums[..., 0] / sums[..., 1]
    return found


def _sigmoid(values: Floats) -> Floats:
    found: Floats = np.exp(-np.logaddexp(0, -values))
    return found


def _log_loss(raw: Floats) -> Floats:
    found: Floats = np.logaddexp(0, -raw)
    return found


def _json(number: Number | None) -> dict[str, float] | None:
    return asdict(number) if number else None
