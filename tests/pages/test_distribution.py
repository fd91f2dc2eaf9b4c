"""The pages on which managers hand out work, without JavaScript; and what a labeler reads when nothing is left."""

import pytest

from apps.labeling.models import Task
from apps.projects.models import Membership, Project
from tests.cast import Cast
from tests.make import make_completions, make_demonstrate_task, make_prompt, make_rank_task

pytestmark = pytest.mark.django_db


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_tasks_by_filter_and_page(cast: Cast, as_member, monkeypatch: pytest.MonkeyPatch):
    manager = as_member(cast.manager)
    assert "This project has no tasks yet" in text_of(manager.get("/p/clinic/tasks/"))
    for number in range(5):
        make_rank_task(cast.project, k=2, priority=number % 2)
    make_demonstrate_task(cast.project, state="closed")
    page = text_of(manager.get("/p/clinic/tasks/"))
    assert "6 tasks, newest first." in page
    assert "2 tasks, newest first." in text_of(manager.get("/p/clinic/tasks/?priority=1&state=open"))
    assert "1 task, newest first." in text_of(manager.get("/p/clinic/tasks/?kind=demonstrate"))
    assert "No task fits." in text_of(manager.get("/p/clinic/tasks/?skill=language:es"))
    assert "Ensure this value is less than" in text_of(manager.get("/p/clinic/tasks/?priority=99999"))

    monkeypatch.setattr("apps.labeling.selectors.task_lists.LOOK_AT_MOST", 2)
    looked = text_of(manager.get("/p/clinic/tasks/?kind=rank"))
    assert "1 of the 2 tasks looked at fit" in looked
    oldest = Task.objects.order_by("-pk")[1].pk
    assert f"?kind=rank&amp;before={oldest}#tasks" in looked
    assert "2 of the 2 tasks looked at fit" in text_of(manager.get(f"/p/clinic/tasks/?kind=rank&before={oldest}"))


def test_what_waits_by_priority(cast: Cast, as_member):
    for number in range(3):
        make_rank_task(cast.project, k=2, priority=number % 2)
    make_rank_task(cast.project, k=2, priority=7, state="closed")
    page = text_of(as_member(cast.researcher).get("/p/clinic/tasks/"))
    assert "?kind=rank&amp;priority=1&amp;unfinished=true" in page
    assert "priority=7" not in page


def test_changing_the_ticked_ones_and_all_that_fit(cast: Cast, as_member):
    manager = as_member(cast.manager)
    tasks = [make_rank_task(cast.project, k=2) for _ in range(3)]
    other = make_demonstrate_task(cast.project)
    ticked = {"do": "change", "which": "ticked", "task": [str(tasks[0].uid)], "priority": "4", "requires": "language:es, domain:law"}  # fmt: skip
    answer = manager.post("/p/clinic/tasks/", ticked, follow=True)
    assert "1 task was changed." in text_of(answer)
    assert Task.objects.get(pk=tasks[0].pk).requires == ["domain:law", "language:es"]
    rest = {"do": "change", "which": "all", "no_skills": "on", "state": "closed", "cohort": "held-out"}
    answer = manager.post("/p/clinic/tasks/?kind=rank", rest, follow=True)
    assert answer.request["QUERY_STRING"] == "kind=rank"
    changed = Task.objects.filter(kind="rank").values_list("requires", "state", "cohort", "priority")
    assert sorted(changed) == [([], "closed", "held-out", 0)] * 2 + [([], "closed", "held-out", 4)]
    assert Task.objects.get(pk=other.pk).state == "open"
    manager.post("/p/clinic/tasks/", {"do": "change", "which": "all", "cohort": "everybody", "state": "open"})
    assert set(Task.objects.values_list("cohort", "state")) == {(None, "open")}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({}, "Tick the tasks to change"),
        ({"task": "-" * 36}, "Tick the tasks to change"),
        ({"which": "all"}, "Say what to change"),
        ({"which": "all", "requires": "no/skill"}, "is no skill"),
        ({"which": "all", "judgments": "51"}, "less than or equal to 50"),
        ({"which": "all", "cohort": "both"}, "is not one of the available choices"),
    ],
)
def test_a_broken_change_is_told_beside_the_form(cast: Cast, as_member, sent: dict[str, str], said: str):
    make_demonstrate_task(cast.project)
    answer = as_member(cast.manager).post("/p/clinic/tasks/", {"do": "change"} | sent)
    assert answer.status_code == 422
    assert said in text_of(answer)


