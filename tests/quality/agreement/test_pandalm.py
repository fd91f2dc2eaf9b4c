"""Three people's labels of 519 pairs, and the values that others computed of them, to their digits."""

import csv
from itertools import combinations

import numpy as np
import pytest

from apps.core.domain.ranking import dense
from apps.quality.domain.alpha import Level, krippendorff_alpha
from apps.quality.domain.bradley_terry import bradley_terry
from apps.quality.domain.kappa import cohen_kappa, contingency, fleiss_kappa
from apps.quality.domain.matrix import matrix
from apps.quality.domain.section import section
from apps.quality.domain.table import Judgments
from apps.quality.domain.tally import tally
from apps.quality.domain.votes import consensus
from tests.real.files import folder, lines_of, real_file

from .make import Row, shared_json, table

TIERS = {0: [1, 1], 1: [1, 2], 2: [2, 1]}


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    """(519, 3): 1 or 2, whichever is better, 0 a tie."""
    path = folder() / "pandalm_labels.csv"
    if not path.is_file():
        pytest.skip(f"no {path.name} in {folder()}")
    with path.open() as file:
        return np.array([[int(row[f"annotator{n}"]) for n in (1, 2, 3)] for row in csv.DictReader(file)])


@pytest.fixture
def expected() -> dict[str, float]:
    found: dict[str, float] = shared_json("pandalm_expected_shared.json")
    return found


def as_table(labels: np.ndarray) -> Judgments:
    rows: list[Row] = [(task, labeler, TIERS[int(value)]) for (task, labeler), value in np.ndenumerate(labels)]
    return table(rows)


def test_each_two_annotators(labels: np.ndarray, expected: dict[str, float]):
    cells = matrix(tally(as_table(labels)))
    for one, other in combinations(range(3), 2):
        cell, pair = cells.cell(one, other), f"{one + 1}{other + 1}"
        published = cohen_kappa(contingency(labels[:, one], labels[:, other], 3))
        assert cell is not None
        assert round(cell.agreement.value or 0, 6) == expected[f"agree_{pair}"]
        assert round(cell.agreement_without_ties.value or 0, 6) == expected[f"agree_nontie_{pair}"]
        assert cell.counts.pairs - cell.agreement_without_ties.left_out == expected[f"n_nontie_{pair}"]
        assert cell.counts.tasks == cell.counts.pairs == expected["n"]
        # In the order in which the file lists them, as published; ours counts both orders and is near it.
        assert round(published.estimate.value or 0, 6) == expected[f"kappa_{pair}"]
        assert cell.kappa.value == pytest.approx(expected[f"kappa_{pair}"], abs=5e-4)


def test_all_three(labels: np.ndarray, expected: dict[str, float]):
    counts = np.stack([(labels == value).sum(axis=1) for value in range(3)], axis=1)
    votes = consensus(counts)
    scale = [[{1: 1, 0: 0, 2: -1}[int(value)] for value in row] for row in labels]
    found = section(tally(as_table(labels)))

    assert round(fleiss_kappa(counts).value or 0, 6) == expected["fleiss_kappa"]
    assert round(found.agreement.value or 0, 6) == round(expected["mean_pairwise_agreement"], 6)
    assert round(krippendorff_alpha(labels.tolist()).value or 0, 6) == expected["alpha_nominal"]
    for level in (Level.ORDINAL, Level.INTERVAL):
        assert round(krippendorff_alpha(scale, level).value or 0, 6) == expected[f"alpha_{level}_(-1,0,1)"]
    assert (votes.units, votes.unanimous, votes.no_majority) == (519, expected["unanimous"], expected["no_majority"])
    assert np.round((labels == 0).mean(axis=0), 4).tolist() == expected["tie_share"]
    # Both orientations, so not the same digits.
    assert found.fleiss.value == pytest.approx(expected["fleiss_kappa"], abs=5e-4)
    assert found.alpha.value == pytest.approx(expected["alpha_nominal"], abs=5e-4)
    assert found.agreement.interval is not None
    assert found.agreement.interval.low < expected["mean_pairwise_agreement"] < found.agreement.interval.high


def test_the_listing_order_of_the_two_replies_does_not_matter(labels: np.ndarray):
    turned = labels.copy()
    turned[::3] = np.array([0, 2, 1])[labels[::3]]
    one, other = section(tally(as_table(labels))), section(tally(as_table(turned)))

    assert (one.alpha, one.fleiss, one.agreement) == (other.alpha, other.fleiss, other.agreement)
    published = [cohen_kappa(contingency(of[:, 0], of[:, 1], 3)).estimate.value for of in (labels, turned)]
    assert published[0] != published[1]  # which is why ours counts both


def test_strengths_of_the_models(labels: np.ndarray, expected: dict[str, dict[str, float]]):
    with (folder() / "pandalm_labels.csv").open() as file:
        pairs = [row["cmp_key"].split("_") for row in csv.DictReader(file)]
    wanted = expected["BT_log_strength_mean0_all_votes_ties_half"]
    models = sorted(wanted)
    one, other = ([models.index(pair[side]) for pair in pairs] for side in (0, 1))
    half = (labels == 0).sum(axis=1) / 2
    found = bradley_terry(one, other, (labels == 1).sum(axis=1) + half, (labels == 2).sum(axis=1) + half, items=5)

    assert found.strength is not None
    assert {model: round(value, 6) for model, value in zip(models, found.strength, strict=True)} == wanted


def test_rankings_of_three_to_five():
    """The same people's rankings of 3 to 5 replies agree about as they do on pairs."""
    rows: list[Row] = [
        (task, int(ranking["labeler"][-1]), dense(ranking["ranks"]))
        for task, line in enumerate(lines_of(real_file("pandalm_kwise")))
        for ranking in line["rankings"]
    ]
    found = section(tally(table(rows)))

    assert found.judgments == len(rows)
    assert found.counts.labelers == 3
    assert 0.85 < (found.agreement.value or 0) < 1
    assert 0.85 < (found.tau_b.value or 0) <= 1
