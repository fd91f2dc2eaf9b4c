"""Where there is no number there is a sentence, and never a NaN."""

import math
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from apps.quality.domain.alpha import Level, krippendorff_alpha
from apps.quality.domain.bradley_terry import bradley_terry
from apps.quality.domain.estimate import Counts, Estimate, Ties, Why
from apps.quality.domain.icc import icc
from apps.quality.domain.kappa import cohen_kappa, fleiss_kappa
from apps.quality.domain.kendall import concordance, tau_b
from apps.quality.domain.matrix import matrix
from apps.quality.domain.report import report
from apps.quality.domain.resampling import Bootstrap
from apps.quality.domain.section import Section, section
from apps.quality.domain.table import judgments
from apps.quality.domain.tally import tally, tally_against
from apps.quality.domain.votes import Consensus, consensus

from .make import Row, rows, table

QUICK = Bootstrap(resamples=50)


def of(given: list[Row]) -> Section:
    return section(tally(table(given)))


def numbers(found: Any) -> list[float]:
    if is_dataclass(found):
        return [number for one in fields(found) for number in numbers(getattr(found, one.name))]
    if isinstance(found, dict):
        return [number for one in found.values() for number in numbers(one)]
    return [found] if isinstance(found, float) else []


@given(rows())
def test_a_report_holds_no_nan(given: list[Row]):
    month = [task % 3 - 1 for task, _, _ in given]
    found = report(table(given, prompts_of=2, groups={"month": month}), QUICK)

    assert all(math.isfinite(number) for number in numbers(found))
    for cell in found.labelers.cells():
        assert all(math.isfinite(number) for number in numbers(cell))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([], Why.NO_JUDGMENTS),
        ([(0, 0, [1, 2])], Why.ONE_JUDGMENT),
        ([(0, 0, [1, 2]), (1, 0, [2, 1])], Why.ONE_LABELER),
        ([(0, 0, [1, 2]), (1, 1, [2, 1])], Why.NO_OVERLAP),
    ],
)
def test_nothing_to_compare(given: list[Row], why: Why):
    found = of(given)

    for name in ("agreement", "agreement_without_ties", "agreement_by_task", "alpha", "fleiss", "tau_b", "concordance"):
        estimate: Estimate = getattr(found, name)
        assert (estimate.value, estimate.interval, estimate.why) == (None, None, why)
    assert found.counts == Counts()
    assert found.judgments == len(given)


def test_all_ties():
    found = of([(task, labeler, [1, 1, 1]) for task in range(3) for labeler in range(2)])

    assert found.agreement.value == 1
    assert (found.agreement_without_ties.value, found.agreement_without_ties.why) == (None, Why.ALL_TIES)
    assert found.alpha.why is found.fleiss.why is Why.NO_VARIATION
    assert found.tau_b.why is found.concordance.why is Why.TIES_ONLY


def test_one_labeler_ties_all():
    found = of([(0, 0, [1, 1, 1]), (0, 1, [1, 2, 3]), (1, 0, [1, 2]), (1, 1, [1, 2])])

    assert found.agreement.value == 0.25
    assert found.agreement_without_ties.value == 1
    assert found.agreement_without_ties.left_out == 3
    assert (found.tau_b.value, found.tau_b.left_out) == (1, 1)


def test_tasks_of_different_sizes_have_numbers():
    found = of([(0, 0, [1, 2]), (0, 1, [1, 2]), (1, 0, [1, 2, 3]), (1, 1, [3, 2, 1])])

    assert found.agreement.value == 0.25
    assert found.agreement_by_task.value == 0.5
    assert found.tau_b.value == 0


def test_rankings_of_different_sizes_have_a_sentence():
    assert tau_b([1, 2], [1, 2, 3]).why is Why.MIXED_SIZES
    assert concordance([[1, 2], [1, 2, 3]]).why is Why.MIXED_SIZES
    assert concordance([[1, 2]]).why is Why.ONE_JUDGMENT
    assert concordance([]).why is Why.NO_JUDGMENTS
    assert tau_b([1, 1], [1, 2]).why is Why.TIES_ONLY


def test_one_prompt_has_a_value_and_no_interval():
    found = of([(0, 0, [1, 2]), (0, 1, [1, 2])])

    assert found.agreement.value == 1
    assert (found.agreement.interval, found.agreement.why_no_interval) == (None, Why.ONE_PROMPT)


@pytest.mark.parametrize("level", list(Level))
def test_alpha(level: Level):
    assert krippendorff_alpha([], level).why is Why.NO_JUDGMENTS
    assert krippendorff_alpha([[1, None], [None, 2]], level).why is Why.NO_OVERLAP
    assert krippendorff_alpha([[1, 1], [1, 1, 1]], level).why is Why.NO_VARIATION


