"""The groups of a project's pages: which there are for whom, and where one is in them."""

import pytest

from apps.core.navigation import groups_of


def where(path: str, role: str = "manager") -> list[tuple[str, str, str]]:
    groups = groups_of("x", role, path)
    return [(group.label, one.label, one.current) for group in groups for one in group.pages if one.current]


@pytest.mark.parametrize(
    ("path", "group", "page", "said"),
    [
        ("/p/x/prompts/", "Data", "Prompts", "page"),
        ("/p/x/trace/", "Data", "Prompts", "true"),
        ("/p/x/bias/questions/", "Quality", "Bias", "true"),
        ("/p/x/training/", "Training", "Runs and loop", "page"),
        ("/p/x/training/runs/0/", "Training", "Runs and loop", "true"),
        ("/p/x/training/models/family/", "Training", "Models", "true"),
        ("/p/x/snapshots/0/records/", "Training", "Snapshots", "true"),
        ("/p/x/guideline/3/", "Setup", "Guidelines", "true"),
    ],
)
def test_one_is_in_one_place(path, group, page, said):
    assert where(path) == [(group, page, said)]


def test_the_front_page_is_in_no_group():
    assert where("/p/x/") == []


def test_who_may_not_does_not_see_it():
    labels = {one.label for group in groups_of("x", "researcher", "") for one in group.pages}
    assert labels & {"Members", "Settings", "Audit", "Pay", "Adjudication"} == set()
    assert {"Guideline", "Agreement", "Models"} <= labels
