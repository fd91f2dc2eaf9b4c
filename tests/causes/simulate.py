"""Simulated labelers with one planted cause: Plackett-Luce with Gumbel noise, rounded to ties where two are close."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.causes.domain.given import Checks, Complaints, Given, Marks, given

LABELERS, A_TASK, TASKS, CANDIDATES, USE_CASES = 12, 4, 150, 4, 6


@dataclass(frozen=True)
class Shape:
    labelers: int = LABELERS
    a_task: int = A_TASK
    tasks: int = TASKS
    candidates: int = CANDIDATES
    scale: float = 2.2
    ties: float = 0.15


def ranked(seen: Any, tie: float) -> list[int]:
    """Tiers of what was seen, best first; one closer than `tie` to the one above is tied with it."""
    order = np.argsort(-seen)
    tiers, tier = [0] * len(seen), 1
    for place, at in enumerate(order):
        if place and seen[order[place - 1]] - seen[at] > tie:
            tier += 1
        tiers[at] = tier
    return tiers


def simulate(cause: str, seed: int, shape: Shape = Shape(), tests: bool = False, flags: bool = True) -> Given:
    """`cause`: one, or several joined by +. `tests`: careless labelers also show in silent retests and gold. `flags`: bad prompts are flagged by some."""
    rng = np.random.default_rng([seed, len(cause)])
    planted = set(cause.split("+"))
    careless = set(rng.choice(shape.labelers, shape.labelers // 4, replace=False)) if "noise" in planted else set()
    second = set(rng.choice(shape.labelers, shape.labelers // 3, replace=False)) if "pluralism" in planted else set()
    groups = _groups(rng, shape, planted)
    use_case = rng.integers(0, USE_CASES, shape.tasks)
    bad = set(rng.choice(shape.tasks, shape.tasks // 10, replace=False)) if "prompts" in planted else set()
    rows: dict[str, list[Any]] = {"task": [], "labeler": [], "tiers": [], "quick": []}
    complaints: list[tuple[int, int]] = []
    for task in range(shape.tasks):
        mine = rng.normal(size=shape.candidates) * shape.scale
        theirs = rng.normal(size=shape.candidates) * shape.scale
        tastes = [mine, *(rng.normal(size=shape.candidates) * shape.scale for _ in range(groups.max(initial=0)))]
        for labeler in rng.choice(shape.labelers, shape.a_task, replace=False):
            strength = theirs if labeler in second else tastes[groups[labeler]]
            if labeler in careless:
                strength = strength * 0.1
            if task in bad or ("guideline" in planted and use_case[task] == 2):
                strength = strength * 0.1
            hasty = "haste" in planted and rng.random() < 0.2
            if hasty:
                strength = strength * 0
            rows["task"].append(task)
            rows["labeler"].append(int(labeler))
            rows["tiers"].append(ranked(strength + rng.gumbel(size=shape.candidates), shape.ties))
            rows["quick"].append(int(hasty))
            if flags and rng.random() < (0.6 if task in bad else 0.02):
                complaints.append((task, int(labeler)))
    everybody = np.arange(shape.labelers)
    passed = np.array([0.55 if one in careless else 0.82 for one in everybody])
    checks = Checks(everybody, rng.binomial(60, passed), np.full(shape.labelers, 60)) if tests else None
    task = np.array(rows["task"])
    said = np.array(complaints, np.int64).reshape(-1, 2)
    wide = np.zeros((len(task), 9), np.int8)
    wide[:, : shape.candidates] = rows["tiers"]
    return given(
        task=task, prompt=task, labeler=np.array(rows["labeler"]), tiers=wide, use_case=use_case[task],
        quick=np.array(rows["quick"]), gold=checks, retests=checks,
        complaints=Complaints(said[:, 0], said[:, 1]),
        marks=marks(rng, rows, shape, "fields" in planted),
    )  # fmt: skip


def _groups(rng: Any, shape: Shape, planted: set[str]) -> Any:
    """The taste of each labeler: one for all, unless three or four are planted."""
    number = {"three": 3, "four": 4}.get(next(iter(planted & {"three", "four"}), ""), 1)
    return rng.permutation(np.arange(shape.labelers) % number) if number > 1 else np.zeros(shape.labelers, np.int64)


def marks(rng: Any, rows: dict[str, list[Any]], shape: Shape, unclear: bool) -> Marks:
    """Five flags of each candidate, rare and common ones; of an unclear one labelers guess."""
    share = np.array([0.05, 0.1, 0.3, 0.5, 0.2])
    truth = rng.random((shape.tasks, shape.candidates, 5)) < share
    task, labeler = np.array(rows["task"]), np.array(rows["labeler"])
    said = truth[task] ^ (rng.random((len(task), shape.candidates, 5)) < 0.05)
    if unclear:
        said[:, :, 4] = rng.random(said[:, :, 4].shape) < 0.3
    row, target, field = (axis.reshape(-1) for axis in np.indices(said.shape))
    return Marks(field, target, task[row], task[row], labeler[row], said.reshape(-1).astype(np.int64))
