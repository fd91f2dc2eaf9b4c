"""How often checks come: never, or often enough to be counted."""

import pytest
from django.db import IntegrityError, transaction

from apps.core.domain.errors import RuleBroken
from apps.projects.models import Project
from apps.projects.settings_services import project_change
from tests.cast import Cast


@pytest.mark.parametrize("name", ["gold_rate", "retest_rate"])
@pytest.mark.parametrize("value", [5e-324, 1e-320, 0.00009, 1.01, -0.5, float("nan")])
def test_a_rate_beyond_counting_is_refused_by_name(cast: Cast, name: str, value: float):
    with pytest.raises(RuleBroken) as caught:
        project_change(actor=cast.manager.user, project=cast.project, **{name: value})
    assert caught.value.field == name
    with pytest.raises(IntegrityError), transaction.atomic():
        Project.objects.filter(pk=cast.project.pk).update(**{name: value})


@pytest.mark.parametrize("value", [0, 0.0001, 0.1, 1])
def test_rates_that_can_be_counted(cast: Cast, value: float):
    changed = project_change(actor=cast.manager.user, project=cast.project, gold_rate=value, retest_rate=value)
    assert (changed.gold_rate, changed.retest_rate) == (value, value)
