"""The database is the referee: what code might forget, PostgreSQL refuses."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.labeling.models import ActivityBatch, Assignment, Demonstration, Judgment, Ranking, Ratings, Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.projects.models import GuidelineVersion, JudgmentSchema
from apps.projects.services import external_labeler_named, guideline_publish, member_add, project_create
from apps.prompts.models import Completion, Prompt
from tests.cast import Cast
from tests.make import make_completions, make_demonstrate_task, make_prompt, make_rank_task


@pytest.fixture
def judgment(cast: Cast) -> Judgment:
    make_rank_task(cast.project, k=3)
    assignment = assignment_claim(member=cast.labeler, kind="rank")
    return judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 2, "C": 2}}).judgment


def refused(rule: str):
    return pytest.raises(IntegrityError, match=rule)


def test_frozen_rows_refuse_update_and_delete(cast: Cast, judgment: Judgment):
    guideline = guideline_publish(actor=cast.manager.user, project=cast.project, body="Be kind.")
    frozen = [
        (Judgment, judgment.pk, {"note": "changed"}),
        (Ranking, judgment.pk, {"tiers": [1, 1, 1]}),
        (GuidelineVersion, guideline.pk, {"body": "Be unkind."}),
        (JudgmentSchema, judgment.schema_id, {"body": {}}),
        (Completion, judgment.task.candidates[0], {"body": "changed"}),
    ]
    for model, pk, change in frozen:
        with refused("append-only"), transaction.atomic():
            model.objects.filter(pk=pk).update(**change)
        with refused("append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE {model._meta.pk.column} = %s", [pk])


@pytest.mark.parametrize("change", [{"messages": "[]"}, {"split": "test"}, {"context": "new"}])
def test_a_judged_prompt_keeps_its_text_and_split(cast: Cast, change):
    prompt = make_prompt(cast.project)

    with refused("append-only"), transaction.atomic():
        Prompt.objects.filter(pk=prompt.pk).update(**change)
    Prompt.objects.filter(pk=prompt.pk).update(use_case="chat")


def test_a_task_keeps_its_candidates(cast: Cast):
    task = make_rank_task(cast.project)

    with refused("append-only"):
        Task.objects.filter(pk=task.pk).update(candidates=task.candidates[::-1])


def task_of(prompt: Prompt, candidates: list[int], kind: str = "rank", **fields) -> Task:
    values = {"required": 1, "open_slots": 1, "project_id": prompt.project_id} | fields
    return Task.objects.create(prompt=prompt, kind=kind, candidates=candidates, **values)


def test_a_task_is_of_its_prompts_project_and_stays_there(cast: Cast):
    prompt = make_prompt(cast.project)
    elsewhere = project_create(actor=cast.manager.user, slug="elsewhere", name="Elsewhere", seed=1)
    nowhere = elsewhere.pk + 1000

    for project in (elsewhere.pk, nowhere):
        with refused("belongs to its project"), transaction.atomic():
            task_of(prompt, [], kind="demonstrate", project_id=project)
    task = task_of(prompt, [], kind="demonstrate")
    with refused("append-only"), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(project_id=nowhere)
    with refused("foreign key|append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM projects_project WHERE id = %s", [prompt.project_id])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_candidates_belong_to_the_prompt_and_are_distinct(cast: Cast):
    prompt, other = make_prompt(cast.project), make_prompt(cast.project)
    mine = [c.pk for c in make_completions(prompt, ["a", "b"])]
    foreign = [c.pk for c in make_completions(other, ["c"])]

    for candidates in (mine[:1] + foreign, mine[:1] * 2, [*mine, 10**9]):
        with refused("distinct completions of its own prompt|task_set_is_whole"), transaction.atomic():
            task_of(prompt, candidates)
    assert task_of(prompt, mine[::-1]).candidates == mine[::-1]


@pytest.mark.parametrize(("kind", "k"), [("rank", 1), ("rank", 10), ("rate", 0), ("demonstrate", 1)])
def test_k_fits_the_kind(cast: Cast, kind, k):
    prompt = make_prompt(cast.project)
    candidates = [c.pk for c in make_completions(prompt, [str(n) for n in range(k)])]

    with refused("task_k_fits_kind"):
        task_of(prompt, candidates, kind)


def test_one_task_for_a_prompt_and_candidate_set(cast: Cast):
    prompt = make_prompt(cast.project)
    candidates = [c.pk for c in make_completions(prompt, ["a", "b", "c"])]
    task_of(prompt, candidates)

    with refused("task_identity"), transaction.atomic():
        task_of(prompt, candidates[::-1])
    task_of(prompt, candidates[:2])
    task_of(prompt, candidates, purpose="gold", required=None, open_slots=None)


def test_one_lease_a_labeler_and_one_assignment_a_task(cast: Cast):
    task, other = make_rank_task(cast.project), make_rank_task(cast.project)
    held = assignment_claim(member=cast.labeler, kind="rank")
    same = {
        "membership": cast.labeler,
        "schema": held.schema,
        "display_order": [0, 1, 2],
        "lease_expires_at": timezone.now(),
    }

    with refused("assignment_one_lease_a_labeler"), transaction.atomic():
        Assignment.objects.create(task=other, **same)
    with refused("assignment_once_a_task"), transaction.atomic():
        Assignment.objects.create(task=task, **same | {"state": "reserved"})


@pytest.mark.parametrize(
    ("state", "code"), [("skipped", "unclear"), ("skipped", ""), ("skipped", "bored"), ("submitted", "unclear")]
)
def test_a_reason_is_a_known_one_of_a_skip(cast: Cast, judgment: Judgment, state, code):
    assignment = Assignment.objects.filter(pk=judgment.assignment_id)
    if state == "skipped" and code != "bored":
        assert assignment.update(state=state, skip_code=code) == 1
        return
    with refused("assignment_skip_code_known"):
        assignment.update(state=state, skip_code=code)


def test_what_hands_did_stays_as_it_was_told(judgment: Judgment):
    batch = ActivityBatch.objects.create(
        assignment=judgment.assignment, page="p", number=0, events=[[0, "open"]], received_at=timezone.now()
    )
    with refused("append-only"), transaction.atomic():
        ActivityBatch.objects.filter(pk=batch.pk).update(events=[])
    with refused("activity_batch_once"):
        ActivityBatch.objects.create(
            assignment=judgment.assignment, page="p", number=0, events=[], received_at=timezone.now()
        )


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"pasted_share": 1.01}, "demonstration_pasted_within_0_1"),
        ({"similarity": -0.1}, "demonstration_similarity_within_0_1"),
    ],
)
def test_shares_are_shares(cast: Cast, judgment: Judgment, change, rule):
    make_demonstrate_task(cast.project)
    assignment = assignment_claim(member=cast.labeler, kind="demonstrate")
    said = judgment_submit(assignment=assignment, body={"text": "Hello there."}).judgment
    other = Completion.objects.create(prompt=said.task.prompt, origin="member", member=cast.labeler, body="More.")
    with refused(rule):
        Demonstration.objects.create(judgment=judgment, completion=other, **change)


@pytest.mark.parametrize(
    ("state", "has_expiry"), [("leased", False), ("reserved", False), ("submitted", True), ("expired", True)]
)
def test_an_expiry_exactly_while_held(cast: Cast, state, has_expiry):
    make_rank_task(cast.project)
    held = assignment_claim(member=cast.labeler, kind="rank")

    with refused("assignment_expiry_while_held"):
        Assignment.objects.filter(pk=held.pk).update(
            state=state, lease_expires_at=timezone.now() if has_expiry else None
        )


@pytest.mark.parametrize("order", [[0, 1], [0, 1, 1], [1, 2, 3], [0, 1, 2, 3]])
def test_a_display_order_is_a_permutation(cast: Cast, order, judgment: Judgment):
    with refused("permutation"):
        Assignment.objects.create(
            task=judgment.task, membership=cast.second_labeler, schema=judgment.schema, display_order=order,
            lease_expires_at=timezone.now(),
        )  # fmt: skip


def bare_judgment(judgment: Judgment, **fields) -> Judgment:
    values = {
        "task": judgment.task, "assignment": judgment.assignment, "cohort": judgment.cohort,
        "content_sha256": "0" * 64, "submitted_at": timezone.now(), "supersedes": judgment,
    }  # fmt: skip
    return Judgment.objects.create(**values | fields)


@pytest.mark.parametrize(
    ("tiers", "rule"),
    [([1, 3, 3], "ranking_tiers_dense"), ([2, 2, 2], "ranking_tiers_dense"), ([0, 1, 1], "ranking_tiers_dense"),
     ([1, 2], "one tier for each candidate"), ([1, 1, 1, 1], "one tier for each candidate"), ([], "one tier")],
)  # fmt: skip
def test_tiers_are_dense_and_one_each(judgment: Judgment, tiers, rule):
    with refused(rule):
        Ranking.objects.create(judgment=bare_judgment(judgment), tiers=tiers)


def test_a_judgment_says_something_by_the_commit(judgment: Judgment):
    bare_judgment(judgment)
    with refused("a ranking, ratings or a demonstration"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS labeling_judgment_says_something IMMEDIATE")


@pytest.mark.parametrize("part", ["ranking", "ratings"])
def test_a_ranking_or_ratings_are_something(judgment: Judgment, part):
    said = bare_judgment(judgment)
    if part == "ranking":
        Ranking.objects.create(judgment=said, tiers=[1, 1, 1])
    else:
        Ratings.objects.create(judgment=said, values=[{"overall": 3}, {}, {}])
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS labeling_judgment_says_something IMMEDIATE")


def test_an_empty_ranking_is_none(cast: Cast):
    task = make_demonstrate_task(cast.project)
    assignment = assignment_claim(member=cast.labeler, kind="demonstrate")
    judgment = Judgment.objects.create(
        task=task, assignment=assignment, cohort="training", content_sha256="0" * 64, submitted_at=timezone.now()
    )

    with refused("ranking_tiers_dense"):
        Ranking.objects.create(judgment=judgment, tiers=[])


def test_nobody_judges_across_projects(cast: Cast, judgment: Judgment):
    other = project_create(actor=cast.manager.user, slug="other", name="Other")
    stranger = member_add(actor=cast.manager.user, project=other, email="charlie@example.org", role="labeler")
    pool = external_labeler_named(project=other, pseudonym="crowd")

    with refused("own project"), transaction.atomic():
        Assignment.objects.create(
            task=judgment.task, membership=stranger, schema=judgment.schema, display_order=[0, 1, 2],
            lease_expires_at=timezone.now(),
        )  # fmt: skip
    with refused("its own project"), transaction.atomic():
        bare_judgment(judgment, assignment=None, external_labeler=pool, supersedes=None)


def test_one_chain_an_assignment(judgment: Judgment):
    with refused("judgment_one_chain_an_assignment"), transaction.atomic():
        bare_judgment(judgment, supersedes=None)
    Ranking.objects.create(judgment=bare_judgment(judgment), tiers=[1, 1, 1])
    with refused("supersedes_id"), transaction.atomic():
        bare_judgment(judgment)


def test_a_correction_keeps_labeler_task_and_cohort(cast: Cast, judgment: Judgment):
    other_task = make_rank_task(cast.project)
    for wrong in ({"cohort": "held-out"}, {"task": other_task}):
        with refused("a judgment is about|a correction supersedes"), transaction.atomic():
            bare_judgment(judgment, **wrong)


def test_a_judgment_is_a_members_or_an_externals(judgment: Judgment):
    with refused("judgment_of_member_or_external"):
        bare_judgment(judgment, assignment=None, supersedes=None)
