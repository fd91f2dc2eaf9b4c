"""Handing out work over the API: terms of new tasks, changes of tasks that are there, settings, skills, and why a queue
is empty."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEntry
from apps.labeling.models import Assignment, Judgment, Task
from apps.projects.models import Membership, Project
from apps.prompts.models import Prompt
from tests.api.calls import CLAIM, claim, code
from tests.api.client import Caller
from tests.cast import Cast
from tests.make import make_completions, make_demonstrate_task, make_prompt, make_rank_task

TASKS = "projects/clinic/tasks/"


def test_new_tasks_on_terms(cast: Cast, researcher: Caller, labeler: Caller, second: Caller):
    Membership.objects.filter(pk=cast.second_labeler.pk).update(skills=["domain:medicine"])
    prompt = make_prompt(cast.project)
    terms = {"priority": 7, "cohort": "training", "requires": ["Domain:Medicine"], "judgments": 2}
    made = researcher.post(TASKS, {"kind": "demonstrate", "prompts": [str(prompt.uid)], **terms})
    assert made.status_code == 201, made.json()
    task = Task.objects.get()
    assert (task.priority, task.cohort, task.requires) == (7, "training", ["domain:medicine"])
    assert (task.required, task.open_slots) == (2, 2)
    assert labeler.post(CLAIM, {"kind": "demonstrate"}).status_code == 204
    claim(second, "demonstrate")


def test_a_prompts_language_is_kept_for_those_who_have_it(cast: Cast, researcher: Caller, labeler: Caller):
    Project.objects.update(reserve_languages=True)
    make_prompt(cast.project, language="es")
    researcher.post(TASKS, {"kind": "demonstrate", "prompts": {"language": "es"}})
    assert labeler.post(CLAIM, {"kind": "demonstrate"}).status_code == 204
    Membership.objects.filter(pk=cast.labeler.pk).update(skills=["language:es"])
    claim(labeler, "demonstrate")


def test_of_a_filter_the_unfit_are_left_out_and_counted(cast: Cast, researcher: Caller):
    make_completions(make_prompt(cast.project, use_case="chat"), ["a", "b"])
    make_completions(make_prompt(cast.project, use_case="chat"), ["a"])
    made = researcher.post(TASKS, {"kind": "rank", "prompts": {"use_case": "chat"}}).json()
    assert (made["created"], made["unfit"]) == (1, 1)
    rate = researcher.post(TASKS, {"kind": "rate", "prompts": {}}).json()
    assert (rate["created"], rate["unfit"]) == (2, 0)


def test_the_overlap_sample_is_exact_over_the_api(cast: Cast, researcher: Caller):
    Project.objects.update(overlap_share=0.2)
    for number in range(40):
        make_prompt(cast.project, use_case="chat" if number % 2 else "rewrite")
    researcher.post(TASKS, {"kind": "demonstrate", "prompts": {}})
    for use_case in ("chat", "rewrite"):
        tasks = Task.objects.filter(prompt__use_case=use_case)
        assert sorted(tasks.values_list("required", flat=True)) == [1] * 16 + [3] * 4


def test_nobody_ranks_a_demonstration_of_their_own(cast: Cast, researcher: Caller, labeler: Caller, second: Caller):
    task = make_demonstrate_task(cast.project)
    make_completions(task.prompt, ["A model's."])
    body = claim(labeler, "demonstrate")
    labeler.post(f"assignments/{body['uid']}/submit/", {"text": "Mine."})
    made = researcher.post(
        TASKS, {"kind": "rank", "prompts": [str(task.prompt.uid)], "demonstrations": True, "judgments": 2}
    )
    assert made.json()["created"] == 1
    ranked = Task.objects.get(kind="rank")
    assert ranked.writers == [cast.labeler.pk]

    assert labeler.post(CLAIM, {"kind": "rank"}).status_code == 204
    queue = labeler.get("projects/clinic/queue/?kind=rank").json()
    assert queue["available"] == 0
    assert [(reason["code"], reason["count"]) for reason in queue["reasons"]] == [("own_texts", 1), ("done", 1)]
    assert {candidate["text"] for candidate in claim(second)["candidates"]} == {"Mine.", "A model's."}


def test_a_corrected_demonstration_is_a_candidate_once(cast: Cast, researcher: Caller, labeler: Caller):
    task = make_demonstrate_task(cast.project)
    make_completions(task.prompt, ["A model's."])
    uid = claim(labeler, "demonstrate")["uid"]
    labeler.post(f"assignments/{uid}/submit/", {"text": "First."})
    labeler.post(f"assignments/{uid}/corrections/", {"text": "Better."})
    researcher.post(TASKS, {"kind": "rank", "prompts": [str(task.prompt.uid)], "demonstrations": True})
    assert len(Task.objects.get(kind="rank").candidates) == 2


def test_changing_the_tasks_that_a_filter_leaves(cast: Cast, researcher: Caller, labeler: Caller):
    low = [make_rank_task(cast.project) for _ in range(2)]
    other = make_demonstrate_task(cast.project)
    change = {"tasks": {"kind": "rank"}, "priority": 5, "requires": ["language:es"], "cohort": "held-out"}
    changed = researcher.patch(TASKS, change)
    assert (changed.status_code, changed.json()) == (200, {"changed": 2, "more": False})
    assert researcher.patch(TASKS, change).json()["changed"] == 0
    kept = set(Task.objects.filter(kind="rank").values_list("priority", "cohort", "state"))
    assert kept == {(5, "held-out", "open")}
    assert Task.objects.get(pk=other.pk).priority == 0
    assert labeler.get("projects/clinic/queue/?kind=rank").json()["available"] == 0

    back = {"tasks": [str(task.uid) for task in low], "requires": [], "cohort": None}
    assert researcher.patch(TASKS, back).json()["changed"] == 2
    assert labeler.get("projects/clinic/queue/?kind=rank").json()["available"] == 2
    told = AuditEntry.objects.filter(verb="tasks.changed").order_by("id").values_list("data", flat=True)
    assert [entry["count"] for entry in told] == [2, 2]
    assert told[0]["priority"] == 5


def test_closing_keeps_what_is_held_and_judged(cast: Cast, researcher: Caller, labeler: Caller, second: Caller):
    make_demonstrate_task(cast.project, required=3)
    uid = claim(labeler, "demonstrate")["uid"]
    done = claim(second, "demonstrate")["uid"]
    assert second.post(f"assignments/{done}/submit/", {"text": "Mine."}).status_code == 201
    assert researcher.patch(TASKS, {"tasks": {}, "state": "closed"}).json()["changed"] == 1
    assert labeler.post(f"assignments/{uid}/submit/", {"text": "Late."}).json()["surplus"] is False
    task = Task.objects.get()
    assert (task.state, task.required, task.open_slots) == ("closed", 3, 1)
    again = researcher.post(TASKS, {"kind": "demonstrate", "prompts": {}}).json()
    assert (again["created"], again["existing"]) == (0, 1)  # closed by hand, closed it stays
    researcher.patch(TASKS, {"tasks": {"state": "closed"}, "state": "open"})
    assert Task.objects.get().open_slots == 1
    assert Judgment.objects.count() == 2


def test_more_judgments_and_never_fewer(cast: Cast, researcher: Caller, labeler: Caller, second: Caller):
    make_demonstrate_task(cast.project)
    uid = claim(labeler, "demonstrate")["uid"]
    assert second.post(CLAIM, {"kind": "demonstrate"}).status_code == 204
    assert researcher.patch(TASKS, {"tasks": {}, "judgments": 3}).json()["changed"] == 1
    assert researcher.patch(TASKS, {"tasks": {}, "judgments": 2}).json()["changed"] == 0
    task = Task.objects.get()
    assert (task.required, task.open_slots) == (3, 2)
    claim(second, "demonstrate")
    assert Assignment.objects.get(uid=uid).state == "leased"


def test_what_an_import_closed_opens_with_judgments_only(cast: Cast, researcher: Caller):
    make_demonstrate_task(cast.project, required=0, state="closed")
    assert researcher.patch(TASKS, {"tasks": {}, "state": "open"}).json()["changed"] == 0
    assert researcher.patch(TASKS, {"tasks": {}, "state": "open", "judgments": 1}).json()["changed"] == 1
    assert (Task.objects.get().state, Task.objects.get().open_slots) == ("open", 1)


def test_what_an_import_closed_is_asked_for_no_judgments_by_the_way(cast: Cast, researcher: Caller):
    make_demonstrate_task(cast.project, required=0, state="closed")
    make_demonstrate_task(cast.project)
    assert researcher.patch(TASKS, {"tasks": {}, "judgments": 3, "priority": 4}).json()["changed"] == 1
    assert list(Task.objects.order_by("id").values_list("required", "state")) == [(0, "closed"), (3, "open")]
    made = researcher.post(TASKS, {"kind": "demonstrate", "prompts": {}}).json()
    assert (made["created"], made["existing"]) == (1, 1)


def test_what_an_import_closed_is_opened_on_the_terms_that_are_stated(cast: Cast, researcher: Caller, labeler: Caller):
    Project.objects.update(reserve_languages=True)
    task = make_demonstrate_task(cast.project, required=0, state="closed")
    Prompt.objects.filter(pk=task.prompt_id).update(language="es")
    terms = {"priority": 7, "cohort": "training", "requires": ["domain:law"], "judgments": 2}
    assert researcher.post(TASKS, {"kind": "demonstrate", "prompts": {}, **terms}).json()["created"] == 1
    task.refresh_from_db()
    assert (task.state, task.required, task.open_slots) == ("open", 2, 2)
    assert (task.priority, task.cohort, task.requires) == (7, "training", ["domain:law", "language:es"])
    assert labeler.post(CLAIM, {"kind": "demonstrate"}).status_code == 204


def test_a_change_by_filter_reads_no_list_of_all_tasks(cast: Cast, researcher: Caller):
    make_rank_task(cast.project)
    with CaptureQueriesContext(connection) as queries:
        researcher.patch(TASKS, {"tasks": {}, "priority": 2})
    read = [query["sql"] for query in queries if '"labeling_task"' in query["sql"] and "LIMIT" not in query["sql"]]
    assert [sql.split()[0] for sql in read] == ["UPDATE"]


def test_tasks_that_measure_labelers_are_left_alone(cast: Cast, researcher: Caller):
    gold = make_rank_task(cast.project, purpose="gold")
    assert researcher.patch(TASKS, {"tasks": {}, "priority": 9}).json()["changed"] == 0
    assert code(researcher.patch(TASKS, {"tasks": [str(gold.uid)], "priority": 9})) == (422, "unknown_task")


def test_many_are_changed_in_steps(cast: Cast, researcher: Caller, monkeypatch: pytest.MonkeyPatch):
    for _ in range(5):
        make_demonstrate_task(cast.project)
    monkeypatch.setattr("apps.labeling.services.task_changes.STEP", 2)
    assert researcher.patch(TASKS, {"tasks": {}, "priority": 1}).json() == {"changed": 5, "more": False}
    assert AuditEntry.objects.filter(verb="tasks.changed").count() == 3
    monkeypatch.setattr("apps.labeling.services.task_changes.SECONDS", -1.0)
    first = researcher.patch(TASKS, {"tasks": {}, "priority": 2}).json()
    assert first == {"changed": 2, "more": True}
    second = researcher.patch(TASKS, {"tasks": {}, "priority": 2}).json()
    assert second == {"changed": 2, "more": True}
    assert researcher.patch(TASKS, {"tasks": {}, "priority": 2}).json() == {"changed": 1, "more": False}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"tasks": {}}, "change"),
        ({"tasks": {"model": "x"}, "priority": 1}, "tasks.model"),
        ({"tasks": {"priority": "high"}, "priority": 1}, "tasks.priority"),
        ({"tasks": ["x"], "priority": 1}, "tasks"),
        ({"tasks": 5, "priority": 1}, "tasks"),
        ({"priority": 1}, "tasks"),
        ({"tasks": {}, "priority": 5000}, "priority"),
        ({"tasks": {}, "cohort": "both"}, "cohort"),
        ({"tasks": {}, "requires": ["no skill"]}, "requires"),
        ({"tasks": {}, "requires": "language:es"}, "requires"),
        ({"tasks": {}, "state": "gone"}, "state"),
        ({"tasks": {}, "judgments": 0}, "judgments"),
    ],
)
def test_a_broken_change_names_its_field(cast: Cast, researcher: Caller, body: dict[str, Any], field: str):
    make_demonstrate_task(cast.project)
    refused = researcher.patch(TASKS, body)
    assert refused.status_code == 422
    assert refused.json()["error"]["details"]["field"].startswith(field)


def test_a_manager_changes_how_work_is_handed_out(cast: Cast, manager: Caller):
    settings = {"overlap_share": 0.25, "overlap_judgments": 5, "labeler_quota": 100, "labeler_daily_quota": None}
    answer = manager.patch("projects/clinic/", settings | {"reserve_languages": True, "state": "paused"})
    assert answer.status_code == 200, answer.json()
    assert answer.json().items() >= (settings | {"reserve_languages": True, "state": "paused"}).items()
    entry = AuditEntry.objects.get(verb="project.changed")
    assert entry.data["before"]["overlap_share"] == 0
    assert "labeler_daily_quota" not in entry.data["after"]  # it was so before
    manager.patch("projects/clinic/", {"state": "paused"})
    assert AuditEntry.objects.filter(verb="project.changed").count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"overlap_share": 1.5}, "overlap_share"),
        ({"overlap_judgments": 1}, "overlap_judgments"),
        ({"judgments_per_task": 51}, "judgments_per_task"),
        ({"labeler_quota": 0}, "labeler_quota"),
        ({"labeler_daily_quota": -1}, "labeler_daily_quota"),
        ({"labeler_quota": 10**12}, "labeler_quota"),
        ({"reserve_languages": "perhaps"}, "reserve_languages"),
        ({"state": "gone"}, "state"),
        ({"lease_minutes": None}, "lease_minutes"),
        ({"slug": "other"}, "slug"),
        ({"seed": 4}, "seed"),
    ],
)
def test_a_broken_setting_names_its_field(cast: Cast, manager: Caller, body: dict[str, Any], field: str):
    refused = manager.patch("projects/clinic/", body)
    assert refused.status_code == 422, refused.json()
    assert refused.json()["error"]["details"]["field"] == field
    assert not AuditEntry.objects.filter(verb="project.changed").exists()


def test_skills_of_a_member(cast: Cast, manager: Caller, labeler: Caller):
    make_rank_task(cast.project, requires=["language:es"])
    assert labeler.get("projects/clinic/queue/").json()["reasons"][0]["skills"] == ["language:es"]
    path = f"projects/clinic/members/{cast.labeler.uid}/"
    assert manager.patch(path, {"skills": [" Language:ES", "domain:law", "domain:law"]}).json()["skills"] == [
        "domain:law",
        "language:es",
    ]
    claim(labeler)
    assert manager.patch(path, {"skills": []}).json()["skills"] == []
    refused = manager.patch(path, {"skills": ["a b"]})
    assert code(refused) == (422, "not_a_skill")
    assert refused.json()["error"]["details"]["field"] == "skills"
    assert AuditEntry.objects.filter(verb="member.skills").count() == 2


def test_quotas_stop_claims_and_say_when_they_begin_again(cast: Cast, labeler: Caller):
    Project.objects.update(labeler_daily_quota=1)
    make_demonstrate_task(cast.project)
    make_demonstrate_task(cast.project)
    uid = claim(labeler, "demonstrate")["uid"]
    labeler.post(f"assignments/{uid}/submit/", {"text": "Mine."})
    assert code(labeler.post(CLAIM, {"kind": "demonstrate"})) == (409, "quota_reached")
    queue = labeler.get("projects/clinic/queue/").json()
    (reason,) = queue["reasons"]
    assert (queue["available"], reason["code"], reason["count"]) == (0, "daily_quota_reached", 1)
    assert reason["until"].endswith("T00:00:00Z")


def test_a_labeler_learns_no_purpose_priority_or_cohort(cast: Cast, labeler: Caller):
    make_rank_task(cast.project, priority=77, cohort="held-out", requires=["domain:secret"])
    make_rank_task(cast.project, purpose="evaluation", sensitive=True)
    said = labeler.get("projects/clinic/queue/").content.decode()
    assert [word for word in ("77", "held-out", "domain:secret", "evaluation", "priority") if word in said] == []
    assert "kept_for_others" in said
