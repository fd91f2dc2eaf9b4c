"""What a batch of lines would add to what is there already, worked out before anything is written.

The board holds the part of the project that a batch can touch. `place_line` first checks a line against it
and then puts its news on it, so a line that breaks a rule leaves nothing, and later lines of the batch meet
earlier ones as if they had been stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import K_MIN

from .line import ImportLine, LineCompletion, LineDemonstration, LineRanking

CompletionKey = tuple[str | None, str]


@dataclass(slots=True, eq=False)
class LabelerItem:
    pseudonym: str
    kind: str
    id: int | None = None
    cohort: str = "training"


@dataclass(slots=True, eq=False)
class TaskItem:
    """`said` is what each external labeler said: tiers aligned with `keys`, or a demonstration's hash.

    `claimable` is whether labelers may take it, now or once the board is stored.
    """

    prompt: "PromptItem"
    kind: str
    keys: Sequence[CompletionKey] = ()
    line: ImportLine | None = None
    claimable: bool = False
    id: int | None = None
    said: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class CompletionItem:
    prompt: "PromptItem"
    model: str | None
    sha256: str
    text: str = ""
    id: int | None = None


@dataclass(slots=True, eq=False)
class PromptItem:
    """`line` is the one that made it; None for a prompt that was there. `author` is the member who wrote it."""

    sha256: str
    id: int | None = None
    line: ImportLine | None = None
    sensitive: bool = False
    use_case: str = ""
    language: str = ""
    author: int | None = None
    external_ids: list[str] = field(default_factory=list)
    new_external_ids: list[str] = field(default_factory=list)
    completions: dict[CompletionKey, CompletionItem] = field(default_factory=dict)
    tasks: dict[frozenset[CompletionKey], TaskItem] = field(default_factory=dict)
    demonstrate: TaskItem | None = None


@dataclass(slots=True, eq=False)
class JudgmentItem:
    """A ranking (tiers aligned with the task) or a demonstration (its completion)."""

    task: TaskItem
    labeler: LabelerItem
    tiers: list[int] | None = None
    completion: CompletionItem | None = None


@dataclass(slots=True)
class Counts:
    """What lines added. A duplicate is a line that added nothing."""

    prompts: int = 0
    completions: int = 0
    rankings: int = 0
    demonstrations: int = 0
    tasks_created: int = 0
    duplicates: int = 0

    @property
    def nothing(self) -> bool:
        return not (self.prompts or self.completions or self.rankings or self.demonstrations or self.tasks_created)

    def add(self, other: "Counts") -> None:
        self.prompts += other.prompts
        self.completions += other.completions
        self.rankings += other.rankings
        self.demonstrations += other.demonstrations
        self.tasks_created += other.tasks_created
        self.duplicates += other.duplicates


@dataclass(slots=True)
class Board:
    """The known part of a project and, in the lists, what is new on it."""

    open_tasks: bool = True
    prompts: dict[str, PromptItem] = field(default_factory=dict)
    labelers: dict[str, LabelerItem] = field(default_factory=dict)
    new_prompts: list[PromptItem] = field(default_factory=list)
    new_completions: list[CompletionItem] = field(default_factory=list)
    new_tasks: list[TaskItem] = field(default_factory=list)
    opened_tasks: list[TaskItem] = field(default_factory=list)
    raised_prompts: list[PromptItem] = field(default_factory=list)
    new_labelers: list[LabelerItem] = field(default_factory=list)
    new_judgments: list[JudgmentItem] = field(default_factory=list)

    def clear(self) -> None:
        """Take it apart: prompts and what hangs on them name each other, and would stay in memory for the collector."""
        for prompt in self.prompts.values():
            prompt.completions.clear()
            prompt.tasks.clear()
            prompt.demonstrate = None


def place_line(board: Board, line: ImportLine) -> Counts:
    """Put `line` on the board and say what it added. Raises RuleBroken, and changes nothing, on a conflict."""
    if line.rankings or line.demonstration:
        _check_labelers(board, line)
    if known := board.prompts.get(line.content_sha256):
        _check_rankings(known, line)
        _check_demonstration(known, line)
    counts = Counts()
    prompt = known or _new_prompt(board, line, counts)
    _note_external_id(prompt, line.external_id)
    raised = _raise_sensitive(board, prompt, line)
    for completion in line.completions:
        _completion(board, prompt, completion.model, completion.sha256, completion.text, counts)
    task = _rank_task(board, prompt, line, counts)
    for ranking in line.rankings:
        _add_ranking(board, task, line, ranking, counts)
    if line.demonstration:
        _add_demonstration(board, prompt, line, line.demonstration, counts)
    counts.duplicates = int(counts.nothing and not raised)
    return counts


def demonstration_source(labeler: str) -> str:
    """The label of a demonstration's completion: never equal to a model's, so never a candidate by accident."""
    return f"demonstration:{labeler}"


def _check_labelers(board: Board, line: ImportLine) -> None:
    named: list[tuple[str, LineRanking | LineDemonstration]] = [
        (f"rankings[{index}].kind", ranking) for index, ranking in enumerate(line.rankings)
    ]
    if line.demonstration:
        named.append(("demonstration_labeler", line.demonstration))
    for where, one in named:
        known = board.labelers.get(one.labeler)
        if known and one.kind and one.kind != known.kind:
            raise RuleBroken(
                f"{where}: {one.labeler} is known as a {known.kind} here, not as a {one.kind}.",
                field=where, code="labeler_kind_conflict",
            )  # fmt: skip


def _check_rankings(prompt: PromptItem, line: ImportLine) -> None:
    task = prompt.tasks.get(_keys(line.completions))
    for index, ranking in enumerate(line.rankings if task else ()):
        assert task is not None
        said = task.said.get(ranking.labeler)
        if said is not None and said != _aligned(task, line, ranking):
            raise RuleBroken(
                f"rankings[{index}]: {ranking.labeler} has ranked these completions of this prompt otherwise already.",
                field=f"rankings[{index}]", code="ranking_conflict",
            )  # fmt: skip


def _check_demonstration(prompt: PromptItem, line: ImportLine) -> None:
    given = line.demonstration
    if given is None or prompt.demonstrate is None:
        return
    said = prompt.demonstrate.said.get(given.labeler)
    if said is not None and said != given.sha256:
        raise RuleBroken(
            f"demonstration: {given.labeler} has written another demonstration of this prompt already; "
            f"name its writer in demonstration_labeler.",
            field="demonstration", code="demonstration_conflict",
        )  # fmt: skip


def _new_prompt(board: Board, line: ImportLine, counts: Counts) -> PromptItem:
    prompt = PromptItem(
        sha256=line.content_sha256, line=line, sensitive=line.sensitive, use_case=line.use_case, language=line.language
    )
    board.prompts[prompt.sha256] = prompt
    board.new_prompts.append(prompt)
    counts.prompts += 1
    return prompt


def _note_external_id(prompt: PromptItem, external_id: str | None) -> None:
    if external_id is not None and external_id not in prompt.external_ids:
        prompt.external_ids.append(external_id)
        prompt.new_external_ids.append(external_id)


def _raise_sensitive(board: Board, prompt: PromptItem, line: ImportLine) -> bool:
    """Mark the prompt sensitive when this is the first line to say so. No line lowers the flag."""
    if prompt.sensitive or not line.sensitive:
        return False
    prompt.sensitive = True
    if prompt.line is None:
        board.raised_prompts.append(prompt)
    return True


def _completion(
    board: Board, prompt: PromptItem, model: str | None, sha256: str, text: str, counts: Counts | None = None
) -> CompletionItem:
    found = prompt.completions.get((model, sha256))
    if found is None:
        found = CompletionItem(prompt=prompt, model=model, sha256=sha256, text=text)
        prompt.completions[model, sha256] = found
        board.new_completions.append(found)
        if counts is not None:
            counts.completions += 1
    return found


def _rank_task(board: Board, prompt: PromptItem, line: ImportLine, counts: Counts) -> TaskItem | None:
    """The task of exactly the line's completions, made where tasks are wanted or a ranking needs one.

    One that is there but closed is opened where tasks are wanted.
    """
    if len(line.completions) < K_MIN:
        return None
    ordered = tuple(completion.key for completion in line.completions)
    keys = frozenset(ordered)
    task = prompt.tasks.get(keys)
    if task is None and (board.open_tasks or line.rankings):
        task = TaskItem(prompt=prompt, kind="rank", keys=ordered, line=line, claimable=board.open_tasks)
        prompt.tasks[keys] = task
        board.new_tasks.append(task)
        counts.tasks_created += task.claimable
    elif task is not None and board.open_tasks and not task.claimable:
        # An import without tasks made it, only for its rankings to hang on.
        task.claimable = True
        board.opened_tasks.append(task)
        counts.tasks_created += 1
    return task


def _add_ranking(board: Board, task: TaskItem | None, line: ImportLine, ranking: LineRanking, counts: Counts) -> None:
    assert task is not None  # a line with rankings has completions to rank: `parse_line`
    if ranking.labeler not in task.said:
        tiers = _aligned(task, line, ranking)
        task.said[ranking.labeler] = tiers
        board.new_judgments.append(JudgmentItem(task=task, labeler=_labeler(board, ranking), tiers=tiers))
        counts.rankings += 1


def _add_demonstration(
    board: Board, prompt: PromptItem, line: ImportLine, given: LineDemonstration, counts: Counts
) -> None:
    """A demonstration hangs on the prompt's demonstrate task, which offers nobody a slot."""
    if prompt.demonstrate is None:
        prompt.demonstrate = TaskItem(prompt=prompt, kind="demonstrate", line=line)
        board.new_tasks.append(prompt.demonstrate)
    task = prompt.demonstrate
    if given.labeler not in task.said:
        task.said[given.labeler] = given.sha256
        completion = _completion(board, prompt, demonstration_source(given.labeler), given.sha256, given.text)
        board.new_judgments.append(JudgmentItem(task=task, labeler=_labeler(board, given), completion=completion))
        counts.demonstrations += 1


def _labeler(board: Board, one: LineRanking | LineDemonstration) -> LabelerItem:
    found = board.labelers.get(one.labeler)
    if found is None:
        found = board.labelers[one.labeler] = LabelerItem(pseudonym=one.labeler, kind=one.kind or "person")
        board.new_labelers.append(found)
    return found


def _keys(completions: Sequence[LineCompletion]) -> frozenset[CompletionKey]:
    return frozenset(completion.key for completion in completions)


def _aligned(task: TaskItem, line: ImportLine, ranking: LineRanking) -> list[int]:
    """The ranking's tiers in the order of the task's candidates."""
    tier = {completion.key: tier for completion, tier in zip(line.completions, ranking.tiers, strict=True)}
    return [tier[key] for key in task.keys]
