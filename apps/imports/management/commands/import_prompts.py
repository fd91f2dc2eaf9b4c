"""`manage.py import_prompts SLUG FILE`: the same road as the API, from the command line."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.domain.errors import DomainError
from apps.imports.domain.upload import FORMATS, kind_of_file
from apps.imports.models import Import
from apps.imports.options_command import add_option_arguments, options_given
from apps.imports.readers import stream_chunks
from apps.imports.selectors import problems_stream
from apps.imports.services.create import import_here
from apps.projects.models import Project

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Import prompts, completions, rankings and demonstrations from a JSONL, CSV or Parquet file (or gzip of one)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the project")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--tasks", choices=Import.Tasks.values, default="open", help="make ranking tasks to claim, or none"
        )
        parser.add_argument("--format", choices=FORMATS, default="", help="where the file's name does not say it")
        add_option_arguments(parser)

    def handle(self, *args: Any, slug: str, file: Path, tasks: str, format: str, **options: Any) -> None:
        project = Project.objects.filter(slug=slug).first()
        if project is None:
            raise CommandError(f"There is no project {slug}.")
        kind = kind_of_file(format=format, filename=file.name)
        if kind is None:
            raise CommandError(f"What is {file.name}? Say --format {', '.join(FORMATS)}.")
        try:
            with file.open("rb") as stream:
                imported = import_here(
                    actor=None, project=project, chunks=stream_chunks(stream), tasks=tasks, format=kind.format,
                    gzipped=kind.gzipped, filename=file.name[-200:], size=file.stat().st_size, options=options_given(options),
                )  # fmt: skip
        except DomainError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from error
        self._report(imported)

    def _report(self, imported: Import) -> None:
        for number, problem in enumerate(problems_stream(imported)):
            if number == SHOWN:
                self.stderr.write(f"... and {imported.errors_total - SHOWN} more")
                break
            self.stderr.write(f"line {problem['line']}: {problem['message']}")
        self.stdout.write(
            f"{imported.state}: {imported.lines} lines, {imported.prompts} new prompts, {imported.completions} completions, "
            f"{imported.rankings} rankings, {imported.demonstrations} demonstrations, {imported.tasks_created} tasks, "
            f"{imported.duplicates} duplicates, {imported.errors_total} errors"
        )
        if imported.state != Import.State.DONE:
            raise CommandError(imported.error)
