"""How many labelers a new task gets, and which of them may take it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from apps.core.domain.errors import RuleBroken
from apps.labeling.models import OverlapStratum
from apps.labeling.services.distribution import requirements_of, slots_of
from apps.projects.models import Project
from tests.cast import Cast


@pytest.fixture
def sampling(cast: Cast) -> Project:
    cast.project.overlap_share = 0.25
    cast.project.save()
    return cast.project


def test_the_share_holds_in_every_stratum(sampling: Project):
    asked = ["chat", "rewrite"] * 40
    slots = slots_of(sampling, asked)
    assert set(slots) == {1, 3}
    assert slots[::2].count(3) == slots[1::2].count(3) == 10
    assert dict(OverlapStratum.objects.values_list("stratum", "tasks")) == {"chat": 40, "rewrite": 40}


def test_batches_and_their_order_among_strata_do_not_matter(sampling: Project, cast: Cast):
    asked = ["chat", "", "rewrite", "chat", ""] * 12
    with transaction.atomic():
        whole = slots_of(sampling, asked)
        transaction.set_rollback(True)
    pieces = [slots for start in range(0, 60, 7) for slots in slots_of(sampling, asked[start : start + 7])]
    assert pieces == whole


def test_one_query_and_none_without_a_sample(sampling: Project, django_assert_num_queries):
    with django_assert_num_queries(1):
        slots_of(sampling, ["chat", "rewrite", ""] * 300)
    sampling.overlap_share = 0
    with django_assert_num_queries(0):
        assert slots_of(sampling, ["chat"] * 3) == [1, 1, 1]
        assert slots_of(sampling, []) == []


def test_a_task_that_many_judge_anyway_gets_no_fewer_for_being_in_the_sample(sampling: Project):
    sampling.judgments_per_task = 5
    assert set(slots_of(sampling, ["chat"] * 8)) == {5}


@pytest.mark.django_db(transaction=True)
def test_those_who_number_at_once_share_no_number(sampling: Project):
    def number(turn: int) -> list[int]:
        try:
            with transaction.atomic():
                return slots_of(sampling, ["chat", "rewrite"] * 10 if turn % 2 else ["rewrite", "chat"] * 10)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        slots = [one for batch in pool.map(number, range(8)) for one in batch]
    assert len(slots) == 160
    assert slots.count(3) == 40
    assert set(OverlapStratum.objects.values_list("tasks", flat=True)) == {80}


def test_a_prompts_language_is_asked_for_where_the_project_says_so(cast: Cast):
    project = cast.project
    assert requirements_of(project, "es", ["Domain:Medicine"]) == ["domain:medicine"]
    project.reserve_languages = True
    assert requirements_of(project, "ES", ["domain:medicine"]) == ["domain:medicine", "language:es"]
    assert requirements_of(project, "", []) == []
    assert requirements_of(project, "Spanish (Mexico)", []) == ["language:spanish-mexico"]
    assert requirements_of(project, " ?", []) == []


@pytest.mark.parametrize("given", [["a b"], [""], ["x" * 61], ["language:"], "language:es", [3], None])
def test_what_is_no_skill_is_refused_by_field(cast: Cast, given: object):
    with pytest.raises(RuleBroken, match="requires") as refused:
        requirements_of(cast.project, "", given)  # type: ignore[arg-type]
    assert refused.value.details["field"] == "requires"
