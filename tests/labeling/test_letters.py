import random

from hypothesis import given
from hypothesis import strategies as st

from apps.labeling.domain.letters import letters_of, shuffled_order, to_letters, to_positions

orders = st.integers(0, 9).flatmap(lambda k: st.permutations(range(k)))


@given(orders)
def test_letters_and_positions_are_each_others_inverse(order):
    values = [f"value {position}" for position in range(len(order))]

    assert to_positions(order, to_letters(order, values)) == values
    assert to_letters(order, to_positions(order, values)) == values


@given(st.integers(0, 9), st.integers())
def test_a_shuffle_is_a_permutation(k, seed):
    assert sorted(shuffled_order(k, random.Random(seed))) == list(range(k))


def test_the_letter_shown_first_belongs_to_the_position_shown_first():
    assert to_letters([2, 0, 1], ["p0", "p1", "p2"]) == ["p2", "p0", "p1"]
    assert letters_of([2, 0, 1]) == "ABC"


def test_every_position_is_shown_first_about_as_often():
    """Left/right bias is real: a shuffle that favoured a place would show up as preference."""
    rng = random.Random(1)
    firsts = [shuffled_order(4, rng)[0] for _ in range(4000)]

    assert all(900 < firsts.count(position) < 1100 for position in range(4))
