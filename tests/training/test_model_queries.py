"""How much pages of models ask the database: no more for long chains, and for lists nothing that they do not show."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.projects.models import Project
from apps.training.selectors.models import CHAIN, chain_of, models_listed
from tests.cast import Cast
from tests.training.pages import BASE
from tests.training.rows import a_model, a_run

pytestmark = pytest.mark.django_db


def trained_from(project, parent, reward, times):
    for _ in range(times):
        made = a_model(project, "policy", parent=parent)
        a_run(project, "ppo", "done", parent_model=parent, reward_model=reward, output_model=made)
        parent = made
    return parent


def asked(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(BASE + path).status_code == 200
    return [query["sql"] for query in seen.captured_queries]


def test_a_long_chain_costs_what_a_short_one_does(cast: Cast, researcher: Client):
    reward = a_run(cast.project, "reward", "done").output_model
    short = trained_from(cast.project, a_model(cast.project, "sft"), reward, 2)
    asked(researcher, f"models/{short.uid}/")  # what is remembered between requests
    asked(researcher, "models/family/")  # and what is counted once
    counts = {}
    for depth in (0, 5):
        deep = trained_from(cast.project, short, reward, depth)
        for path in (
            f"models/{deep.uid}/",
            f"models/compare/?model={deep.uid}&model={deep.parent.uid}",
            "models/family/",
        ):
            counts.setdefault(path.replace(str(deep.uid), "").split("?")[0], set()).add(len(asked(researcher, path)))
    assert all(len(found) == 1 for found in counts.values()), counts


def test_lists_leave_manifests_and_reports_where_they_are(cast: Cast, researcher: Client):
    trained_from(cast.project, a_model(cast.project, "sft"), a_model(cast.project, "reward"), 2)
    for path in ("models/", "models/family/", "models/compare/"):
        rows = [sql for sql in asked(researcher, path) if 'FROM "registry_modelversion"' in sql]
        assert rows
        assert not [sql for sql in rows if '"manifest"' in sql or '"report"' in sql or '"facts"' in sql]
    assert models_listed(cast.project).first().manifest == {}  # it is there for whoever asks


def test_a_chain_ends_at_another_projects_model_and_is_no_longer_than_that(cast: Cast):
    theirs = a_model(Project.objects.create(slug="other", name="Other", seed=1), "base")
    shared = a_model(None, parent=theirs)
    last = trained_from(cast.project, shared, a_model(cast.project, "reward"), 3)
    assert chain_of(last, cast.project)[0].model == shared
    parent = shared
    for _ in range(CHAIN + 3):
        parent = a_model(cast.project, "sft", parent=parent)
    line = chain_of(parent, cast.project)
    assert (len(line), line[-1].model) == (CHAIN, parent)
