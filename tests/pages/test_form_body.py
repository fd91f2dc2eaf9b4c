"""The form's fields and the body say the same."""

from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.errors import RuleBroken
from apps.labeling.form_body import Problem, body_of, fields_of, problems_of

_names = st.one_of(
    st.sampled_from(["tier-A", "tier-B", "rating-A-overall", "rating-B-clarity"]).map(lambda name: (name, "number")),
    st.sampled_from(["flag-A-hallucination", "note-B", "prompt-flag-ambiguous", "use_case", "note"]).map(
        lambda name: (name, "text")
    ),
)
_fields = st.lists(st.tuples(_names, st.integers(0, 99), st.text(min_size=1))).map(
    lambda rows: {name: str(number) if kind == "number" else text for (name, kind), number, text in rows}
)


@given(_fields)
def test_fields_survive_the_way_there_and_back(fields):
    assert fields_of(body_of("rank", fields)) == fields


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["tiers", "ratings", "A", "flags", "note", "prompt_flags"]), inner)))  # fmt: skip
def test_any_draft_can_be_shown(draft):
    assert all(isinstance(value, str) for value in fields_of(draft).values())


def test_a_body_as_the_api_takes_it():
    fields = {
        "csrfmiddlewaretoken": "x", "tier-A": "1", "tier-B": "", "rating-A-overall": "6", "flag-A-hallucination": "no",
        "note-A": "so", "prompt-flag-ambiguous": "yes", "use_case": "", "note": "all", "rendering": "raw",
    }  # fmt: skip
    assert body_of("rank", fields) == {
        "tiers": {"A": 1},
        "ratings": {"A": {"overall": 6, "flags": {"hallucination": "no"}, "note": "so"}},
        "prompt_flags": {"ambiguous": "yes"},
        "note": "all",
        "rendering": "raw",
    }


def test_problems_point_at_the_control():
    body = {"tiers": {"A": 1}}
    assert problems_of(RuleBroken("tiers: no", field="tiers.B"), body, "AB") == [
        Problem("tier-B", "B has no place on the ladder yet.")
    ]
    wrong = RuleBroken("ratings.A.flags.x is not a flag.", field="ratings.A.flags.x")
    assert problems_of(wrong, {"tiers": {"A": 1, "B": 1}}, "AB") == [Problem("flag-A-x", "A: Is not a flag.")]
