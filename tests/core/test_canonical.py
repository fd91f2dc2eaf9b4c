import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.canonical import canonical_json, content_hash

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values, max_size=6))
def test_key_order_does_not_matter(value):
    reversed_keys = dict(reversed(list(value.items())))

    assert canonical_json(value) == canonical_json(reversed_keys)
    assert content_hash(value) == content_hash(reversed_keys)


def test_no_spaces_sorted_keys_real_utf8():
    assert canonical_json({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"é"]}'.encode()


def test_what_json_cannot_hold_is_an_error():
    with pytest.raises(TypeError):
        canonical_json({"a": object()})
