"""`manage.py check_counters`: do the counters say what the rows do? Beat asks every night."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from apps.labeling.services.check import counters_mend
from apps.operations.services.check import counters_agree, counters_check


class Command(BaseCommand):
    help = "Compare counters with the rows they count. Exit code 1 when they differ; what is mended is audited."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mend", action="store_true", help="set the counters of tasks and members to the rows'")

    def handle(self, *args: Any, mend: bool, **options: Any) -> None:
        found = counters_check()
        for sentence in found:
            self.stdout.write(sentence)
        mended = counters_mend() if mend and found else []
        if mended:
            counters_agree({one.project for one in mended})
            self.stdout.write(f"{len(mended)} of {len(found)} mended.")
        if not found:
            self.stdout.write("Every counter says what its rows do.")
        if len(mended) < len(found):
            sys.exit(1)
