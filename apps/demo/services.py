"""Setting the demo up. Every step finds what an earlier run left and adds only what is missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import transaction

from apps.accounts.models import User
from apps.accounts.selectors import user_by_email
from apps.accounts.services import user_create
from apps.core.domain.canonical import sha256_hex
from apps.imports.models import Import
from apps.imports.services.create import import_here
from apps.labeling.models import Task
from apps.labeling.services.tasks import Terms, tasks_create
from apps.projects.models import Cohort, ExternalLabeler, Membership, Project, Track
from apps.projects.selectors import current_guideline, current_schema, members_of
from apps.projects.services import (
    external_labeler_named,
    guideline_acknowledge,
    guideline_publish,
    member_add,
    project_create,
    schema_publish,
)
from apps.prompts.models import Prompt
from apps.quality.models import VolunteerQuestions
from apps.quality.services.volunteers import questions_set
from apps.screening.models import Exam
from apps.screening.services.exams import exam_make, exam_publish

from . import content
from .domain.simulated import LABELERS
from .gold import gold_begin
from .loop import base_begin, policy_begin
from .practice import DATASET, practice_lines

SLUG = "demo"
PASSWORD = "demo-password"  # noqa: S105 - published: it guards nothing, and the demo stays on loopback


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    name: str
    role: str
    cohort: str = Cohort.TRAINING
    accepts_sensitive: bool = True
    status: str = Membership.Status.ACTIVE


MANAGER = Person("manager@demo.local", "Mara", Membership.Role.MANAGER)
# labeler5 has not accepted sensitive content and labeler4 is held out: both show in what they get to see.
PEOPLE = (
    Person("researcher@demo.local", "Ravi", Membership.Role.RESEARCHER),
    Person("adjudicator@demo.local", "Ada", Membership.Role.ADJUDICATOR),
    Person("labeler1@demo.local", "Lena", Membership.Role.LABELER),
    Person("labeler2@demo.local", "Luis", Membership.Role.LABELER),
    Person("labeler3@demo.local", "Lwazi", Membership.Role.LABELER),
    Person("labeler4@demo.local", "Linh", Membership.Role.LABELER, cohort=Cohort.HELD_OUT),
    Person("labeler5@demo.local", "Leo", Membership.Role.LABELER, accepts_sensitive=False),
    # Sits the exam and waits for the manager's decision.
    Person("candidate@demo.local", "Cleo", Membership.Role.LABELER, status=Membership.Status.QUALIFYING),
)


def demo_seed() -> tuple[Import, Import]:
    """The demo project with its people, guideline, prompts and simulated rankings.

    Returns its imports: the written texts, which people rank, and the loop's practice questions, which they need not.
    A base model begins to be made in the background: the loop starts from it.
    """
    with transaction.atomic():
        manager = _account(MANAGER)
        project = Project.objects.filter(slug=SLUG).first() or _project(manager)
        _schema(manager, project)
        _people(manager, project)
        _guidelines(manager, project)
        _simulated_labelers(project)
        _exam(manager, project)
        _volunteer_questions(manager, project)
    practised = _texts(manager, project, "practice", practice_lines(), tasks=Import.Tasks.NONE)
    imported = _texts(manager, project, "demo", content.import_lines(), tasks=Import.Tasks.OPEN)
    _writing_tasks(manager, project)
    gold_begin(manager, project)
    base_begin(manager, project)
    policy_begin(manager, project)
    return imported, practised


def _account(person: Person) -> User:
    return user_by_email(person.email) or user_create(email=person.email, password=PASSWORD, name=person.name)


def _project(manager: User) -> Project:
    return project_create(
        actor=manager, slug=SLUG, name="Harbour Street Clinic", seed=2203_02155,
        description="Replies of a clinic's scheduling assistant, and some general instructions.",
        judgments_per_task=2, overlap_share=0.25, overlap_judgments=3, allows_simulated_training=True, gold_rate=0.1,
        retest_rate=0.05, retest_after_judgments=10, retest_after_hours=1,
    )  # fmt: skip


def _schema(manager: User, project: Project) -> None:
    """The seed's questions, and labelers may write prompts. What a manager published since stays as it is."""
    seed = current_schema(project)
    if seed.number == 1:
        schema_publish(actor=manager, project=project, body=seed.body | {"parts": {"prompt_writing": True}})


def _people(manager: User, project: Project) -> None:
    known = set(members_of(project).values_list("user__email", flat=True))
    for person in PEOPLE:
        if person.email not in known:
            _account(person)
            member_add(
                actor=manager, project=project, email=person.email, role=person.role, cohort=person.cohort,
                accepts_sensitive=person.accepts_sensitive, status=person.status,
            )  # fmt: skip


def _guidelines(manager: User, project: Project) -> None:
    for track, text in ((Track.COLLECTION, content.guideline()), (Track.EVALUATION, content.evaluation_guideline())):
        if current_guideline(project, track) is None:
            guideline = guideline_publish(actor=manager, project=project, body=text, track=track)
            for member in members_of(project):
                guideline_acknowledge(member=member, number=guideline.number, track=track)


def _exam(manager: User, project: Project) -> None:
    """One version, unless somebody began another."""
    author = members_of(project).get(user=manager)
    if not Exam.objects.filter(project=project).exists():
        exam_make(actor=author, body=content.exam())
        exam_publish(actor=author)


def _volunteer_questions(manager: User, project: Project) -> None:
    """What labelers may tell of themselves on their own page; a manager who changed it keeps the change."""
    if not VolunteerQuestions.objects.filter(project=project).exists():
        questions_set(actor=manager, project=project, text=content.VOLUNTEER_QUESTIONS)


def _simulated_labelers(project: Project) -> None:
    for labeler in LABELERS:
        external_labeler_named(
            project=project, pseudonym=labeler.name, kind=ExternalLabeler.Kind.SIMULATED,
            cohort=Cohort.HELD_OUT if labeler.held_out else Cohort.TRAINING,
        )  # fmt: skip


def _texts(manager: User, project: Project, name: str, lines: Iterable[dict[str, Any]], *, tasks: str) -> Import:
    """Through the same road as anybody's file. What is in already is not sent again."""
    encoded = [orjson.dumps(line) + b"\n" for line in lines]
    filename = f"{name}-{sha256_hex(b''.join(encoded))[:12]}.jsonl"
    done = Import.objects.filter(project=project, filename=filename, state=Import.State.DONE).first()
    return done or import_here(
        actor=manager, project=project, chunks=iter(encoded), format="jsonl", gzipped=False, filename=filename,
        tasks=tasks, size=None,
    )  # fmt: skip


def _writing_tasks(manager: User, project: Project) -> None:
    """A task to write for every prompt that nobody has written to yet; the practice questions are the models', and
    of labelers' own prompts a manager makes tasks."""
    written_for_people = Prompt.objects.filter(project=project, author=None).exclude(source__dataset=DATASET)
    unwritten = written_for_people.exclude(tasks__kind=Task.Kind.DEMONSTRATE).order_by("id")
    if unwritten:
        tasks_create(
            actor=manager, project=project, kind=Task.Kind.DEMONSTRATE, prompts=list(unwritten), terms=Terms(required=1)
        )  # fmt: skip
