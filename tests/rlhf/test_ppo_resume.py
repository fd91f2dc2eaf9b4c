"""A PPO run's seed decides its weights; a stop, a crash or a sudden end does not change them."""

import signal

import pytest
import torch

from tests.rlhf.make import metrics
from tests.rlhf.ppo_runs import SHORT, fill, report_of, run, same, weights
from tests.rlhf.several import strike_after, together
from workers.rlhf import ppo
from workers.rlhf.frame.program import Job


def test_the_same_seed_gives_the_same_weights_and_another_others(short_ppo, ppo_folder, tmp_path_factory, ppo_models):
    assert run(ppo_folder, **SHORT) == 0
    assert same(weights(ppo_folder), weights(short_ppo))
    other = fill(tmp_path_factory.mktemp("other"), ppo_models)
    assert run(other, **SHORT, seed=1) == 0
    assert not same(weights(other), weights(short_ppo))


@pytest.mark.parametrize("update", [1, 3])
def test_a_stopped_run_goes_on_to_the_same_end(short_ppo, ppo_folder, update):
    def program(job: Job):
        log = job.log

        def hear(number, total, /, **numbers):
            log(number, total, **numbers)
            if number == update:
                job.stop.set()

        job.log = hear
        return ppo.run(job)

    assert run(ppo_folder, program, **SHORT) == 75
    assert len(metrics(ppo_folder)) == update
    torch.rand(3)  # whatever else the process did
    assert run(ppo_folder, **SHORT) == 0
    assert same(weights(ppo_folder), weights(short_ppo))
    assert metrics(ppo_folder) == metrics(short_ppo)
    assert report_of(ppo_folder) == report_of(short_ppo)


@pytest.mark.parametrize(("looked", "rollout", "lines"), [(1, 0, 0), (1, 3, 2)])
def test_a_stop_within_an_update_does_it_again(short_ppo, ppo_folder, monkeypatch, looked, rollout, lines):
    """Heard after the rollout, before anything is learned: a long update need not be waited for.

    Nor a rollout, after the look at the SFT model that comes first.
    """
    seen, rollouts = [], []

    def program(job: Job):
        def hear(kind, made, when):
            kind.append(made)
            if len(kind) == when:
                job.stop.set()
            return made

        look, collect = ppo.look, ppo.collect
        monkeypatch.setattr(ppo, "look", lambda *given: hear(seen, look(*given), 0 if rollout else 1))
        monkeypatch.setattr(ppo, "collect", lambda *given: hear(rollouts, collect(*given), rollout))
        return ppo.run(job)

    assert run(ppo_folder, program, **SHORT) == 75
    assert (len(seen), len(rollouts), len(metrics(ppo_folder))) == (looked, rollout, lines)
    monkeypatch.undo()
    assert run(ppo_folder, **SHORT) == 0
    assert same(weights(ppo_folder), weights(short_ppo))
    assert metrics(ppo_folder) == metrics(short_ppo)


def test_the_last_update_takes_the_episodes_that_are_left(ppo_folder):
    assert run(ppo_folder, **{**SHORT, "episodes": 20}) == 0
    report = report_of(ppo_folder)
    assert (report["updates"], report["episodes"]) == (2, 20)


def test_a_crash_between_checkpoints_loses_only_what_came_after(short_ppo, ppo_folder, monkeypatch):
    """checkpoint_every counts optimiser steps: 8 are two of these updates, so the crash in the third repeats nothing."""
    learn, calls = ppo.learn, []

    def crash(*given):
        calls.append(1)
        if len(calls) == 4:
            raise RuntimeError("pulled the plug")
        return learn(*given)

    monkeypatch.setattr(ppo, "learn", crash)
    assert run(ppo_folder, **SHORT, checkpoint_every=8) == 1
    assert len(metrics(ppo_folder)) == 3
    monkeypatch.setattr(ppo, "learn", learn)
    assert run(ppo_folder, **SHORT, checkpoint_every=8) == 0
    assert same(weights(ppo_folder), weights(short_ppo))
    assert metrics(ppo_folder) == metrics(short_ppo)


def test_a_killed_run_goes_on_to_the_same_end(short_ppo, ppo_folder):
    spec = {**SHORT, "checkpoint_every": 1}

    def struck(rank: int) -> int:
        strike_after(2, 0.5)
        return run(ppo_folder, **spec)

    assert together(1, struck) == [-signal.SIGPROF]
    assert len(metrics(ppo_folder)) == 2
    assert run(ppo_folder, **spec) == 0
    assert same(weights(ppo_folder), weights(short_ppo))
    assert metrics(ppo_folder) == metrics(short_ppo)
