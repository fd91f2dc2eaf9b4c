"""A refresh reads what is new, holds no transaction while it computes, and misses nothing that is said meanwhile."""

import pytest
from django.db import connection
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from apps.labeling.models import Judgment
from apps.labeling.services.judgments import judgment_correct
from apps.quality.models import AgreementReport
from apps.quality.selectors import rankings, scales
from apps.quality.services import agreement, newness
from apps.quality.services.agreement import agreement_refresh
from tests.make import make_rank_task
from tests.quality.make import judge, said


@pytest.fixture(autouse=True)
def artifacts(tmp_path, settings):
    settings.ARTIFACT_ROOT = tmp_path


@pytest.fixture
def all_committed(monkeypatch):
    """As if every judgment had been there for ten minutes."""
    monkeypatch.setattr(newness, "read_to_now", lambda known: Judgment.objects.order_by("-pk").first().pk)


@pytest.fixture
def rows_read(monkeypatch):
    """How many rows each reading of rankings and ratings gave."""
    found = []

    def counted(read):
        def counting(statement, types):
            table = read(statement, types)
            found.append(len(table))
            return table

        return counting

    for module in (rankings, scales):
        monkeypatch.setattr(module, "columns_read", counted(module.columns_read))
    return found


@pytest.mark.usefixtures("all_committed")
def test_what_is_read_grows_with_what_is_new(cast, rows_read):
    for _ in range(5):
        make_rank_task(cast.project, k=3, required=2)
        judge(cast.labeler, [1, 2, 3], overall=[7, 4, 1])
        judge(cast.second_labeler, [1, 2, 3], overall=[6, 4, 2])
    agreement_refresh(project=cast.project)
    assert rows_read == [10, 5, 30]  # rankings, prompts that were rated, ratings of three candidates each
    rows_read.clear()
    make_rank_task(cast.project, k=3, required=2)
    judge(cast.labeler, [1, 2, 3], overall=[7, 4, 1])
    agreement_refresh(project=cast.project)
    assert rows_read == [1, 1, 3]
    rows_read.clear()
    judge(cast.second_labeler, [1, 2, 3], overall=[7, 4, 1])
    agreement_refresh(project=cast.project)
    assert rows_read == [1, 1, 6]  # beside it what was said of its prompt before


@pytest.mark.usefixtures("all_committed")
def test_ratings_that_are_corrected_are_taken_out_as_they_were(cast):
    make_rank_task(cast.project, k=3, required=2)
    first = judge(cast.labeler, [1, 2, 3], overall=[7, 4, 1])
    judge(cast.second_labeler, [1, 2, 3], overall=[6, 4, 2])
    before = agreement_refresh(project=cast.project).body["scales"]
    judgment_correct(assignment=first.assignment, body=said(first.assignment, [1, 2, 3], overall=[1, 4, 7]))
    after = agreement_refresh(project=cast.project).body["scales"]
    assert after != before
    assert after[0]["ratings"] == 6
    assert after == agreement_refresh(project=cast.project, from_nothing=True).body["scales"]


def test_ratings_are_read_some_prompts_at_a_time(cast, rows_read, monkeypatch):
    monkeypatch.setattr(scales, "PIECE", 2)
    for _ in range(5):
        make_rank_task(cast.project, k=3, required=1)
        judge(cast.labeler, [1, 2, 3], overall=[7, 4, 1])
    report = agreement_refresh(project=cast.project)
    assert rows_read == [5, 5, 6, 6, 3]
    assert report.body["scales"][0]["ratings"] == 15


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_it_computes(cast, monkeypatch):
    seen = []

    def looked(*given):
        seen.append(connection.connection.info.transaction_status)
        return {}

    monkeypatch.setattr(agreement, "report_body", looked)
    agreement_refresh(project=cast.project)
    assert seen == [TRANSACTION_STATUS_IDLE]


def test_what_is_said_while_it_computes_is_found_the_next_time(cast, monkeypatch):
    for _ in range(2):
        make_rank_task(cast.project, k=3, required=1)
    judge(cast.labeler, [1, 2, 3])
    made = agreement.report_body

    def late(*given):
        body = made(*given)
        judge(cast.labeler, [1, 2, 3])
        return body

    monkeypatch.setattr(agreement, "report_body", late)
    assert agreement_refresh(project=cast.project).body["overall"]["judgments"] == 1
    monkeypatch.setattr(agreement, "report_body", made)
    assert agreement_refresh(project=cast.project).body["overall"]["judgments"] == 2


@pytest.mark.usefixtures("all_committed")
def test_the_mark_of_a_quiet_project_follows(cast, monkeypatch):
    """Else each look would count all that was said elsewhere since."""
    make_rank_task(cast.project, k=3, required=2)
    judge(cast.labeler, [1, 2, 3])
    report = agreement_refresh(project=cast.project)
    AgreementReport.objects.update(read_to=0, above=1)
    assert agreement_refresh(project=cast.project).read_to == 0
    monkeypatch.setattr("apps.quality.services.kept_report.FAR", 0)
    again = agreement_refresh(project=cast.project)
    assert (again.read_to, again.above, again.computed_at) == (report.read_to, 0, report.computed_at)
    judge(cast.second_labeler, [1, 2, 3])
    assert agreement_refresh(project=cast.project).body["overall"]["judgments"] == 2
