"""A labeler's own page in a real browser, without scripts too."""

import pytest
from playwright.sync_api import expect

from apps.quality.models import Volunteered
from apps.quality.services.volunteers import questions_set


@pytest.mark.parametrize("scripts", [True, False])
def test_telling_and_withdrawing(cast, open_page, scripts):
    questions_set(actor=cast.manager.user, project=cast.project, text="Age: under 40 | 40 or more")
    page = open_page(cast.labeler.user, java_script_enabled=scripts)
    page.goto("/p/clinic/work/")
    page.get_by_role("link", name="My page").click()
    expect(page.get_by_role("heading", name="My page")).to_be_visible()
    page.get_by_label("Age").select_option("40 or more")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("You can change or withdraw it here at any time.")).to_be_visible()
    expect(page.get_by_label("Age")).to_have_value("40 or more")
    assert Volunteered.objects.get().answers == {"Age": "40 or more"}
    page.get_by_role("button", name="Withdraw all of it").click()
    expect(page.get_by_text("Withdrawn: nothing of it is kept.")).to_be_visible()
    assert not Volunteered.objects.exists()
