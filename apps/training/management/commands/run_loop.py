"""`manage.py run_loop SLUG`: one turn of the loop, through the same rows and workers as the page."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.core.domain.errors import DomainError
from apps.core.health import check_health
from apps.projects.models import Project
from apps.registry.models import ModelVersion
from apps.training.domain.loop import Station
from apps.training.models import LoopRun
from apps.training.services.loop import loop_start

LOOK_SECONDS = 0.5
HEALTH_SECONDS = 15.0


class Command(BaseCommand):
    help = (
        "Start one turn of the loop: SFT, reward model, PPO, candidates, ranking tasks. Workers do it; --wait follows."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the project")
        parser.add_argument(
            "--base", metavar="UID", help="the base model to start from, instead of the retrain policy's"
        )
        parser.add_argument("--wait", action="store_true", help="say what happens until it is over; fail if it fails")

    def handle(self, *args: Any, slug: str, base: str | None, wait: bool, **options: Any) -> None:
        project = Project.objects.filter(slug=slug).first()
        if project is None:
            raise CommandError(f"There is no project {slug}.")
        try:
            loop = loop_start(
                actor=None, project=project, reason="Started by manage.py run_loop.", base_model=_model(base)
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Turn {loop.uid} of the loop of {slug} has started, from {loop.base_model}.")
        self._said = ""
        self._warn_of_missing_workers()
        if wait:
            self._follow(loop)

    def _follow(self, loop: LoopRun) -> None:
        """Print each station as its state changes, until the turn is over."""
        known: dict[Station, str] = {}
        looked = time.monotonic()
        while True:
            loop = LoopRun.objects.select_related("project").get(pk=loop.pk)
            for station, state in _states(loop).items():
                if known.get(station) != state:
                    known[station] = state
                    self.stdout.write(f"{station.label}: {state}")
            if loop.state != LoopRun.State.RUNNING:
                break
            if time.monotonic() - looked > HEALTH_SECONDS:
                self._warn_of_missing_workers()
                looked = time.monotonic()
            time.sleep(LOOK_SECONDS)
        if loop.state != LoopRun.State.DONE:
            ended = "failed" if loop.state == LoopRun.State.FAILED else "was cancelled"
            raise CommandError(f"The turn {ended}. {loop.failure}")
        self.stdout.write(f"Done: {loop.tasks_created} new ranking tasks.{_without(loop)}")

    def _warn_of_missing_workers(self) -> None:
        """Nothing moves without workers, and nothing else would say so here. Each warning once."""
        health = check_health()
        queues = ", ".join(queue.name for queue in health.unattended)
        said = health.broker or (
            queues and f"No worker takes from {queues}: the turn waits there until one is started."
        )
        if said and said != self._said:
            self.stderr.write(said)
        self._said = said


def _model(uid: str | None) -> ModelVersion | None:
    if uid is None:
        return None
    try:
        return ModelVersion.objects.get(uid=uid)
    except (ModelVersion.DoesNotExist, ValidationError) as error:
        raise CommandError(f"--base: there is no model {uid}.") from error


def _states(loop: LoopRun) -> dict[Station, str]:
    """The state of each station that has begun, in the words of its row."""
    rows = {station: getattr(loop, station.value) for station in Station if station != Station.TASKS}
    return {station: row.state for station, row in rows.items() if row is not None}


def _without(loop: LoopRun) -> str:
    count = loop.prompts_without_task
    return f" {count} prompts got none: fewer than two distinct replies." if count else ""
