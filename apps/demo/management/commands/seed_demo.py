"""`manage.py seed_demo`: the demo project. Run it as often as you like."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.demo.services import demo_seed
from apps.imports.models import Import


class Command(BaseCommand):
    help = "Set up the demo project with its accounts, texts and simulated rankings. Adds only what is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo's accounts have a published password: set DEMO=1 to make them.")
        imports = demo_seed()
        for one in imports:
            if one.state != Import.State.DONE or one.errors_total:
                raise CommandError(f"The demo's texts did not import: {one.error or one.problems.first()}")
        written, practised = imports
        self.stdout.write(
            f"The demo is there: {written.prompts} new prompts, {practised.prompts} practice questions for its models, "
            f"{written.rankings + practised.rankings} simulated rankings."
        )
