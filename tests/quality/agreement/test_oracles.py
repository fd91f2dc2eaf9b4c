"""Our numbers beside those of krippendorff, scikit-learn and SciPy, on data of any kind."""

import math
import warnings

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from apps.quality.domain.alpha import Level, krippendorff_alpha
from apps.quality.domain.icc import icc
from apps.quality.domain.kappa import Weights, cohen_kappa, contingency, fleiss_kappa
from apps.quality.domain.kendall import concordance, friedman, tau_b

from .make import close

CODES = st.integers(0, 3)


@given(
    st.lists(st.lists(st.one_of(st.none(), st.integers(1, 5)), min_size=4, max_size=4), min_size=2, max_size=12),
    st.sampled_from(list(Level)),
)
def test_alpha_with_missing_values(units: list[list[int | None]], level: Level):
    found = krippendorff_alpha(units, level)
    matrix = np.array([[math.nan if value is None else value for value in unit] for unit in units]).T
    paired = [[value for value in unit if value is not None] for unit in units]
    if len({value for unit in paired if len(unit) > 1 for value in unit}) < 2:
        assert found.value is None
        return
    assert close(found.value, krippendorff.alpha(reliability_data=matrix, level_of_measurement=str(level)))


@given(st.lists(st.tuples(CODES, CODES), min_size=1, max_size=40), st.sampled_from(list(Weights)))
def test_cohens_kappa(pairs: list[tuple[int, int]], weights: Weights):
    one, other = zip(*pairs, strict=True)
    found = cohen_kappa(contingency(one, other, 4), weights).estimate.value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says NaN with a warning where we say None
        wanted = cohen_kappa_score(
            one, other, labels=[0, 1, 2, 3], weights=None if weights is Weights.NONE else str(weights)
        )

    assert close(found, float(wanted))


@given(st.integers(2, 9).flatmap(lambda n: st.tuples(*[st.lists(st.integers(1, n), min_size=n, max_size=n)] * 2)))
def test_tau_b(rankings: tuple[list[int], list[int]]):
    assert close(tau_b(*rankings).value, float(stats.kendalltau(*rankings).statistic))


@given(
    st.tuples(st.integers(3, 6), st.integers(3, 9)).flatmap(
        lambda shape: st.lists(
            st.lists(st.integers(1, 5), min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0]
        )
    )
)
def test_w_and_friedmans_chi_squared(rankings: list[list[int]]):
    found = concordance(rankings).value
    if found is None:
        assert all(len(set(one)) == 1 for one in rankings)
        return
    wanted = stats.friedmanchisquare(*np.array(rankings).T)
    chi2, p = friedman(found, labelers=len(rankings), size=len(rankings[0]))

    assert close(chi2, float(wanted.statistic))
    assert close(p, float(wanted.pvalue))


@given(st.lists(st.lists(CODES, min_size=4, max_size=4), min_size=2, max_size=20))
def test_fleiss_beside_alpha(units: list[list[int]]):
    """With m labelers each of N units, alpha = kappa + (1 - kappa) / (N m): Krippendorff corrects for small samples."""
    found = fleiss_kappa([[unit.count(code) for code in range(4)] for unit in units]).value
    if found is None:
        assert len({code for unit in units for code in unit}) == 1
        return
    alpha = krippendorff.alpha(reliability_data=np.array(units, float).T, level_of_measurement="nominal")

    assert close(found + (1 - found) / (len(units) * 4), float(alpha))


def anova(ratings: np.ndarray) -> tuple[float, float, float, float]:
    """Mean squares of targets, within, judges and error, by the sums of squares."""
    n, k = ratings.shape
    grand = ratings.sum() ** 2 / (n * k)
    targets, judges = (ratings.sum(axis=1) ** 2).sum() / k - grand, (ratings.sum(axis=0) ** 2).sum() / n - grand
    total = (ratings**2).sum() - grand
    return (
        targets / (n - 1), (total - targets) / (n * (k - 1)),
        judges / (k - 1), (total - targets - judges) / ((n - 1) * (k - 1)),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_icc_by_sums_of_squares(seed: int):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(3, 12)), int(rng.integers(2, 6))
    ratings = np.clip(np.rint(4 + rng.normal(size=(n, 1)) + rng.normal(size=(n, k)) + rng.normal(size=(1, k))), 1, 7)
    bms, wms, jms, ems = anova(ratings)
    found = icc(ratings.tolist())

    assert close(found.one_1.value, (bms - wms) / (bms + (k - 1) * wms))
    assert close(found.two_1.value, (bms - ems) / (bms + (k - 1) * ems + k * (jms - ems) / n))
    assert close(found.three_1.value, (bms - ems) / (bms + (k - 1) * ems))
    assert close(found.one_k.value, 1 - wms / bms)
    assert close(found.three_k.value, 1 - ems / bms)
    assert close(found.two_k.value, (bms - ems) / (bms + (jms - ems) / n))
    # Of k ratings each: F of the one-way analysis is the ratio of its mean squares; Spearman-Brown leads from 1 to k.
    assert close(bms / wms, float(stats.f_oneway(*ratings).statistic))
    single = found.three_1.value or 0
    assert close(found.three_k.value, k * single / (1 + (k - 1) * single))
