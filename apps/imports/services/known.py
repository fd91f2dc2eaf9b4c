"""The part of a project that a batch of lines can touch, read set by set."""

from collections.abc import Iterable

from django.db.models import Q

from apps.labeling.models import Judgment, Task
from apps.projects.models import ExternalLabeler, Project
from apps.prompts.models import Completion, Prompt

from ..domain.board import Board, CompletionItem, LabelerItem, PromptItem, TaskItem
from ..domain.line import ImportLine


def board_for(*, project: Project, lines: Iterable[ImportLine], open_tasks: bool) -> Board:
    """A board with every prompt, completion, task, labeler and judgment that `lines` could meet."""
    board = Board(open_tasks=open_tasks)
    hashes, names = set[str](), set[str]()
    for line in lines:
        hashes.add(line.content_sha256)
        names.update(ranking.labeler for ranking in line.rankings)
        if line.demonstration:
            names.add(line.demonstration.labeler)
    _read_labelers(board, project, names)
    by_id = _read_prompts(board, project, hashes)
    if by_id:
        _read_tasks(by_id, _read_completions(by_id))
    return board


def _read_labelers(board: Board, project: Project, names: set[str]) -> None:
    known = ExternalLabeler.objects.filter(project=project, pseudonym__in=names) if names else ()
    for one in known:
        board.labelers[one.pseudonym] = LabelerItem(one.pseudonym, one.kind, one.pk, one.cohort)


def _read_prompts(board: Board, project: Project, hashes: set[str]) -> dict[int, PromptItem]:
    found = Prompt.objects.filter(project=project, content_sha256__in=hashes)
    by_id = {}
    for pk, sha256, sensitive, names, use_case, language, author in found.values_list(
        "id", "content_sha256", "sensitive", "external_ids", "use_case", "language", "author"
    ):
        by_id[pk] = PromptItem(
            sha256=sha256, id=pk, sensitive=sensitive, external_ids=list(names), use_case=use_case, language=language,
            author=author,
        )  # fmt: skip
    board.prompts.update({prompt.sha256: prompt for prompt in by_id.values()})
    return by_id


def _read_completions(by_id: dict[int, PromptItem]) -> dict[int, tuple[str | None, str]]:
    """Puts the imported completions on their prompts; answers their keys by id."""
    keys = {}
    found = Completion.objects.filter(prompt__in=list(by_id), origin=Completion.Origin.EXTERNAL)
    for pk, prompt_id, model, sha256 in found.values_list("id", "prompt_id", "source_name", "body_sha256"):
        prompt = by_id[prompt_id]
        prompt.completions[model, sha256] = CompletionItem(prompt=prompt, model=model, sha256=sha256, id=pk)
        keys[pk] = (model, sha256)
    return keys


def _read_tasks(by_id: dict[int, PromptItem], keys: dict[int, tuple[str | None, str]]) -> None:
    found = Task.objects.filter(
        prompt__in=list(by_id), purpose=Task.Purpose.PRODUCTION, repeats=None,
        kind__in=[Task.Kind.RANK, Task.Kind.DEMONSTRATE],
    )  # fmt: skip
    tasks = {}
    # One that an import closed asks for no judgments; one that a manager closed stays closed.
    found = found.annotate(awake=Q(state=Task.State.OPEN) | Q(required__gt=0))
    for pk, prompt_id, kind, awake, candidates in found.values_list("id", "prompt_id", "kind", "awake", "candidates"):
        if any(candidate not in keys for candidate in candidates):
            continue  # candidates of models and members: no line can name them
        prompt = by_id[prompt_id]
        task = tasks[pk] = TaskItem(
            prompt=prompt, kind=kind, keys=[keys[c] for c in candidates], claimable=awake, id=pk
        )
        if kind == Task.Kind.DEMONSTRATE:
            prompt.demonstrate = task
        else:
            prompt.tasks[frozenset(task.keys)] = task
    _read_judgments(tasks)


def _read_judgments(tasks: dict[int, TaskItem]) -> None:
    said = Judgment.objects.filter(task__in=list(tasks), external_labeler__isnull=False, superseded_by=None)
    for task_id, labeler, tiers, demonstration in said.values_list(
        "task_id", "external_labeler__pseudonym", "ranking__tiers", "demonstration__completion__body_sha256"
    ):
        tasks[task_id].said[labeler] = tiers if tiers is not None else demonstration
