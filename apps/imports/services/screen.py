"""What an import's options keep out of a project, or change on its way in.

What a rule needs to know of earlier batches, files and imports stands in tables and is written in the batch's own
transaction, so an import that is resumed decides as if it had never stopped.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count

from apps.core.domain.errors import RuleBroken
from apps.prompts.domain.split import source_key_hash
from apps.prompts.models import Prompt

from ..domain.limits import Limits
from ..domain.line import ImportLine
from ..domain.options import Options, parse_options
from ..domain.personal import Masked, mask
from ..domain.prefix import prefix_digest, prefix_of
from ..domain.screened import Masker, Prepared, prepare_line
from ..models import Import, PersonalFinding, UseCaseTally
from .lines import Lines
from .marks import marks_of, marks_read, marks_write
from .recogniser import Recogniser

Numbered = tuple[int, ImportLine]
# One screened batch of a project at a time: two imports cannot both take the last place of a source. Taken before any
# row, so that it is never waited for while holding one.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('imports.screen'), %s)"


def screen_for(imported: Import) -> "Screen | None":
    """The screen of an import; None where no option asks for one. Call it once a run, outside of a transaction."""
    options = parse_options(imported.options)
    if not options.screens:
        return None
    screen = Screen(imported, options)
    screen.open()
    return screen


class Screen:
    """Call `prepare` with each batch, then `keep`, in its transaction."""

    def __init__(self, imported: Import, options: Options) -> None:
        self._imported = imported
        self._options = options
        self._project = imported.project
        self._masker: Masker = Recogniser(options.pii_model) if options.pii_model else mask
        self._prepared: dict[int, tuple[ImportLine, Prepared]] = {}

    @transaction.atomic
    def open(self) -> None:
        """Take the project as it is: what came in without these options counts too."""
        self._lock()
        if self._options.dedupe_prefix:
            marks_read(project_id=self._project.pk, characters=self._options.dedupe_prefix)
        if self._options.use_case_quotas:
            self._count_use_cases()

    def prepare(self, lines: Iterable[ImportLine], tick: Callable[[], None]) -> None:
        """Look at each of them alone, before anybody has to wait: a recogniser needs minutes for a batch.

        `tick` is called before each text that it reads. What is seen is kept until the next batch, so a batch that has
        to be repeated is not looked at again.
        """

        def masker(text: str) -> Masked:
            tick()
            return self._masker(text)

        self._prepared = {id(line): (line, prepare_line(line, self._options, masker)) for line in lines}

    def keep(self, given: Lines) -> Lines:
        """The lines to bring in, as they are to be; those left out are broken, with the reason. Counted on the import."""
        self._lock()
        prepared = [(number, self._prepared[id(line)][1]) for number, line in given.lines]
        candidates = [(number, one.line) for number, one in prepared if one.line]
        problems = [(number, one.problem) for number, one in prepared if one.problem]
        kept, refused = _Batch(self._imported, self._options, candidates).decide()
        self._write_findings(prepared)
        counts = sum((one.facts for _, one in prepared), Counter[str]())
        counts.update(problem.code for _, problem in refused)
        self._count(counts)
        return Lines(kept, [*given.broken, *problems, *refused])

    def _lock(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [self._project.pk % 2**31])

    def _write_findings(self, prepared: Sequence[tuple[int, Prepared]]) -> None:
        PersonalFinding.objects.bulk_create(
            PersonalFinding(imported=self._imported, line=number, field=found.field, kind=found.kind, count=found.count)
            for number, one in prepared
            for found in one.findings
        )

    def _count(self, counts: Counter[str]) -> None:
        """Onto the import's row, which the batch writes anyway."""
        if counts:
            row = Import.objects.select_for_update(no_key=True).only("screened").get(pk=self._imported.pk)
            Import.objects.filter(pk=row.pk).update(screened=dict(sorted((Counter(row.screened) + counts).items())))

    def _count_use_cases(self) -> None:
        wanted = list(self._options.use_case_quotas)
        found = Prompt.objects.filter(project=self._project, use_case__in=wanted)
        there = dict(found.values_list("use_case").annotate(number=Count("id")).values_list("use_case", "number"))
        _tallies_write(self._project.pk, {use_case: there.get(use_case, 0) for use_case in wanted})


