"""Agreement on a scale: sums that add, held against the plain forms."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.quality.domain.alpha import Level, krippendorff_alpha
from apps.quality.domain.estimate import Why
from apps.quality.domain.icc import icc
from apps.quality.domain.resampling import Bootstrap
from apps.quality.domain.scales import Ratings, ScaleSection, scale_section, scale_sections, tally_scale

from .make import close

Rating = tuple[int, int, int]  # target, labeler, value


def ratings(given: list[Rating], **columns: list[int]) -> Ratings:
    target, labeler, value = (np.array([row[at] for row in given], np.int64) for at in range(3))
    person = np.array(columns.pop("person", [1] * len(given)), np.bool_)
    return Ratings(target, target // 2, labeler, value, person, {name: np.array(of) for name, of in columns.items()})


def of(given: list[Rating]) -> ScaleSection:
    return scale_section(tally_scale(ratings(given)), bootstrap=None)


SOME = st.dictionaries(st.tuples(st.integers(0, 7), st.integers(0, 4)), st.integers(1, 7), max_size=25).map(
    lambda found: [(target, labeler, value) for (target, labeler), value in found.items()]
)


@given(SOME)
def test_alphas_are_those_of_the_units(given: list[Rating]):
    units: dict[int, list[int]] = defaultdict(list)
    for target, _, value in given:
        units[target].append(value)
    found = of(given)

    assert close(found.alpha_interval.value, krippendorff_alpha(list(units.values()), Level.INTERVAL).value)
    assert close(found.alpha_ordinal.value, krippendorff_alpha(list(units.values()), Level.ORDINAL).value)
    assert found.alpha_interval.left_out == sum(len(unit) == 1 for unit in units.values())
    assert found.counts.meetings == sum(len(unit) * (len(unit) - 1) // 2 for unit in units.values())


@given(
    st.integers(2, 6).flatmap(
        lambda k: st.lists(st.lists(st.integers(1, 7), min_size=k, max_size=k), min_size=2, max_size=8)
    )
)
def test_equally_many_ratings_give_the_published_form(matrix: list[list[int]]):
    given = [(target, labeler, value) for target, row in enumerate(matrix) for labeler, value in enumerate(row)]

    assert close(of(given).icc.value, icc(matrix).one_1.value)


def test_unequally_many_ratings_by_hand():
    """Targets (1, 2), (5, 6, 7): t^2/k = 4.5 + 108, N = 5, BMS = 112.5 - 88.2 = 24.3, WMS = 2.5 / 3, k0 = 5 - 13/5."""
    found = of([(0, 0, 1), (0, 1, 2), (1, 0, 5), (1, 1, 6), (1, 2, 7), (2, 0, 4)])

    assert found.icc.value == pytest.approx((24.3 - 2.5 / 3) / (24.3 + 1.4 * 2.5 / 3))
    assert found.icc.left_out == 1


@given(SOME, st.sets(st.integers(0, 7)))
def test_tallies_add_and_subtract(given: list[Rating], chosen: set[int]):
    part, rest = ([row for row in given if (row[0] in chosen) is inside] for inside in (True, False))
    whole, one, other = (tally_scale(ratings(some)) for some in (given, part, rest))

    assert one + other == whole
    assert whole - other == one


def test_scales_of_different_ends_do_not_add():
    with pytest.raises(ValueError, match=r"1\.\.7 and a scale 1\.\.5"):
        tally_scale(ratings([])) + tally_scale(ratings([]), high=5)
    with pytest.raises(ValueError, match="1 to 5, not 7 to 7"):
        tally_scale(ratings([(0, 0, 7)]), high=5)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([], Why.NO_JUDGMENTS),
        ([(0, 0, 3)], Why.ONE_JUDGMENT),
        ([(0, 0, 3), (1, 0, 4)], Why.ONE_LABELER),
        ([(0, 0, 3), (1, 1, 4)], Why.NO_OVERLAP),
        ([(0, 0, 3), (0, 1, 3), (1, 0, 3), (1, 1, 3)], Why.NO_VARIATION),
    ],
)
def test_sentences(given: list[Rating], why: Why):
    found = of(given)
    assert [one.why for one in (found.icc, found.alpha_interval, found.alpha_ordinal)] == [why] * 3


def test_one_target_has_no_icc():
    assert of([(0, 0, 3), (0, 1, 5)]).icc.why is Why.TOO_FEW_TARGETS


def test_persons_groups_and_intervals():
    rng = np.random.default_rng(1)
    quality = rng.integers(2, 7, 200)
    given = [
        (target, labeler, int(quality[target] + rng.integers(-1, 2))) for target in range(200) for labeler in range(3)
    ]
    table = ratings(
        given, person=[labeler < 2 for _, labeler, _ in given], month=[target % 2 for target, _, _ in given]
    )
    found = scale_sections(tally_scale(table, by="month"), Bootstrap(resamples=200))

    assert sorted(found) == [0, 1]
    for section in found.values():
        assert section.counts.labelers == 2
        assert section.counts.tasks == section.counts.meetings == 100
        assert section.icc.value is not None
        assert section.icc.interval is not None
        assert section.icc.interval.low < section.icc.value < section.icc.interval.high
        assert section.alpha_interval.value == pytest.approx(section.icc.value, abs=0.02)
        ordinal, linear = section.alpha_ordinal.interval, section.alpha_interval.interval
        assert ordinal is not None
        assert linear is not None
        assert ordinal.low < section.alpha_ordinal.value < ordinal.high
        assert ordinal.high - ordinal.low == pytest.approx(linear.high - linear.low, rel=0.4)
