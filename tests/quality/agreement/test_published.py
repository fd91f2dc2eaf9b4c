"""Worked examples of the literature, to the digits that were published."""

import numpy as np
import pytest

from apps.quality.domain.alpha import Level, krippendorff_alpha
from apps.quality.domain.bradley_terry import bradley_terry
from apps.quality.domain.icc import icc
from apps.quality.domain.kappa import Weights, cohen_kappa, fleiss_kappa
from apps.quality.domain.kendall import concordance, friedman

from .make import example


def digits(published: float) -> int:
    return len(repr(published).partition(".")[2])


def says(value: float | None, published: float) -> bool:
    """The value, rounded as the publication rounded."""
    return value is not None and round(value, digits(published)) == published


@pytest.mark.parametrize("level", list(Level))
def test_krippendorffs_four_observers(level: Level):
    entry = example("krippendorff-4x12")
    found = krippendorff_alpha(list(zip(*entry["data"], strict=True)), level)

    assert says(found.value, entry["published"][level])
    assert says(found.value, entry["recomputed"][level])
    assert found.left_out == 1  # the unit that one observer saw


def counted(ratings: list[list[int]], categories: int) -> np.ndarray:
    return np.array([[row.count(category + 1) for category in range(categories)] for row in ratings])


def test_fleiss_psychiatric_diagnoses():
    entry = example("fleiss-1971-psychiatric")
    counts = counted(entry["data"], 5)
    found, alpha = fleiss_kappa(counts), krippendorff_alpha(entry["data"])

    assert counts.sum(axis=0).tolist() == entry["published"]["category_totals"]
    assert says(found.value, entry["published"]["kappa"])
    assert found.value == pytest.approx(entry["recomputed"]["kappa"], abs=1e-12)
    assert alpha.value == pytest.approx(entry["recomputed"]["krippendorff_alpha_nominal"], abs=1e-12)


def test_fleiss_fourteen_raters():
    entry = example("fleiss-wikipedia")
    found = fleiss_kappa(entry["data"])

    assert says(found.value, entry["published"]["kappa"])
    assert found.value == pytest.approx(entry["recomputed"]["kappa"], abs=1e-12)
    # What each subject's raters agree on alone is the agreement of the published column.
    each = [sum(n * (n - 1) for n in row) / (14 * 13) for row in entry["data"]]
    assert [round(p, 3) for p in each] == entry["published"]["P_i"]


def test_kendalls_w_of_anxiety():
    entry = example("irr-anxiety-kendall-w")
    found = concordance(list(zip(*entry["data"], strict=True)))
    chi2, p = friedman(found.value or 0, labelers=3, size=20)

    assert says(found.value, entry["published"]["W"])
    assert says(chi2, entry["published"]["chisq_df19"])
    assert says(p, entry["published"]["p"])
    assert (found.value, chi2, p) == pytest.approx([entry["recomputed"][key] for key in ("W", "chisq", "p")], abs=1e-12)


def test_cohens_kappa_as_sas_prints_it():
    entry = example("sas-cohen-kappa")
    plain, linear = cohen_kappa(entry["data"]), cohen_kappa(entry["data"], Weights.LINEAR)

    assert says(plain.estimate.value, entry["published"]["kappa"])
    assert says(plain.standard_error, entry["published"]["ASE"])
    assert says(plain.low, entry["published"]["CI95"][0])
    assert says(plain.high, entry["published"]["CI95"][1])
    assert says(linear.estimate.value, entry["published"]["weighted_linear_kappa"])
    assert says(linear.standard_error, entry["published"]["weighted_ASE"])
    assert plain.estimate.value == pytest.approx(entry["recomputed"]["kappa"], abs=1e-12)
    assert linear.estimate.value == pytest.approx(entry["recomputed"]["weighted_linear_kappa"], abs=1e-12)


def test_shrout_and_fleiss_six_targets_four_judges():
    """Shrout and Fleiss 1979, tables 2 and 4."""
    found = icc([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])

    assert says(found.one_1.value, 0.17)
    assert says(found.two_1.value, 0.29)
    assert says(found.three_1.value, 0.71)
    assert says(found.one_k.value, 0.44)
    assert says(found.two_k.value, 0.62)
    assert says(found.three_k.value, 0.91)


@pytest.mark.parametrize("home", [False, True])
def test_bradley_terry_of_american_baseball(home: bool):
    """Agresti 2002, table 10.11."""
    entry = example("bradley-terry-baseball-1987")
    teams = sorted({row[0] for row in entry["data"]})
    one, other = ([teams.index(row[side]) for row in entry["data"]] for side in (0, 1))
    won, lost = ([row[side] for row in entry["data"]] for side in (2, 3))
    reference = teams.index("Baltimore")
    found = bradley_terry(one, other, won, lost, items=7, reference=reference, advantage=home)
    assert found.strength is not None
    assert found.standard_error is not None
    recomputed = entry["recomputed"]["home" if home else "no_home"]
    assert {team: round(found.strength[teams.index(team)], 4) for team in recomputed if team != "at.home"} == {
        team: value for team, value in recomputed.items() if team != "at.home"
    }
    if home:
        published = entry["published"]["with home advantage: worth normalised to sum 1 (col 5)"]
        worth = np.exp(found.strength) / np.exp(found.strength).sum()
        assert {team: round(float(worth[at]), 3) for at, team in enumerate(teams)} == published
        assert says(found.first, entry["published"]["at.home"])
        assert says(found.first_error, entry["recomputed"]["at.home_se"])
    else:
        published = entry["published"]["no home advantage (Agresti 2002 Table 10.11 col 3)"]
        assert {team: round(found.strength[teams.index(team)], 2) for team in published} == published
        errors = [round(found.standard_error[teams.index(team)], 4) for team in entry["recomputed"]["no_home"]]
        assert errors == entry["recomputed"]["no_home_se"]