@pytest.mark.parametrize("query", ["priority=high", "kind=rank&priority=99999", "use_case=%00"])
def test_a_filter_that_is_none_changes_nothing_rather_than_everything(cast: Cast, as_member, query: str):
    make_demonstrate_task(cast.project)
    sent = {"do": "change", "which": "all", "state": "closed"}
    refused = as_member(cast.manager).post(f"/p/clinic/tasks/?{query}", sent)
    assert refused.status_code == 422
    assert "nothing was changed" in text_of(refused)
    assert Task.objects.get().state == "open"


def test_making_tasks_of_what_labelers_wrote(cast: Cast, as_member):
    manager = as_member(cast.manager)
    own = make_prompt(cast.project, author=cast.labeler, use_case="chat")
    make_prompt(cast.project)
    sent = {
        "do": "make",
        "new-new_kind": "demonstrate",
        "new-written": "true",
        "new-judgments": "2",
        "new-priority": "3",
    }
    answer = manager.post("/p/clinic/tasks/", sent, follow=True)
    assert "1 task was made." in text_of(answer)
    task = Task.objects.get()
    assert (task.prompt, task.required, task.priority, task.writers) == (own, 2, 3, [cast.labeler.pk])
    again = manager.post("/p/clinic/tasks/", sent)
    assert (again.status_code, Task.objects.count()) == (422, 1)
    assert "No prompt fits that has no such task yet." in text_of(again)


def test_prompts_that_do_not_fit_are_counted(cast: Cast, as_member, monkeypatch: pytest.MonkeyPatch):
    for count in (2, 2, 1, 0):
        make_completions(make_prompt(cast.project), ["a", "b"][:count])
    manager = as_member(cast.manager)
    answer = manager.post("/p/clinic/tasks/", {"do": "make", "new-new_kind": "rank"}, follow=True)
    assert "2 tasks were made. 2 prompts were left out" in text_of(answer)
    refused = manager.post("/p/clinic/tasks/", {"do": "make", "new-new_kind": "rank"})
    assert "No prompt fits that has no such task yet. 2 prompts were left out" in text_of(refused)
    monkeypatch.setattr("apps.labeling.views.tasks.PROMPTS_AT_ONCE", 3)
    more = manager.post("/p/clinic/tasks/", {"do": "make", "new-new_kind": "demonstrate"}, follow=True)
    assert "There are 1 or more prompts left without such a task: press the button again to go on." in text_of(more)
    assert Task.objects.filter(kind="demonstrate").count() == 3


def test_prompts_that_do_not_fit_stand_before_none_that_do(cast: Cast, as_member, monkeypatch: pytest.MonkeyPatch):
    for count in (0, 1, 10, 10, 2, 9):
        make_completions(make_prompt(cast.project), ["a"] * count)
    monkeypatch.setattr("apps.labeling.views.tasks.PROMPTS_AT_ONCE", 2)
    answer = as_member(cast.manager).post("/p/clinic/tasks/", {"do": "make", "new-new_kind": "rank"}, follow=True)
    assert "2 tasks were made. 2 prompts or more were left out" in text_of(answer)
    assert sorted(map(len, Task.objects.values_list("candidates", flat=True))) == [2, 9]