def test_kappas():
    assert cohen_kappa([[0, 0], [0, 0]]).estimate.why is Why.NO_OVERLAP
    assert cohen_kappa([[7, 0], [0, 0]]).estimate.why is Why.NO_VARIATION
    assert fleiss_kappa([]).why is Why.NO_JUDGMENTS
    assert fleiss_kappa([[1, 0], [0, 1]]).why is Why.NO_OVERLAP
    assert fleiss_kappa([[2, 1], [1, 1]]).why is Why.MIXED_LABELERS
    assert fleiss_kappa([[3, 0], [3, 0]]).why is Why.NO_VARIATION


def test_intraclass_correlations():
    assert icc([]).one_1.why is Why.TOO_FEW_TARGETS
    assert icc([[1, 2]]).one_1.why is Why.TOO_FEW_TARGETS
    assert icc([[1], [2]]).one_1.why is Why.ONE_LABELER
    assert icc([[1, 2], [1, None]]).three_k.why is Why.INCOMPLETE
    assert icc([[4, 4], [4, 4]]).two_1.why is Why.NO_VARIATION
    assert icc([[1, 2], [2, 1]]).one_k.why is Why.NO_AVERAGE


def test_strengths_without_a_bound():
    assert bradley_terry([], [], [], [], items=2).why is Why.NO_JUDGMENTS
    assert bradley_terry([0], [1], [3], [0], items=2).why is Why.NOT_CONNECTED
    assert bradley_terry([0, 2], [1, 3], [1, 1], [1, 1], items=4).why is Why.NOT_CONNECTED
    assert bradley_terry([0], [1], [3], [3], items=2).strength == pytest.approx((0, 0), abs=1e-12)


def test_votes():
    assert consensus([]) == Consensus(0, 0, 0)
    assert consensus([[3, 0, 0], [1, 1, 1], [2, 1, 0], [1, 0, 0], [1, 1, 0]]) == Consensus(4, 1, 2)


def test_an_estimate_has_a_value_or_a_sentence():
    with pytest.raises(ValueError, match="either"):
        Estimate("any", Ties.NONE, Counts())
    with pytest.raises(ValueError, match="either"):
        Estimate("any", Ties.NONE, Counts(), 0.5, why=Why.NO_OVERLAP)


def test_persons_only_unless_named():
    everybody = table([(0, 0, [1, 2]), (0, 1, [1, 2]), (0, 2, [2, 1])], person=[1, 1, 0])
    found = report(everybody, QUICK)

    assert found.overall.agreement.value == 1
    assert found.overall.judgments == found.overall.counts.labelers == 2
    assert found.labelers.labelers() == [0, 1]


def test_a_pool_may_be_the_reference():
    """The pool ties the first two; labeler 0 says the one is better, labeler 1 the other, and 1 agrees on the last."""
    everybody = table([(0, 0, [1, 2, 3]), (0, 1, [2, 1, 3]), (0, 7, [1, 1, 2]), (1, 0, [1, 2])], person=[1, 1, 0, 1])
    cells = matrix(tally_against(everybody, {7}))
    found = cells.cell(0, 7)
    assert found is not None

    assert [(cell.first, cell.second) for cell in cells.cells()] == [(0, 7), (1, 7)]
    assert found.agreement.value == pytest.approx(2 / 3)
    assert found.agreement_without_ties.value == 1
    assert found.counts == Counts(tasks=1, labelers=2, meetings=1, pairs=3)
    assert len(matrix(tally_against(everybody, {9}))) == 0
    assert len(matrix(tally_against(everybody, set()))) == 0


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"tiers": [[1, 3]]}, "dense"),
        ({"tiers": [[1]]}, "2 to 9"),
        ({"tiers": [[1] * 10]}, "2 to 9"),
        ({"tiers": [[0, 1]]}, "2 to 9"),
        ({"tiers": np.array([[1, 0, 2]])}, "without a gap"),
        ({"tiers": np.array([[1, 257]])}, "1 to 9"),
        ({"tiers": [[1, -1]]}, "1 to 9"),
        ({"tiers": np.array([[1.0, 2.0]])}, "whole numbers"),
        ({"tiers": [[1, 2], [1, 2]]}, "1 rows"),
        ({"labeler": [0, 1]}, "labeler"),
        ({"labeler": [0.5]}, "labeler"),
        ({"task": [0, 0], "labeler": [1, 1], "tiers": [[1, 2], [1, 2]]}, "task 0: a labeler is here twice"),
        ({"task": [5, 5], "labeler": [1, 2], "tiers": [[1, 2], [1, 2, 3]]}, "task 5: its judgments rank different"),
        ({"task": [0, 0], "labeler": [1, 2], "tiers": [[1, 2]] * 2, "prompt": [1, 2]}, "two prompts"),
    ],
)
def test_a_wrong_table_is_refused_by_name(given: dict[str, Any], rule: str):
    with pytest.raises(ValueError, match=rule):
        judgments(**{"task": [0], "labeler": [0], "tiers": [[1, 2]], **given})
