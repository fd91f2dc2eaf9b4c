"""What comes next in a turn of the loop, and which replies are ranked together: pure rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.training.domain.candidates import Reply, mixed, samples_each
from apps.training.domain.loop import NEEDS, Begin, Fact, Finish, Progress, Station, Stop, Wait, next_step

DONE, WAITING, NOTHING = Fact(Progress.DONE), Fact(Progress.WAITING), Fact()
SNAPSHOTS = {
    station: DONE for station in Station if station.name in {"DEMONSTRATIONS", "RANKINGS", "PROMPTS", "TO_ANSWER"}
}


def test_a_turn_begins_with_its_four_snapshots():
    step = next_step({})
    assert isinstance(step, Begin)
    assert set(step.stations) == set(SNAPSHOTS)


def test_sft_begins_as_soon_as_the_demonstrations_are_there():
    facts = dict.fromkeys(SNAPSHOTS, WAITING) | {Station.DEMONSTRATIONS: DONE}
    assert next_step(facts) == Begin((Station.SFT,))


def test_what_runs_is_waited_for():
    assert next_step({**SNAPSHOTS, Station.SFT: WAITING}) == Wait((Station.SFT,))


def test_both_models_write_once_the_policy_is_there():
    facts = {**SNAPSHOTS, Station.SFT: DONE, Station.REWARD: DONE, Station.PPO: DONE}
    assert next_step(facts) == Begin((Station.POLICY_CANDIDATES, Station.SFT_CANDIDATES))


def test_a_finished_turn_stays_finished():
    assert next_step(dict.fromkeys(Station, DONE)) == Finish()


def test_a_failure_names_the_station_and_its_real_error():
    facts = {**SNAPSHOTS, Station.SFT: Fact(Progress.FAILED, "The loss of step 3 is not a number.")}
    assert next_step(facts) == Stop(Progress.FAILED, "The SFT run failed: The loss of step 3 is not a number.")


def test_a_failure_outweighs_what_was_cancelled_or_is_due():
    facts = {Station.DEMONSTRATIONS: Fact(Progress.FAILED, "no disk"), Station.RANKINGS: Fact(Progress.CANCELLED)}
    assert next_step(facts) == Stop(Progress.FAILED, "The demonstrations snapshot failed: no disk")


def test_a_cancelled_station_cancels_the_turn():
    assert next_step({**SNAPSHOTS, Station.SFT: Fact(Progress.CANCELLED)}) == Stop(
        Progress.CANCELLED, "The SFT run was cancelled."
    )


@given(st.permutations(list(Station)))
def test_doing_what_is_due_always_ends_and_never_begins_a_station_early_or_twice(order):
    """Whatever the order in which the workers finish."""
    facts: dict[Station, Fact] = {}
    begun: list[Station] = []
    while not isinstance(step := next_step(facts), Finish):
        if isinstance(step, Begin):
            for station in step.stations:
                assert all(facts[need] == DONE for need in NEEDS[station])
                begun.append(station)
                facts[station] = WAITING
        else:
            assert isinstance(step, Wait)
            facts[min(step.stations, key=order.index)] = DONE
    assert sorted(begun) == sorted(Station)


POLICY = [(1, "a"), (2, "b"), (3, "c")]
SFT = [(11, "x"), (12, "y"), (13, "z")]


@pytest.mark.parametrize(
    ("policy", "sft", "k", "ids"),
    [
        (POLICY, SFT, 4, [1, 11, 2, 12]),
        (POLICY, SFT, 3, [1, 11, 2]),
        (POLICY, [(11, "a"), (12, "y")], 4, [1, 12, 2, 3]),  # the same text twice is one candidate
        ([(1, "a"), (2, " a\n"), (3, "")], SFT, 4, [1, 11, 12, 13]),  # one model runs out
        (POLICY, [], 9, [1, 2, 3]),
        ([(1, "a")], [(11, "a "), (12, "  ")], 4, []),  # one text is nothing to rank
        ([], [], 4, []),
    ],
)
def test_mixed_candidates(policy, sft, k, ids):
    assert mixed([replies(policy), replies(sft)], k=k).chosen == ids


def replies(given):
    return [Reply(pk, text) for pk, text in given]


_texts = st.lists(st.sampled_from(["", " ", "a", "a ", "b", "c", "d"]), max_size=8)


@given(_texts, _texts, st.integers(2, 9))
def test_mixed_takes_distinct_texts_and_as_many_as_there_are(policy, sft, k):
    text = dict(enumerate(policy)) | {100 + place: body for place, body in enumerate(sft)}
    chosen = mixed(
        [replies(enumerate(policy)), replies((100 + place, body) for place, body in enumerate(sft))], k=k
    ).chosen

    distinct = {body.strip() for body in text.values()} - {""}
    assert len({text[pk].strip() for pk in chosen}) == len(chosen)
    assert len(chosen) == (min(k, len(distinct)) if len(distinct) >= 2 else 0)


def test_each_model_writes_half_of_k_and_spares():
    assert [samples_each(k) for k in (2, 4, 9)] == [3, 4, 7]