def test_settings_are_saved_and_said_in_words(cast: Cast, as_member):
    manager = as_member(cast.manager)
    sent = {
        "state": "active", "judgments_per_task": "1", "overlap_share": "0.1", "overlap_judgments": "3",
        "labeler_quota": "500", "labeler_daily_quota": "", "reserve_languages": "on", "lease_minutes": "20",
        "correction_minutes": "1440", "gold_rate": "0.05", "gold_threshold": "0.8", "retest_rate": "0.02",
        "retest_after_judgments": "30", "retest_after_hours": "48",
    }  # fmt: skip
    answer = manager.post("/p/clinic/settings/", sent, follow=True)
    page = text_of(answer)
    assert "1 in 10 are drawn for 3 labelers: so 1,000 new tasks take about 1,200 judgments." in page
    assert "Nobody gives more than 500 judgments in all." in page
    assert "goes only to labelers with that language" in page
    assert "1 in 20 of a labeler&#x27;s judgments are on gold" in page
    assert "1 in 50 of a labeler&#x27;s judgments repeat one of their own, 30 judgments and 48 hours later" in page
    project = Project.objects.get()
    assert (project.overlap_share, project.labeler_quota, project.reserve_languages) == (0.1, 500, True)
    assert (project.gold_rate, project.gold_threshold, project.retest_rate) == (0.05, 0.8, 0.02)
    refused = manager.post("/p/clinic/settings/", sent | {"overlap_share": "7", "labeler_quota": "0", "gold_rate": "2"})
    assert refused.status_code == 422
    assert text_of(refused).count('class="error"') == 3
    assert Project.objects.get().overlap_share == 0.1


def test_skills_and_sensitive_texts_of_a_member(cast: Cast, as_member):
    manager = as_member(cast.manager)
    make_rank_task(cast.project, requires=["language:de"])
    path = f"/p/clinic/members/{cast.labeler.uid}/change/"
    assert "language:es" in text_of(manager.post(path, {"add": "language:es, Domain:Law"}, follow=True))
    manager.post(path, {"remove": "domain:law"})
    manager.post(path, {"sensitive": "1"})
    member = Membership.objects.get(pk=cast.labeler.pk)
    assert (member.skills, member.accepts_sensitive) == (["language:es"], True)
    refused = manager.post(path, {"add": "no/skill"}, follow=True)
    assert "is no skill" in text_of(refused)
    page = text_of(refused)
    assert '<option value="language:es">' in page
    assert '<option value="language:de">' in page
    assert "nobody" in page  # no active labeler has what that task asks for
    assert "language:es" in text_of(as_member(cast.labeler).get("/p/clinic/work/"))
    assert manager.post(f"/p/clinic/members/{cast.labeler.uid}/change/", {"add": "x" * 90}).status_code == 303


def test_an_empty_queue_tells_its_labeler_why(cast: Cast, as_member):
    Membership.objects.filter(pk=cast.labeler.pk).update(skills=["domain:law"])
    make_rank_task(cast.project, sensitive=True)
    make_rank_task(cast.project, requires=["language:es"])
    make_rank_task(cast.project, cohort="held-out", requires=["domain:secret"])
    page = text_of(as_member(cast.labeler).get("/p/clinic/work/"))
    assert "Nothing is waiting for you right now" in page
    assert "1 task holds text marked sensitive, which you do not accept." in page
    assert 'translate="no">language:es</code>' in page
    assert "Some tasks are kept for other labelers." in page
    assert [word for word in ("held-out", "domain:secret", "priority") if word in page] == []
    make_rank_task(cast.project)
    assert "Nothing is waiting" not in text_of(as_member(cast.labeler).get("/p/clinic/work/"))


def test_a_reached_quota_leads_back_to_the_page_that_says_so(cast: Cast, as_member):
    Project.objects.update(labeler_quota=3)
    Membership.objects.filter(pk=cast.labeler.pk).update(judgments=3)
    make_rank_task(cast.project)
    answer = as_member(cast.labeler).post("/p/clinic/work/", {"kind": "rank"}, follow=True)
    assert "all 3 judgments that this project asks of one person" in text_of(answer)