class _Batch:
    """The lines of one batch against the project and against each other, in the file's order."""

    def __init__(self, imported: Import, options: Options, lines: list[Numbered]) -> None:
        self._imported, self._options, self._lines = imported, options, lines
        self._project = imported.project
        self._digests = [self._digest(line) for _, line in lines]
        self._marks = marks_of({digest for digest in self._digests if digest})
        # By the hash of their text: prompts that are there, those that marks speak of among them.
        self._there = self._prompts_there()
        self._sources = [self._source(line) for _, line in lines]
        self._limits = self._limits_now()
        self._new: dict[UUID, tuple[int, str]] = {}

    def decide(self) -> tuple[list[Numbered], list[tuple[int, RuleBroken]]]:
        kept: list[Numbered] = []
        refused: list[tuple[int, RuleBroken]] = []
        for (number, line), digest, source in zip(self._lines, self._digests, self._sources, strict=True):
            try:
                if line.content_sha256 not in self._there:
                    self._take(number, line, digest, source)
                kept.append((number, line))
            except RuleBroken as broken:
                refused.append((number, broken.with_traceback(None)))  # its frames hold this batch
        marks_write(imported=self._imported, marks=self._new)
        counted = {use_case: self._limits.use_cases[use_case] for use_case in self._options.use_case_quotas}
        _tallies_write(self._project.pk, counted)
        return kept, refused

    def _take(self, number: int, line: ImportLine, digest: UUID | None, source: str) -> None:
        """A new prompt: it must be unlike the others, and there must be room for it."""
        if digest:
            self._check_prefix(digest)
        self._limits.check(source, line.use_case)
        self._limits.take(source, line.use_case)
        self._there[line.content_sha256] = None
        if digest:
            self._new[digest] = (number, line.content_sha256)

    def _check_prefix(self, digest: UUID) -> None:
        first = self._first(digest)
        if first is not None:
            raise RuleBroken(
                f"messages: the last message shares its first {self._options.dedupe_prefix} characters with {first}, which is kept.",
                field="messages", code="near_duplicate",
            )  # fmt: skip

    def _first(self, digest: UUID) -> str | None:
        """Who has that beginning already, in words; None where nobody has, or it never came in."""
        if digest in self._new:
            return f"line {self._new[digest][0]}"
        mark = self._marks.get(digest)
        if mark is None or mark.content_sha256 not in self._there:
            return None
        if mark.imported_id == self._imported.pk:
            return f"line {mark.line}"
        return f"prompt {self._there[mark.content_sha256]}"

    def _digest(self, line: ImportLine) -> UUID | None:
        characters = self._options.dedupe_prefix
        beginning = prefix_of(line.messages, characters) if characters else None
        return prefix_digest(self._project.pk, characters or 0, beginning) if beginning is not None else None

    def _prompts_there(self) -> dict[str, UUID | None]:
        hashes = {line.content_sha256 for _, line in self._lines}
        hashes.update(mark.content_sha256 for mark in self._marks.values())
        return dict(
            Prompt.objects.filter(project=self._project, content_sha256__in=hashes).values_list("content_sha256", "uid")
        )

    def _source(self, line: ImportLine) -> str:
        return source_key_hash(self._project.seed, line.source_key) if line.source_key else ""

    def _limits_now(self) -> Limits:
        limits = Limits(self._options.cap_per_source, self._options.use_case_quotas)
        if cap := self._options.cap_per_source:
            limits.sources.update(_source_counts(self._project.pk, set(self._sources) - {""}, cap))
        if self._options.use_case_quotas:
            rows = UseCaseTally.objects.filter(project=self._project)
            limits.use_cases.update(dict(rows.values_list("use_case", "prompts")))
        return limits


def _source_counts(project_id: int, sources: set[str], cap: int) -> dict[str, int]:
    """Prompts of each source, counted no further than the cap: so a large source costs no more than a full one."""
    if not sources:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT asked.key, (SELECT count(*) FROM (
                SELECT 1 FROM prompts_prompt AS prompt
                WHERE prompt.project_id = %s AND prompt.source_key = asked.key AND prompt.source_key <> '' LIMIT %s) AS found)
            FROM unnest(%s::varchar[]) AS asked(key)
            """,
            [project_id, cap, sorted(sources)],
        )
        return dict(cursor.fetchall())


def _tallies_write(project_id: int, counts: Mapping[str, int]) -> None:
    UseCaseTally.objects.bulk_create(
        [UseCaseTally(project_id=project_id, use_case=use_case, prompts=number) for use_case, number in counts.items()],
        update_conflicts=True, unique_fields=["project", "use_case"], update_fields=["prompts"],
    )  # fmt: skip
