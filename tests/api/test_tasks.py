"""Making tasks, and who is offered them."""

import pytest

from apps.labeling.models import Task
from apps.projects.models import Membership, Project
from apps.projects.services import member_set_sensitive
from tests.api.calls import CLAIM, claim, code
from tests.api.client import Caller
from tests.cast import Cast
from tests.make import make_completions, make_demonstrate_task, make_prompt, make_rank_task


def test_sensitive_tasks_wait_for_someone_who_accepts_them(cast: Cast, labeler: Caller, second: Caller):
    make_rank_task(cast.project, sensitive=True)
    assert labeler.post(CLAIM, {"kind": "rank"}).status_code == 204
    assert labeler.get("projects/clinic/queue/").json()["available"] == 0
    cast.second_labeler.accepts_sensitive = True
    cast.second_labeler.save()

    claim(second)


def test_who_withdraws_sees_no_sensitive_text_any_more(cast: Cast, labeler: Caller):
    Membership.objects.filter(pk=cast.labeler.pk).update(accepts_sensitive=True)
    task = make_rank_task(cast.project, sensitive=True, priority=9)
    uid = claim(labeler)["uid"]
    member_set_sensitive(actor=cast.manager.user, member=cast.labeler, accepts=False)

    assert code(labeler.get(f"assignments/{uid}/")) == (403, "sensitive_not_accepted")
    assert code(labeler.post(f"assignments/{uid}/draft/", {"draft": {}, "revision": 0})) == (
        403,
        "sensitive_not_accepted",
    )
    make_rank_task(cast.project)
    assert claim(labeler)["uid"] != uid
    task.refresh_from_db()
    assert task.open_slots == 1


def test_a_paused_project_hands_out_no_work(cast: Cast, labeler: Caller):
    make_rank_task(cast.project)
    Project.objects.filter(pk=cast.project.pk).update(state="paused")

    assert code(labeler.post(CLAIM, {"kind": "rank"})) == (409, "project_not_active")


def test_an_unknown_prompt_is_named(cast: Cast, researcher: Caller):
    unknown = "01a1fc0c-484c-7662-a4a9-208a66c4a50e"
    made = researcher.post("projects/clinic/tasks/", {"kind": "demonstrate", "prompts": [unknown]})

    assert code(made) == (422, "unknown_prompt")
    assert unknown in made.json()["error"]["message"]


def test_tasks_of_prompts(cast: Cast, researcher: Caller):
    prompts = [make_prompt(cast.project, use_case="chat"), make_prompt(cast.project)]
    uids = [str(prompt.uid) for prompt in prompts]
    first = researcher.post("projects/clinic/tasks/", {"kind": "demonstrate", "prompts": uids})
    again = researcher.post("projects/clinic/tasks/", {"kind": "demonstrate", "prompts": {"use_case": "chat"}})
    bare = researcher.post("projects/clinic/tasks/", {"kind": "rank", "prompts": uids})

    assert (first.status_code, first.json()["created"]) == (201, 2)
    assert (again.json()["created"], again.json()["existing"]) == (0, 1)
    assert code(bare) == (422, "wrong_candidate_count")


def test_tasks_of_what_labelers_wrote(cast: Cast, researcher: Caller, labeler: Caller, second: Caller):
    own = make_prompt(cast.project, author=cast.labeler)
    make_prompt(cast.project)
    made = researcher.post("projects/clinic/tasks/", {"kind": "demonstrate", "prompts": {"written": True}})
    assert made.json()["created"] == 1
    assert labeler.post(CLAIM, {"kind": "demonstrate"}).status_code == 204
    assert labeler.get("projects/clinic/queue/").json()["available"] == 0
    assert Task.objects.get(uid=made.json()["tasks"][0]).prompt == own
    assert "written_by" not in str(claim(second, "demonstrate"))
    rest = researcher.post("projects/clinic/tasks/", {"kind": "demonstrate", "prompts": {"written": False}})
    assert rest.json()["created"] == 1


def test_demonstrations_are_no_candidates(cast: Cast, researcher: Caller, labeler: Caller):
    task = make_demonstrate_task(cast.project)
    make_completions(task.prompt, ["one", "two"])
    body = claim(labeler, "demonstrate")
    labeler.post(f"assignments/{body['uid']}/submit/", {"text": "Mine."})
    line = {"messages": body["prompt"]["messages"], "demonstration": "Imported."}
    researcher.call("post", "projects/clinic/imports/?format=jsonl", line)
    made = researcher.post("projects/clinic/tasks/", {"kind": "rank", "prompts": [str(task.prompt.uid)]})

    assert made.json()["created"] == 1
    assert len(Task.objects.get(kind="rank").candidates) == 2


def test_a_task_that_an_import_left_closed_is_opened(cast: Cast, researcher: Caller, labeler: Caller):
    line = {"prompt": "Hi?", "demonstration": "Hello.", "completions": [{"text": "a"}, {"text": "b"}]}
    line |= {"rankings": [{"labeler": "anna", "ranks": [1, 2]}]}
    researcher.call("post", "projects/clinic/imports/?format=jsonl&tasks=none", line)
    for kind in ("demonstrate", "rank"):
        assert labeler.post(CLAIM, {"kind": kind}).status_code == 204
        made = researcher.post("projects/clinic/tasks/", {"kind": kind, "prompts": {}})
        again = researcher.post("projects/clinic/tasks/", {"kind": kind, "prompts": {}})
        assert (made.json()["created"], again.json()["created"]) == (1, 0)
        body = claim(labeler, kind)
        labeler.post(f"assignments/{body['uid']}/release/")


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "sing", "prompts": []},
        {"kind": "rank"},
        {"kind": "rank", "prompts": ["x"]},
        {"kind": "rank", "prompts": {"model": "x"}},
        {"kind": "rank", "prompts": 5},
        {"kind": "rank", "prompts": {"split": "nowhere"}},
        {"kind": "rank", "prompts": {}},
    ],
)
def test_tasks_with_a_broken_rule(cast: Cast, researcher: Caller, body):
    assert researcher.post("projects/clinic/tasks/", body).status_code == 422
