"""The report on agreement, from judgments in the database to the API, the page and the files."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.labeling.models import Judgment, Task
from apps.labeling.services.imported import ImportedJudgment, judgments_insert
from apps.projects.models import ExternalLabeler
from apps.quality.agreement.tables import TABLES
from apps.quality.agreement.words import TIES, WHY
from apps.quality.domain.estimate import Ties, Why
from apps.quality.models import AgreementReport
from apps.quality.selectors.rankings import rankings_after
from apps.quality.services.agreement import agreement_refresh
from apps.quality.services.rounds import agreement_now, agreement_refresh_all
from tests.make import make_completions, make_prompt, make_rank_task
from tests.quality.make import judge


@pytest.fixture(autouse=True)
def artifacts(tmp_path, settings):
    settings.ARTIFACT_ROOT = tmp_path


def overall(project):
    return agreement_refresh(project=project).body["overall"]


def test_two_labelers_on_one_task(cast):
    make_rank_task(cast.project, k=3, required=2)
    judge(cast.labeler, [1, 2, 3])
    assert overall(cast.project)["statistics"]["agreement"]["why"] == "one_judgment"
    judge(cast.second_labeler, [1, 3, 2])
    found = overall(cast.project)
    assert (found["judgments"], found["tasks"], found["pairs"]) == (2, 1, 3)
    assert found["statistics"]["agreement"]["value"] == pytest.approx(2 / 3, abs=1e-4)


def test_shown_order_and_candidate_order_cannot_matter(cast):
    """Three tasks of seven: what is compared is the candidates, wherever they stood."""
    for _ in range(3):
        make_rank_task(cast.project, k=7, required=2)
    for _ in range(3):
        judge(cast.labeler, [1, 2, 2, 3, 4, 5, 5])
        judge(cast.second_labeler, [1, 2, 2, 3, 4, 5, 5])
    found = overall(cast.project)["statistics"]
    assert (found["agreement"]["value"], found["tau_b"]["value"]) == (1, 1)


def test_candidates_in_another_order_than_their_ids(cast):
    prompt = make_prompt(cast.project)
    candidates = [reply.pk for reply in make_completions(prompt, ["a", "b", "c"])][::-1]
    Task.objects.create(
        project=cast.project, prompt=prompt, kind="rank", candidates=candidates, candidate_set=sorted(candidates),
        required=1, open_slots=1,
    )  # fmt: skip
    judge(cast.labeler, [3, 2, 1])
    assert rankings_after(cast.project, 0).tiers[0].tolist()[:3] == [1, 2, 3]


def test_gold_takes_no_part(cast):
    """It was chosen for its clear answer, and everybody gets it: so it would outweigh the rest, and flatter."""
    task = make_rank_task(cast.project, k=3, required=1)
    judge(cast.labeler, [1, 2, 3])
    gold = Task.objects.create(
        project=cast.project, prompt=task.prompt, kind="rank", purpose="gold", candidates=task.candidates,
        candidate_set=task.candidate_set,
    )  # fmt: skip
    for name in ("ann", "bob"):
        said = ExternalLabeler.objects.create(project=cast.project, pseudonym=name)
        judgments_insert(
            judgments=[
                ImportedJudgment(task_id=gold.pk, external_labeler_id=said.pk, cohort="training", tiers=[1, 2, 3])
            ]
        )
    assert overall(cast.project)["judgments"] == 1


def test_refreshing_is_the_same_as_reading_everything_again(cast):
    for _ in range(4):
        make_rank_task(cast.project, k=3, required=3)
    judge(cast.labeler, [1, 2, 3])
    judge(cast.second_labeler, [1, 1, 2])
    agreement_refresh(project=cast.project)
    judge(cast.held_out_labeler, [2, 1, 3], overall=[5, 6, 1])
    judge(cast.labeler, [3, 2, 1], overall=[1, 2, 3])
    agreement_refresh(project=cast.project)
    judge(cast.second_labeler, [1, 2, 3], overall=[2, 2, 2])
    kept = agreement_refresh(project=cast.project).body
    assert kept == agreement_refresh(project=cast.project, from_nothing=True).body
    assert {one.get("cohort", "across") for one in kept["cohorts"]} >= {"training", "across"}


def test_nothing_new_is_nothing_done(cast, django_assert_max_num_queries):
    make_rank_task(cast.project, k=3, required=2)
    judge(cast.labeler, [1, 2, 3])
    first = agreement_refresh(project=cast.project)
    with django_assert_max_num_queries(6):
        assert agreement_refresh(project=cast.project).computed_at == first.computed_at


def test_old_judgments_are_not_read_again(cast):
    """Judgments move below the mark with time; one that comes later still finds what it is compared with."""
    make_rank_task(cast.project, k=3, required=2)
    judge(cast.labeler, [1, 2, 3])
    newest = Judgment.objects.latest("id").pk
    later = timezone.now() + timedelta(minutes=11)
    report = agreement_refresh(project=cast.project)
    assert report.read_to < newest
    AgreementReport.objects.update(read_to=newest, above=0, computed_at=later)
    judge(cast.second_labeler, [1, 2, 3])
    assert overall(cast.project)["statistics"]["agreement"]["value"] == 1


def test_a_lost_or_broken_file_is_made_again(cast, tmp_path):
    make_rank_task(cast.project, k=2, required=2)
    judge(cast.labeler, [1, 2])
    agreement_refresh(project=cast.project)
    files = list((tmp_path / "quality").iterdir())
    for file in files:
        file.write_bytes(b"PK\x03\x04 not much of an archive")
    judge(cast.second_labeler, [1, 2])
    assert overall(cast.project)["judgments"] == 2
    for file in files:
        file.unlink()
    assert agreement_refresh(project=cast.project, from_nothing=True).body["overall"]["judgments"] == 2


def test_scales_and_their_range(cast):
    make_rank_task(cast.project, k=3, required=2)
    judge(cast.labeler, [1, 2, 3], overall=[7, 4, 1])
    judge(cast.second_labeler, [1, 2, 3], overall=[6, 4, 2])
    (scale,) = agreement_refresh(project=cast.project).body["scales"]
    assert (scale["name"], scale["lowest"], scale["highest"], scale["ratings"]) == ("overall", 1, 7, 6)
    assert scale["statistics"]["icc"]["value"] == 0.9481  # by hand: (12.5 - 1/3) / (12.5 + 1/3)


def test_the_clock_takes_every_project(cast):
    make_rank_task(cast.project, k=2, required=2)
    judge(cast.labeler, [1, 2])
    agreement_refresh_all()
    assert AgreementReport.objects.get().project == cast.project


def test_a_long_report_is_not_made_while_somebody_waits(cast):
    agreement_refresh(project=cast.project)
    AgreementReport.objects.update(seconds=30)
    make_rank_task(cast.project, k=2, required=2)
    judge(cast.labeler, [1, 2])
    assert agreement_now(project=cast.project).body["overall"]["judgments"] == 0


def test_the_api_says_numbers_conventions_and_names(cast, client):
    make_rank_task(cast.project, k=3, required=2)
    judge(cast.labeler, [1, 2, 3])
    judge(cast.second_labeler, [1, 2, 2])
    client.force_login(cast.researcher.user)
    said = client.get(reverse("api:v1:agreement", args=[cast.project.slug])).json()
    agreement = said["overall"]["statistics"]["agreement"]
    assert said["sentences"]["ties"][agreement["ties"]] == Ties.OUTCOME
    assert {one["labeler"] for one in said["labelers"]} == {cast.labeler.pseudonym, cast.second_labeler.pseudonym}
    assert "NaN" not in json.dumps(said)


@pytest.mark.parametrize("judged", [0, 1, 2])
def test_page_and_files(cast, client, judged):
    make_rank_task(cast.project, k=3, required=2)
    for member in (cast.labeler, cast.second_labeler)[:judged]:
        judge(member, [1, 2, 3], overall=[7, 4, 1])
    client.force_login(cast.manager.user)
    page = client.get(reverse("quality:agreement", args=[cast.project.slug])).content.decode()
    assert ("100.0 %" in page) == (judged == 2)
    for table in TABLES:
        answer = client.get(reverse("quality:agreement-table", args=[cast.project.slug, table]))
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert "nan" not in answer.content.decode()
        header, *rows = csv.reader(io.StringIO(answer.content.decode()))
        assert len(set(header)) == len(header), table
        if table == "pairs":
            both = sorted(one.pseudonym for one in (cast.labeler, cast.second_labeler))
            assert [sorted(row[:2]) for row in rows] == [both] * (judged == 2)
            assert header[:3] == ["first", "second", "agreement"]
    assert client.get(reverse("quality:agreement-table", args=[cast.project.slug, "other"])).status_code == 404


def test_every_code_has_its_sentence():
    assert {code: str(text) for code, text in WHY.items()} == {one.name.lower(): one.value for one in Why}
    assert {code: str(text) for code, text in TIES.items()} == {one.name.lower(): one.value for one in Ties}
