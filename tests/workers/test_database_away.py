"""A run goes on while its supervisor cannot reach the database, for as long as it may."""

from dataclasses import replace

from apps.training.models import RunMetric
from apps.training.services.claim import DatabaseAway
from tests.workers.conftest import HURRY
from tests.workers.programs import POLITE, pid_of
from workers.tasks import watch


def test_a_database_that_is_away_for_a_moment_loses_nothing(scene, monkeypatch):
    real, times = watch.claim_progress, []

    def flaky(claim, **given):
        times.append(given["steps"])
        if len(times) in (2, 3):
            raise DatabaseAway("gone")
        return real(claim, **given)

    monkeypatch.setattr(watch, "claim_progress", flaky)
    run = scene.supervise("for step in range(1, 6): log(step, loss=step); time.sleep(.15)\ndone()")
    assert run.state == "done"
    assert RunMetric.objects.count() == 5


def test_a_database_that_is_away_when_the_program_ends_loses_nothing(scene, monkeypatch):
    real, after_its_end = watch.claim_progress, []

    def away(claim, **given):
        if given["steps"]:
            after_its_end.extend([True] * (not scene.program_lives()))
            if len(after_its_end) < 3:
                raise DatabaseAway("gone")
        return real(claim, **given)

    monkeypatch.setattr(watch, "claim_progress", away)
    run = scene.supervise("started(); log(1, loss=1); done()")
    assert (run.state, run.step, RunMetric.objects.count()) == ("done", 1, 1)


def test_a_database_that_stays_away_ends_the_program(scene, monkeypatch):
    real = watch.claim_progress

    def away(claim, **given):
        if pid_of(scene.place) is None:  # it does not listen yet
            return real(claim, **given)
        raise DatabaseAway("gone")

    monkeypatch.setattr(watch, "claim_progress", away)
    run = scene.supervise(POLITE, pace=replace(HURRY, away=0.5))
    assert (run.state, run.claim_token) == ("running", scene.claim.token)  # for the reaper
    assert (scene.place.output / "checkpoint").is_dir()
    assert not scene.program_lives()
