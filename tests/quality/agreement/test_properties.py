"""What must hold of any judgments: the plain definitions, invariances, bounds, and sums that add."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.ranking import dense
from apps.quality.domain.alpha import krippendorff_alpha
from apps.quality.domain.estimate import Estimate
from apps.quality.domain.kappa import cohen_kappa, contingency, fleiss_kappa
from apps.quality.domain.kendall import concordance, tau_b
from apps.quality.domain.matrix import matrix
from apps.quality.domain.section import Section, section
from apps.quality.domain.table import Judgments
from apps.quality.domain.tally import ACROSS, NOTHING, tally, tally_against

from .make import Row, close, met, rows, said, sign, table

STATISTICS = ("agreement", "agreement_without_ties", "agreement_by_task", "alpha", "fleiss", "tau_b", "concordance")


def of(given: list[Row]) -> Section:
    return section(tally(table(given)), bootstrap=None)


def values(found: Section) -> list[Estimate]:
    return [getattr(found, name) for name in STATISTICS]


def same(one: Section, other: Section) -> bool:
    return one.counts == other.counts and all(
        close(mine.value, theirs.value) and mine.why == theirs.why
        for mine, theirs in zip(values(one), values(other), strict=True)
    )


@given(rows())
def test_pairwise_agreement_by_its_definition(given: list[Row]):
    compared = [pair for a, b in met(given) for pair in zip(said(a[2]), said(b[2]), strict=True)]
    strict = [(a, b) for a, b in compared if a and b]
    found = of(given)

    assert found.counts.pairs == len(compared)
    assert found.counts.meetings == len(met(given))
    assert found.counts.tasks == len({a[0] for a, _ in met(given)})
    assert close(found.agreement.value, sum(a == b for a, b in compared) / len(compared) if compared else None)
    assert close(
        found.agreement_without_ties.value, sum(a == b for a, b in strict) / len(strict) if strict else None
    )  # fmt: skip
    if compared:
        assert found.agreement_without_ties.left_out == len(compared) - len(strict)


@given(rows())
def test_each_task_the_same_weight(given: list[Row]):
    tasks: dict[int, list[bool]] = {}
    for a, b in met(given):
        tasks.setdefault(a[0], []).extend(x == y for x, y in zip(said(a[2]), said(b[2]), strict=True))
    shares = [sum(one) / len(one) for one in tasks.values()]

    assert close(of(given).agreement_by_task.value, sum(shares) / len(shares) if shares else None)


@given(rows())
def test_alpha_is_that_of_the_units_in_both_orientations(given: list[Row]):
    tasks: dict[int, list[list[int]]] = {}
    for task, _, tiers in given:
        tasks.setdefault(task, []).append(said(tiers))
    units = [
        [way * value for value in unit] for one in tasks.values() for unit in zip(*one, strict=True) for way in (1, -1)
    ]

    assert close(of(given).alpha.value, krippendorff_alpha(units).value)


@given(rows(max_labelers=3))
def test_fleiss_is_that_of_the_units_in_both_orientations(given: list[Row]):
    found = of(given)
    tasks: dict[int, list[list[int]]] = {}
    for task, _, tiers in given:
        tasks.setdefault(task, []).append(said(tiers))
    units = [
        [way * value for value in unit]
        for one in tasks.values() if len(one) == found.labelers_a_task > 1
        for unit in zip(*one, strict=True) for way in (1, -1)
    ]  # fmt: skip

    assert close(found.fleiss.value, fleiss_kappa([[unit.count(v) for v in (-1, 0, 1)] for unit in units]).value)
    judged = [len(one) for one in tasks.values() if len(one) > 1]
    assert found.fleiss.left_out == (sum(m != found.labelers_a_task for m in judged) if judged else 0)


@given(rows())
def test_tau_b_is_the_mean_over_meetings(given: list[Row]):
    taus = [tau_b(a[2], b[2]).value for a, b in met(given)]
    defined = [value for value in taus if value is not None]
    found = of(given).tau_b

    assert close(found.value, sum(defined) / len(defined) if defined else None)
    if taus:
        assert found.left_out == len(taus) - len(defined)


@given(rows())
def test_w_is_the_mean_over_tasks(given: list[Row]):
    tasks: dict[int, list[list[int]]] = {}
    for task, _, tiers in given:
        tasks.setdefault(task, []).append(tiers)
    found = of(given)
    each = [concordance(one).value for one in tasks.values() if len(one) == found.labelers_a_task > 1]
    defined = [value for value in each if value is not None]

    assert close(found.concordance.value, sum(defined) / len(defined) if defined else None)


@given(rows())
def test_a_cell_is_what_its_two_labelers_said(given: list[Row]):
    cells = matrix(tally(table(given)))
    seen: dict[tuple[int, int], list[tuple[list[int], list[int]]]] = {}
    for a, b in met(given):
        seen.setdefault((a[1], b[1]), []).append((said(a[2]), said(b[2])))

    assert [(cell.first, cell.second) for cell in cells.cells()] == sorted(seen)
    for cell in cells.cells():
        both = [(x, y) for a, b in seen[cell.first, cell.second or 0] for x, y in zip(a, b, strict=True)]
        turned = both + [(-x, -y) for x, y in both]
        codes = np.array(turned) + 1
        assert cell.counts.pairs == len(both)
        assert close(cell.agreement.value, sum(x == y for x, y in both) / len(both))
        assert close(cell.kappa.value, cohen_kappa(contingency(codes[:, 0], codes[:, 1], 3)).estimate.value)
        # The same two labelers, named the other way.
        again = cells.cell(cell.second or 0, cell.first)
        assert again is not None
        assert (again.agreement, again.tau_b) == (cell.agreement, cell.tau_b)
        assert close(again.kappa.value, cell.kappa.value)


@given(rows())
def test_one_labeler_beside_all_others(given: list[Row]):
    cells = matrix(tally(table(given)))
    for labeler in cells.labelers():
        mine = [(a, b) if a[1] == labeler else (b, a) for a, b in met(given) if labeler in (a[1], b[1])]
        both = [pair for a, b in mine for pair in zip(said(a[2]), said(b[2]), strict=True)]
        found = cells.with_others(labeler)
        codes = np.array([(way * x, way * y) for x, y in both for way in (1, -1)]) + 1
        assert close(found.kappa.value, cohen_kappa(contingency(codes[:, 0], codes[:, 1], 3)).estimate.value)
        assert found.counts.meetings == len(mine)
        assert found.counts.labelers == len({row[1] for pair in mine for row in pair})
        assert close(found.agreement.value, sum(x == y for x, y in both) / len(both))


@given(rows(), st.randoms(use_true_random=False))
def test_neither_names_nor_orders_matter(given: list[Row], random: random.Random):
    names = random.sample(range(100), 4)
    places = {task: random.sample(range(len(tiers)), len(tiers)) for task, _, tiers in given}
    other = [(task, names[labeler], [tiers[at] for at in places[task]]) for task, labeler, tiers in given]
    random.shuffle(other)

    assert same(of(given), of(other))


@given(rows())
def test_bounds(given: list[Row]):
    found = of(given)
    for name in ("agreement", "agreement_without_ties", "agreement_by_task", "concordance"):
        value = getattr(found, name).value
        assert value is None or -1e-9 <= value <= 1 + 1e-9
    for name in ("alpha", "fleiss", "tau_b"):
        value = getattr(found, name).value
        assert value is None or -1 - 1e-9 <= value <= 1 + 1e-9


@given(st.integers(2, 5), st.lists(st.lists(st.integers(1, 9), min_size=2, max_size=9), min_size=1, max_size=5))
def test_perfect_agreement_is_one(labelers: int, rankings: list[list[int]]):
    found = of([(task, by, dense(ranks)) for task, ranks in enumerate(rankings) for by in range(labelers)])

    strict = any(len(set(ranks)) > 1 for ranks in rankings)
    assert found.agreement.value == found.agreement_by_task.value == 1
    for name in ("agreement_without_ties", "alpha", "fleiss", "tau_b", "concordance"):
        assert close(getattr(found, name).value, 1 if strict else None)


@given(rows(max_tasks=8), st.sets(st.integers(0, 7)))
def test_tallies_of_tasks_add_and_subtract(given: list[Row], chosen: set[int]):
    whole = table(given, prompts_of=2, groups={"month": [len(row[2]) % 3 for row in given]})
    part, rest = (whole.where(np.isin(whole.task, list(chosen), invert=invert)) for invert in (False, True))
    for by in (None, "cohort", "month"):
        all_of_it, one, other = tally(whole, by), tally(part, by), tally(rest, by)
        assert one + other == other + one == all_of_it
        assert all_of_it - one == other
        assert all_of_it + NOTHING == all_of_it
        assert all_of_it - all_of_it == NOTHING


@given(rows(), st.sets(st.integers(0, 3), max_size=2))
def test_groups_and_across_are_all_meetings(given: list[Row], held_out: set[int]):
    whole = table(given, cohort=[int(row[1] in held_out) for row in given])
    found, everybody = tally(whole, "cohort"), tally(whole)
    wanted = [sign(a[1] in held_out) + sign(b[1] in held_out) for a, b in met(given)]

    assert section(found, 0, None).counts.meetings == wanted.count(0)
    assert section(found, 1, None).counts.meetings == wanted.count(2)
    apart = {(a[1], b[1]) for (a, b), kind in zip(met(given), wanted, strict=True) if kind == 1}
    assert [(cell.first, cell.second) for cell in matrix(found, ACROSS).cells()] == sorted(apart)
    across = section(found, ACROSS, None)
    assert across.counts.meetings == wanted.count(1)
    assert across.counts.tasks == len({a[0] for (a, _), kind in zip(met(given), wanted, strict=True) if kind == 1})
    assert across.alpha.value is None
    assert section(everybody, 0, None).counts.meetings == len(wanted)
    alone = section(tally(whole.where(whole.cohort == 1)), 0, None)
    assert values(alone) == values(section(found, 1, None))


@given(rows(max_labelers=4))
def test_against_a_reference_only_meetings_with_it(given: list[Row]):
    found = tally_against(table(given), {3})
    wanted = [(a, b) for a, b in met(given) if b[1] == 3]
    cells = list(matrix(found).cells())

    assert sum(cell.counts.meetings for cell in cells) == len(wanted)
    assert all(cell.second == 3 for cell in cells)
    assert close(
        section(found, 0, None).agreement.value,
        np.mean([x == y for a, b in wanted for x, y in zip(said(a[2]), said(b[2]), strict=True)]) if wanted else None,
    )


def shuffled(size: int, tasks: int = 4000) -> Judgments:
    rng = np.random.default_rng(size)
    return table([(task, labeler, (rng.permutation(size) + 1).tolist()) for task in range(tasks) for labeler in (0, 1)])


@pytest.mark.parametrize("size", [2, 4, 9])
def test_shuffled_rankings_agree_by_half(size: int):
    found = section(tally(shuffled(size)))

    assert found.tau_b.value == pytest.approx(0, abs=0.05)
    assert found.agreement.value == found.agreement_without_ties.value == pytest.approx(0.5, abs=0.03)
    assert found.alpha.value == pytest.approx(0, abs=0.05)
    assert found.agreement.interval is not None
    assert found.agreement.interval.low < 0.5 < found.agreement.interval.high


@pytest.mark.parametrize("size", range(2, 10))
def test_reversed_rankings(size: int):
    order = list(range(1, size + 1))
    found = of([(0, 0, order), (0, 1, order[::-1])])

    assert found.tau_b.value == tau_b(order, order[::-1]).value == -1
    assert found.agreement.value == found.agreement_without_ties.value == 0
    assert found.concordance.value == 0
