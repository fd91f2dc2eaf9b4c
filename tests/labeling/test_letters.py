import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from apps.labeling.domain.letters import letters_of, to_letters, to_positions

orders = st.integers(0, 9).flatmap(lambda k: st.permutations(range(k)))


@given(orders)
def test_letters_and_positions_are_each_others_inverse(order):
    values = [f"value {position}" for position in range(len(order))]

    assert to_positions(order, to_letters(order, values)) == values
    assert to_letters(order, to_positions(order, values)) == values


@pytest.mark.django_db
def test_a_shuffle_is_a_permutation():
    for k in range(10):
        assert all(sorted(order) == list(range(k)) for order in shuffled(k, 20))


def test_the_letter_shown_first_belongs_to_the_position_shown_first():
    assert to_letters([2, 0, 1], ["p0", "p1", "p2"]) == ["p2", "p0", "p1"]
    assert letters_of([2, 0, 1]) == "ABC"


@pytest.mark.django_db
def test_every_position_is_shown_first_about_as_often():
    """Left/right bias is real: a shuffle that favoured a place would show up as preference."""
    firsts = [order[0] for order in shuffled(4, 4000)]

    # Of 4,000 draws at a quarter each, 140 off is beyond five standard deviations.
    assert all(860 < firsts.count(position) < 1140 for position in range(4))


def shuffled(k: int, times: int) -> list[list[int]]:
    """As the claim shuffles them: in the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT labeling_shuffled(%s) FROM generate_series(1, %s)", [k, times])
        return [order for (order,) in cursor.fetchall()]
