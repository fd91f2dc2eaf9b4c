"""Bradley-Terry strengths by maximum likelihood: P(i beats j) = 1 / (1 + exp(b_j - b_i)).

R. A. Bradley and M. E. Terry, 1952; with an advantage of the first (the home team, the completion shown first) as in A.
Agresti, Categorical Data Analysis, 2nd ed. 2002, section 10.6. A tie is half a win for each, as the caller counts it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .estimate import Why
from .resampling import Floats
from .table import Ints

_STEPS = 100
_STILL = 1e-12


@dataclass(frozen=True, slots=True)
class Strengths:
    """Log strengths less that of the reference item, or less their mean where there is none; `first` is the advantage
    of being first, where it was asked for. Standard errors come from the information at the maximum."""

    items: int
    comparisons: float
    strength: tuple[float, ...] | None = None
    standard_error: tuple[float, ...] | None = None
    first: float | None = None
    first_error: float | None = None
    why: Why | None = None


def bradley_terry(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    first_wins: npt.ArrayLike,
    second_wins: npt.ArrayLike,
    *,
    items: int,
    reference: int | None = None,
    advantage: bool = False,
) -> Strengths:
    """A row two items that met: how often the one won and how often the other. Items are 0..items-1."""
    one, other = np.asarray(first, np.int64), np.asarray(second, np.int64)
    won, lost = np.asarray(first_wins, np.float64), np.asarray(second_wins, np.float64)
    total = float((won + lost).sum())
    if items < 2 or not total:
        return Strengths(items, total, why=Why.NO_JUDGMENTS)
    # Ford's condition: everybody beat everybody, perhaps through others. The advantage needs wins of either side.
    if not _connected(one, other, won, lost, items) or (advantage and not (won.sum() and lost.sum())):
        return Strengths(items, total, why=Why.NOT_CONNECTED)
    design = np.zeros((len(one), items + 1))
    design[np.arange(len(one)), one] += 1
    design[np.arange(len(one)), other] -= 1
    design[:, items] = 1
    contrast = _contrast(items, reference, advantage)
    found = _newton(design @ contrast, won, lost)
    if found is None:
        return Strengths(items, total, why=Why.NOT_CONNECTED)
    estimate, covariance = contrast @ found[0], contrast @ found[1] @ contrast.T
    errors = np.sqrt(np.maximum(np.diag(covariance), 0))
    return Strengths(
        items, total, tuple(estimate[:items].tolist()), tuple(errors[:items].tolist()),
        float(estimate[items]) if advantage else None, float(errors[items]) if advantage else None,
    )  # fmt: skip


def _connected(one: Ints, other: Ints, won: Floats, lost: Floats, items: int) -> bool:
    beat = np.eye(items, dtype=np.bool_)
    np.logical_or.at(beat, (one, other), won > 0)
    np.logical_or.at(beat, (other, one), lost > 0)
    for _ in range(items.bit_length()):
        beat = beat @ beat
    return bool(beat.all())


def _contrast(items: int, reference: int | None, advantage: bool) -> Floats:
    """From free parameters to strengths and advantage: the reference is 0, or the strengths sum to 0."""
    free = np.eye(items)
    if reference is None:
        free = free[:, :-1]
        free[-1] = -1
    else:
        free = np.delete(free, reference, axis=1)
    whole = np.zeros((items + 1, items - 1 + advantage))
    whole[:items, : items - 1] = free
    if advantage:
        whole[items, -1] = 1
    return whole


def _newton(design: Floats, won: Floats, lost: Floats) -> tuple[Floats, Floats] | None:
    """The maximum and the inverse of the information there; the log-likelihood is concave."""
    parameters = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        linear = design @ parameters
        p = 1 / (1 + np.exp(-linear))
        information = design.T @ (design * ((won + lost) * p * (1 - p))[:, None])
        try:
            step = np.linalg.solve(information, design.T @ (won - (won + lost) * p))
        except np.linalg.LinAlgError:
            return None
        scale = 1.0
        best = _likelihood(linear, won, lost)
        while scale > _STILL and _likelihood(design @ (parameters + scale * step), won, lost) < best - 1e-9 * abs(best):
            scale /= 2
        parameters = parameters + scale * step
        if np.abs(scale * step).max() < _STILL**0.5 / 100:
            return parameters, np.asarray(np.linalg.inv(information), np.float64)
    return None


def _likelihood(linear: Floats, won: Floats, lost: Floats) -> float:
    return float(-(won * np.logaddexp(0, -linear) + lost * np.logaddexp(0, linear)).sum())
