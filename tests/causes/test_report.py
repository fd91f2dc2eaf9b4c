"""The report on why labelers disagree, from judgments in the database to the page, the files and the API."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from apps.adjudication.models import Resolution
from apps.causes.domain.evidence import Cause, Why
from apps.causes.models import DisagreementReport
from apps.causes.selectors.checks import gold_of, retests_as_checks
from apps.causes.selectors.complaints import complaints_of
from apps.causes.selectors.marks import marks_of
from apps.causes.selectors.rankings import overlap_of
from apps.causes.selectors.tasks import TaskCause, cause_of_task
from apps.causes.services.refresh import disagreement_now, disagreement_refresh, disagreement_refresh_all
from apps.causes.tables import TABLES
from apps.causes.words import CAUSES, STEP_CODES, STEP_URLS, STEPS, WHY
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_correct, judgment_submit
from apps.labeling.services.leases import assignment_skip
from apps.projects.services import guideline_publish
from apps.prompts.models import Prompt
from tests.adjudication.scene import contested, say
from tests.make import make_rank_task

from .scene import played
from .simulate import Shape, simulate

SHAPE = Shape(tasks=70, labelers=8)


def judge(member, tiers, **more):
    assignment = assignment_claim(member=member, kind="rank")
    letters = dict(zip(assignment.display_order, "ABCDEFGHI", strict=False))
    ratings = more.pop("ratings", None)
    body = {"tiers": {letters[place]: tier for place, tier in enumerate(tiers)}, **more}
    if ratings:
        body["ratings"] = {letters[place]: value for place, value in enumerate(ratings)}
    return judgment_submit(assignment=assignment, body=body)


def named(report):
    return [one["cause"] for one in report.body["causes"] if one["named"]]


def test_from_judgments_to_the_page_the_files_and_the_api(cast, client):
    tasks = played(cast.project, simulate("guideline", 3, SHAPE))
    report = disagreement_refresh(project=cast.project)
    assert named(report)[:1] == ["guideline"]
    assert report.body["use_cases"] == ["case 2"]
    client.force_login(cast.manager.user)
    page = client.get(reverse("causes:disagreement", args=[cast.project.slug])).content.decode()
    first = report.body["causes"][0]
    assert f"{100 * first['share']:.1f} %" in page
    assert reverse("projects:guideline-write", args=[cast.project.slug]) in page
    assert reverse("lineage:prompt", args=[cast.project.slug, first["examples"][0]["prompt"]]) in page
    for table in TABLES:
        file = client.get(reverse("causes:disagreement-table", args=[cast.project.slug, table])).getvalue().decode()
        assert len(file.splitlines()) > 1
        assert "nan" not in file
    client.force_login(cast.researcher.user)
    assert reverse("projects:guideline-write", args=[cast.project.slug]) not in (
        client.get(reverse("causes:disagreement", args=[cast.project.slug])).content.decode()
    )
    said = client.get(reverse("api:v1:disagreement", args=[cast.project.slug])).json()
    assert said["causes"][0]["next_step"] == "mend"
    assert "NaN" not in json.dumps(said)
    task = next(one for one in tasks if str(one.uid) == first["examples"][0]["task"])
    one = client.get(reverse("api:v1:disagreement-task", args=[cast.project.slug, task.uid])).json()
    assert (one["cause"], one["reasons"]) == ("guideline", ["use_case"])
    assert one["opposite"] == first["examples"][0]["opposite"]


def test_an_unclear_use_case_leads_to_its_rule_and_to_the_editor(cast, client):
    played(cast.project, simulate("guideline", 3, SHAPE))
    text = "# Guide\n\n## Facts\n\nTrue ones.\n\n## Second cases {#case_2}\n\nJudge them well.\n"
    guideline_publish(actor=cast.manager.user, project=cast.project, body=text)
    [place] = disagreement_refresh(project=cast.project).body["places"]
    assert (place["kind"], place["name"]) == ("use_case", "case 2")
    assert place["opposite"] / place["compared"] > place["elsewhere"] + 0.1
    assert place["examples"][0]["opposite"] > 0
    client.force_login(cast.manager.user)
    page = client.get(reverse("causes:disagreement", args=[cast.project.slug])).content.decode()
    assert f'href="{reverse("projects:guideline", args=[cast.project.slug])}#rule-case-2"' in page
    assert "Mend the rule “Second cases”" in page
    assert f"{place['opposite']} of {place['compared']} pairs the opposite way" in page
    said = client.get(reverse("api:v1:disagreement", args=[cast.project.slug])).json()["places"]
    assert said[0]["rule"] == {"number": 1, "address": "case-2", "title": "Second cases", "sure": True}
    guideline_publish(actor=cast.manager.user, project=cast.project, body="# Guide\n\n## Facts\n\nTrue ones.\n")
    page = client.get(reverse("causes:disagreement", args=[cast.project.slug])).content.decode()
    assert "The guideline has no rule for it." in page
    assert "Write a rule for it" in page


def test_rules_that_adjudicators_found_unclear_are_listed_with_their_tasks(cast, client):
    guideline = guideline_publish(actor=cast.manager.user, project=cast.project, body="# G\n\n## Facts\n\nTrue ones.\n")
    for _ in range(2):
        task = contested(cast.project, [1, 2], [2, 1])
        Resolution.objects.create(
            task=task, membership=cast.adjudicator, category="guideline", tiers=[1, 2], guideline=guideline, rule="facts",
            judgments=list(task.judgments.values_list("pk", flat=True)),
        )  # fmt: skip
    disagreement_refresh(project=cast.project)
    client.force_login(cast.researcher.user)
    page = client.get(reverse("causes:disagreement", args=[cast.project.slug])).content.decode()
    listed = page.split('id="rules-settled"')[1].split("</section>")[0]
    assert 'guideline/1/?track=collection#rule-facts" dir="auto">Facts</a>' in listed
    assert "2 tasks" in listed
    assert reverse("lineage:prompt", args=[cast.project.slug, task.prompt.uid]) in listed
    assert "Write the next guideline" not in listed


@pytest.mark.parametrize("planted", ["noise", "pluralism"])
def test_the_likely_cause_of_a_task(cast, planted):
    tasks = played(cast.project, simulate(planted, 1, Shape(tasks=110, labelers=10)))
    report = disagreement_refresh(project=cast.project)
    assert named(report)[:1] == [planted]
    example = report.body["causes"][0]["examples"][0]
    found = cause_of_task(next(one for one in tasks if str(one.uid) == example["task"]))
    assert found.cause == planted
    assert found.reasons in (("suspects",), ("groups",))
    assert found.opposite > 0


def test_an_adjudicators_word_comes_first(cast):
    task = contested(cast.project, [1, 2], [2, 1])
    assert cause_of_task(task).cause is None
    Resolution.objects.create(
        task=task,
        membership=cast.adjudicator,
        category="prompt",
        judgments=list(task.judgments.values_list("pk", flat=True)),
    )
    assert cause_of_task(task) == TaskCause("prompts", ("settled",), 1, 1)


def test_what_adjudicators_settled_is_told(cast, client):
    task = contested(cast.project, [1, 2], [2, 1])
    Resolution.objects.create(
        task=task, membership=cast.adjudicator, category="slip", tiers=[1, 2],
        judgments=list(task.judgments.values_list("pk", flat=True)),
    )  # fmt: skip
    assert disagreement_refresh(project=cast.project).body["settled"]["noise"] == 1
    client.force_login(cast.manager.user)
    assert "a slip 1" in client.get(reverse("causes:disagreement", args=[cast.project.slug])).content.decode()


def test_little_data_is_a_sentence_everywhere(cast, client):
    for member in (cast.manager, cast.researcher):
        client.force_login(member.user)
        page = client.get(reverse("causes:disagreement", args=[cast.project.slug])).content.decode()
        assert str(WHY["no_overlap"]) in page
    said = client.get(reverse("api:v1:disagreement", args=[cast.project.slug])).json()
    assert said["sentences"]["why"][said["why"]] == Why.NO_OVERLAP


def test_only_work_of_persons_that_overlaps_is_read(cast):
    task = contested(cast.project, [1, 2, 3], [2, 1, 3])
    make_rank_task(cast.project, k=3, priority=9)
    judge(cast.labeler, [1, 2, 3])
    say(task, [3, 2, 1], kind="pool", name="crowd")
    assert overlap_of(cast.project).judged.task.tolist() == [task.pk] * 2


def test_a_correction_replaces_and_is_not_called_quick(cast):
    make_rank_task(cast.project, k=3, required=2)
    first = judge(cast.labeler, [1, 2, 3])
    judge(cast.second_labeler, [1, 2, 3])
    judgment_correct(assignment=first.judgment.assignment, body={"tiers": {"A": 1, "B": 1, "C": 1}})
    found = overlap_of(cast.project).judged
    assert sorted(map(sorted, found.tiers[:, :3].tolist())) == [[1, 1, 1], [1, 2, 3]]


def test_quick_judgments_are_known_by_their_time(cast):
    make_rank_task(cast.project, k=2, required=2)
    judge(cast.labeler, [1, 2])
    judge(cast.second_labeler, [2, 1])
    assert overlap_of(cast.project).judged.groups["quick"].tolist() == [1, 1], "something to read, and no active time"


def test_skips_flags_and_reports_are_complaints(cast):
    tasks = [make_rank_task(cast.project, k=2, required=3) for _ in range(2)]
    skipped = assignment_claim(member=cast.labeler, kind="rank")
    assignment_skip(assignment=skipped, code="unclear", reason="")
    judge(cast.second_labeler, [1, 2], prompt_flags={"ambiguous": "yes", "sensitive": "yes"})
    known = assignment_claim(member=cast.held_out_labeler, kind="rank")
    assignment_skip(assignment=known, code="knowledge", reason="")
    found = complaints_of(cast.project)
    assert set(zip(found.prompt.tolist(), found.labeler.tolist(), strict=True)) == {
        (tasks[0].prompt_id, 2 * cast.labeler.pk), (tasks[0].prompt_id, 2 * cast.second_labeler.pk)
    }  # fmt: skip


def test_marks_are_flags_and_halves_of_scales(cast):
    task = make_rank_task(cast.project, k=2, required=2)
    judge(cast.labeler, [1, 2], ratings=[{"overall": 7, "flags": {"hallucination": "yes"}}, {"overall": 2}])
    judge(cast.second_labeler, [1, 2], ratings=[{"overall": 4, "flags": {"hallucination": "na"}}, {"overall": 5}])
    marks, names = marks_of(cast.project)
    said = {
        (names[field], task.candidates.index(target), labeler // 2, value)
        for field, target, labeler, value in zip(
            marks.field.tolist(), marks.target.tolist(), marks.labeler.tolist(), marks.value.tolist(), strict=True
        )
    }
    one, two = cast.labeler.pk, cast.second_labeler.pk
    assert said == {
        ("hallucination", 0, one, 1), ("overall", 0, one, 1), ("overall", 1, one, 0), ("overall", 0, two, 0),
        ("overall", 1, two, 1),
    }  # fmt: skip


def test_no_gold_and_no_retests_is_no_check(cast):
    for checks in (gold_of(cast.project), retests_as_checks(cast.project)):
        assert checks.labeler.shape == checks.of.shape == (0,)


def test_nothing_new_is_nothing_done(cast, django_assert_max_num_queries):
    contested(cast.project, [1, 2], [2, 1])
    first = disagreement_refresh(project=cast.project, stale=timedelta(hours=1))
    with django_assert_max_num_queries(6):
        again = disagreement_refresh(project=cast.project, stale=timedelta(hours=1))
    assert again.computed_at == first.computed_at
    contested(cast.project, [1, 2], [2, 1])
    assert disagreement_refresh(project=cast.project, stale=timedelta(hours=1)).body["counts"]["compared"] == 2


def test_a_long_report_is_not_made_while_somebody_waits(cast):
    disagreement_refresh_all()
    DisagreementReport.objects.update(seconds=30)
    contested(cast.project, [1, 2], [2, 1])
    assert disagreement_now(project=cast.project).body["counts"]["compared"] == 0


def test_every_code_has_its_sentence():
    assert {code: str(text) for code, text in WHY.items()} == {one.name.lower(): one.value for one in Why}
    for words in (CAUSES, STEPS, STEP_URLS, STEP_CODES):
        assert set(words) == {one.value for one in Cause}


def test_an_example_of_a_sensitive_prompt_shows_no_words(cast, client):
    tasks = played(cast.project, simulate("guideline", 3, SHAPE))
    Prompt.objects.filter(pk__in=[one.prompt_id for one in tasks]).update(sensitive=True)
    client.force_login(cast.manager.user)
    page = client.get(reverse("causes:disagreement", args=[cast.project.slug])).content.decode()
    assert "A sensitive prompt" in page
    assert "Question" not in page
