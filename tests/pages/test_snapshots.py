"""The pages of snapshots: every filter in the form, errors beside their fields, and what was asked for shown."""

import pytest

from apps.datasets.domain.filters import FILTERS
from apps.datasets.forms import SnapshotForm
from apps.datasets.models import DatasetSnapshot
from apps.datasets.services.build import snapshot_build
from apps.datasets.services.create import snapshot_create
from tests.datasets.scene import publish_guideline, rank, snapshot
from tests.datasets.test_filters import judged
from tests.make import make_rank_task

PATH = "/p/clinic/snapshots/"


def ask(client, **fields):
    return client.post(PATH, {"kind": "rankings", "purpose": "training", **fields})


@pytest.fixture
def researcher(client, cast):
    client.force_login(cast.researcher.user)
    return client


def test_the_form_has_every_filter(cast):
    names = {name.strip("_") for name in SnapshotForm(cast.project).fields}
    every = {name for known in FILTERS.values() for name in known} - {"include_surplus"}
    assert every <= names
    assert "without_surplus" in names


def test_a_whole_form_becomes_a_filter(researcher, cast):
    publish_guideline(cast)
    rank(cast.labeler)
    answer = ask(
        researcher, split=["train", "validation", "test"], cohort=["training"], labeler=f"{cast.labeler.pseudonym}, nobody",
        without_labeler="x", guideline=["collection/1"], schema=["1"], origin=["external"], imported="no",
        min_active_seconds="0", max_active_seconds="9999", without_surplus="on", include_superseded="on",
        from_="2020-01-01", to="2999-01-01", task_purpose=["production"], licence="cc-by-4.0",
    )  # fmt: skip
    snapshot = DatasetSnapshot.objects.get()
    assert answer.status_code == 303
    assert snapshot.licence == "cc-by-4.0"
    assert snapshot.filter == {
        "split": ["train", "validation", "test"], "cohort": ["training"],
        "labeler": [cast.labeler.pseudonym, "nobody"], "without_labeler": ["x"], "guideline": ["collection/1"],
        "schema": [1], "origin": ["external"], "imported": False, "min_active_seconds": 0, "max_active_seconds": 9999,
        "include_surplus": False, "include_superseded": True, "from": "2020-01-01", "to": "2999-01-01",
        "task_purpose": ["production"],
    }  # fmt: skip
    shown = researcher.get(f"{PATH}{snapshot.uid}/").content.decode()
    assert "guideline: collection/1" in shown
    assert "imported: no" in shown
    assert "cc-by-4.0" in shown
    assert 'value="cc-by-4.0"' in researcher.get(PATH).content.decode()


def test_an_empty_form_is_no_filter(researcher, cast):
    rank(cast.labeler)
    ask(researcher)
    assert DatasetSnapshot.objects.get().filter == {}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"licence": "My own"}, "licence: a name like"),
        ({"kind": "prompts", "labeler": "a"}, "filter.labeler: not a filter of prompts"),
        ({"kind": "rankings", "limit": "3"}, "filter.limit: not a filter of rankings"),
        ({"from_": "2026-11-02", "to": "2026-11-01"}, "it must be after filter.from"),
        ({"min_active_seconds": "9", "max_active_seconds": "8"}, "must not be below"),
        ({"labeler": "nobody"}, "1 are by other labelers"),
        ({"schema": ["7"]}, "7"),
        ({"from_": "soon"}, "Enter a valid date"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_unfolds_it(researcher, cast, fields, says):
    rank(cast.labeler)
    answer = ask(researcher, **fields)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not DatasetSnapshot.objects.exists()
    if set(fields) & {"from_", "labeler", "min_active_seconds", "limit"}:
        assert '<details class="fold" open>' in answer.content.decode()


def test_the_records_of_ratings_show_what_was_rated(researcher, cast):
    task = make_rank_task(cast.project, k=3)
    judged(cast, task, ratings=[{"overall": 6}, {}, {"overall": 2}])
    made = snapshot(cast, "ratings")
    page = researcher.get(f"{PATH}{made.uid}/records/").content.decode()
    assert "<td>6 – 2</td>" in page
    assert '<th scope="col">Ratings</th>' in page
    assert "0 words" not in page


def test_a_snapshot_that_is_built_reloads_its_page_without_scripts(researcher, cast):
    rank(cast.labeler)
    building = snapshot_create(actor=cast.researcher.user, project=cast.project, kind="rankings", purpose="training")
    reload = '<noscript><meta http-equiv="refresh" content="5"></noscript>'
    assert reload in researcher.get(f"{PATH}{building.uid}/").content.decode()
    assert snapshot_build(uid=building.uid)
    assert reload not in researcher.get(f"{PATH}{building.uid}/").content.decode()
