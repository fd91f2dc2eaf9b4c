"""Tables of judgments for the tests of agreement, and the plain definitions they are held against."""

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from apps.core.domain.ranking import dense
from apps.quality.domain.table import Judgments, judgments
from tests.real.files import folder

Row = tuple[int, int, list[int]]  # task, labeler, tiers


def table(rows: Sequence[Row], prompts_of: int = 1, **columns: Any) -> Judgments:
    """`prompts_of` tasks a prompt."""
    tasks = [task for task, _, _ in rows]
    return judgments(
        task=np.array(tasks, np.int64),
        prompt=np.array(tasks, np.int64) // prompts_of,
        labeler=np.array([labeler for _, labeler, _ in rows], np.int64),
        tiers=[tiers for _, _, tiers in rows],
        **columns,
    )


@st.composite
def rows(draw: st.DrawFn, max_tasks: int = 6, max_labelers: int = 4) -> list[Row]:
    """Tasks of any K, each judged by some of the labelers."""
    found: list[Row] = []
    for task in range(draw(st.integers(0, max_tasks))):
        size = draw(st.integers(2, 9))
        for labeler in draw(st.sets(st.integers(0, max_labelers - 1), max_size=max_labelers)):
            ranks = draw(st.lists(st.integers(1, size), min_size=size, max_size=size))
            found.append((task, labeler, dense(ranks)))
    return found


def sign(value: float) -> int:
    return (value > 0) - (value < 0)


def said(tiers: Sequence[int]) -> list[int]:
    """1 better, 0 tie, -1 worse of each two candidates."""
    return [sign(tiers[other] - tiers[one]) for one, other in combinations(range(len(tiers)), 2)]


def met(given: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Every two judgments of one task, the smaller labeler first."""
    by_task: dict[int, list[Row]] = defaultdict(list)
    for row in given:
        by_task[row[0]].append(row)
    return [pair for one in by_task.values() for pair in combinations(sorted(one, key=lambda row: row[1]), 2)]


def close(value: float | None, wanted: float | None) -> bool:
    if value is None or wanted is None or math.isnan(wanted):
        return value is None and (wanted is None or math.isnan(wanted))
    return math.isclose(value, wanted, rel_tol=1e-9, abs_tol=1e-8)


def shared_json(name: str) -> Any:
    path = folder() / name
    if not path.is_file():
        pytest.skip(f"no {name} in {folder()}; set REAL_DATA_DIR to the folder that has it")
    return json.loads(path.read_text())


def example(name: str) -> dict[str, Any]:
    return next(entry for entry in shared_json("agreement_examples.json") if entry["id"] == name)
