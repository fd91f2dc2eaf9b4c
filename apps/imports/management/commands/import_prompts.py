"""`manage.py import_prompts SLUG FILE`: the same road as the API, from the command line."""

import sys
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from apps.core.domain.errors import DomainError, RuleBroken
from apps.imports.domain.upload import FORMATS, FileKind, kind_of_file
from apps.imports.models import Import
from apps.imports.options_command import add_option_arguments, options_given
from apps.imports.readers import stream_chunks
from apps.imports.selectors import import_running, problems_stream, progress_shown
from apps.imports.services.create import import_here
from apps.projects.models import Project

SHOWN = 20
EVERY_SECONDS = 1.0
# Beside 0: all of it is in. argparse ends with 2 as well.
FAILED, NOT_UNDERSTOOD, SKIPPED, PARTIAL = 1, 2, 3, 4


class Command(BaseCommand):
    help = (
        "Import prompts, completions, rankings and demonstrations from a file. Exit status: 0 everything is in, "
        "1 nothing could be read, 2 not understood, 3 done but some lines were refused, 4 broke off: run it again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the project")
        parser.add_argument("file", help="a file, or - for the standard input (with --format)")
        parser.add_argument(
            "--tasks", choices=Import.Tasks.values, default="open", help="make ranking tasks to claim, or none"
        )
        parser.add_argument("--format", choices=FORMATS, default="", help="where the file's name does not say it")
        parser.add_argument("--quiet", action="store_true", help="no line that follows the progress")
        add_option_arguments(parser)

    def handle(self, *args: Any, slug: str, file: str, tasks: str, format: str, quiet: bool, **options: Any) -> None:
        project = Project.objects.filter(slug=slug).first()
        if project is None:
            raise CommandError(f"There is no project {slug}.")
        kind, name = _kind(file, format), "" if file == "-" else Path(file).name[-200:]
        follow = not quiet and self.stderr.isatty()
        try:
            with _opened(file) as stream, self._following(project) if follow else nullcontext():
                imported = import_here(
                    actor=None, project=project, chunks=stream_chunks(stream), from_disk=True, tasks=tasks,
                    format=kind.format, gzipped=kind.gzipped, filename=name, options=options_given(options),
                    size=None if file == "-" else Path(file).stat().st_size,
                )  # fmt: skip
        except RuleBroken as error:  # of the options
            raise CommandError(error.message, returncode=NOT_UNDERSTOOD) from error
        except DomainError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from error
        self._report(imported)

    @contextmanager
    def _following(self, project: Project) -> Iterator[None]:
        """A line on the terminal that says how far it is, once a second."""
        over = threading.Event()

        def follow() -> None:
            try:
                while not over.wait(EVERY_SECONDS):
                    if (imported := import_running(project)) is not None:
                        self.stderr.write(f"\r{_so_far(imported)}\033[K", ending="")
                        self.stderr.flush()
            finally:
                connection.close()

        thread = threading.Thread(target=follow, name="import-progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self.stderr.write("\r\033[K", ending="")

    def _report(self, imported: Import) -> None:
        for number, problem in enumerate(problems_stream(imported)):
            if number == SHOWN:
                self.stderr.write(f"... and {imported.errors_total - SHOWN} more")
                break
            self.stderr.write(f"line {problem['line']}: {problem['message']}")
        rate = progress_shown(imported).lines_per_second
        self.stdout.write(
            f"{imported.state}: {imported.lines} lines, {imported.prompts} new prompts, {imported.completions} completions, "
            f"{imported.rankings} rankings, {imported.demonstrations} demonstrations, {imported.tasks_created} tasks, "
            f"{imported.duplicates} duplicates, {imported.errors_total} errors"
            + (f" ({rate:,.0f} lines/s)" if rate else "")
        )
        if imported.state != Import.State.DONE:
            raise CommandError(imported.error, returncode=PARTIAL if imported.state == Import.State.PARTIAL else FAILED)
        if imported.errors_total:
            raise CommandError("Some lines were refused; the others are in.", returncode=SKIPPED)


def _kind(file: str, format: str) -> FileKind:
    kind = kind_of_file(format=format, filename=file)
    if kind is None:
        what = "the standard input" if file == "-" else Path(file).name
        raise CommandError(f"What is {what}? Say --format {', '.join(FORMATS)}.", returncode=NOT_UNDERSTOOD)
    return kind


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    with Path(file).open("rb") as stream:
        yield stream


def _so_far(imported: Import) -> str:
    progress = progress_shown(imported)
    parts = [f"{imported.lines:,} lines"]
    if progress.share is not None:
        parts.insert(0, f"{progress.share:4.0%}")
    if progress.lines_per_second:
        parts.append(f"{progress.lines_per_second:,.0f}/s")
    if progress.seconds_left is not None:
        minutes, seconds = divmod(round(progress.seconds_left), 60)
        parts.append(f"{minutes}:{seconds:02} left")
    return "  ".join(parts)
