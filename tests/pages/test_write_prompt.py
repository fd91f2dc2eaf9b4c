"""The page where labelers write prompts: there only where a project asks; preview, list, kind refusals."""

import pytest

from apps.labeling.services.tasks import tasks_create
from apps.projects.domain.seed_schema import SEED_SCHEMA
from apps.projects.services import guideline_publish, schema_publish
from apps.prompts.models import Prompt
from apps.prompts.services import prompt_write
from tests.make import make_prompt

ADDRESS = "/p/clinic/write-prompt/"
PROMPT = {"text": "Name *three* rivers.", "context": "", "use_case": "brainstorming"}


@pytest.fixture
def asked(cast) -> None:
    """The project asks its labelers for prompts."""
    schema_publish(actor=None, project=cast.project, body=SEED_SCHEMA | {"parts": {"prompt_writing": True}})


def test_nothing_leads_there_and_nothing_is_there_where_nobody_asks(labeler):
    assert ADDRESS not in labeler.get("/p/clinic/work/").content.decode()
    for answer in (labeler.get(ADDRESS), labeler.post(ADDRESS, PROMPT)):
        assert answer.status_code == 409
        assert "This project does not ask its labelers for prompts." in answer.content.decode()
    assert not Prompt.objects.exists()


def test_the_work_page_and_the_navigation_lead_there(labeler, asked):
    assert labeler.get("/p/clinic/work/").content.decode().count(f'href="{ADDRESS}"') == 2
    assert f'<a href="{ADDRESS}" aria-current="page">' in labeler.get(ADDRESS).content.decode()


def test_only_labelers_write(cast, as_member, asked):
    for member in (cast.manager, cast.researcher):
        assert as_member(member).get(ADDRESS).status_code == 403
        assert ADDRESS not in as_member(member).get("/p/clinic/").content.decode()
    assert as_member(cast.adjudicator).get(ADDRESS).status_code == 200


def test_write_preview_and_store(cast, labeler, asked):
    page = labeler.post(ADDRESS, PROMPT | {"preview": "1", "context": "A *leaflet*."}).content.decode()
    assert "Name <em>three</em> rivers." in page
    assert "A <em>leaflet</em>." in page
    assert "Name *three* rivers.</textarea>" in page
    assert not Prompt.objects.exists()
    answer = labeler.post(ADDRESS, PROMPT | {"sensitive": "on"})
    assert (answer.status_code, answer["Location"]) == (303, ADDRESS)
    page = labeler.get(ADDRESS).content.decode()
    assert "Your prompt is stored." in page
    assert '<p class="question" dir="auto">Name *three* rivers.</p>' in page
    prompt = Prompt.objects.get()
    assert (prompt.author, prompt.sensitive, prompt.use_case) == (cast.labeler, True, "brainstorming")


def test_a_second_click_is_harmless(labeler, asked):
    for _ in range(2):
        assert labeler.post(ADDRESS, PROMPT).status_code == 303
    assert Prompt.objects.count() == 1
    assert "You have written this one before" in labeler.get(ADDRESS).content.decode()


def test_anothers_prompt_is_refused_kindly_and_tells_nothing(cast, as_member, labeler, asked):
    prompt_write(member=cast.second_labeler, sensitive=False, **PROMPT)
    answer = labeler.post(ADDRESS, PROMPT)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "he project has this prompt already. Thank you; please write another." in page
    assert cast.second_labeler.pseudonym not in page
    assert "Name *three* rivers.</textarea>" in page  # nothing of it is lost
    assert '<p class="question"' not in page  # the list is one's own


@pytest.mark.parametrize("wrong", [{"text": " "}, {"use_case": ""}, {"use_case": "poem"}, {"text": "x" * 20_001}])
def test_what_is_missing_stands_beside_its_field(labeler, asked, wrong):
    answer = labeler.post(ADDRESS, PROMPT | wrong)
    assert answer.status_code == 422
    assert f'id="id_{min(wrong)}_error"' in answer.content.decode()
    assert not Prompt.objects.exists()


def test_an_unread_guideline_comes_first(cast, labeler, asked):
    guideline_publish(actor=None, project=cast.project, body="Be kind.")
    assert labeler.get(ADDRESS)["Location"] == f"/p/clinic/guideline/?next={ADDRESS}"


def test_those_who_curate_see_who_wrote_it_and_labelers_do_not(cast, as_member, labeler, claimed, asked):
    mine = prompt_write(member=cast.second_labeler, sensitive=False, **PROMPT).prompt
    make_prompt(cast.project, "Imported.")
    manager = as_member(cast.manager)
    page = manager.get(f"/p/clinic/prompts/{mine.uid}/").content.decode()
    assert f"<dt>Written by</dt><dd>{cast.second_labeler.pseudonym}</dd>" in page
    listed = manager.get("/p/clinic/prompts/?written=1").content.decode()
    assert "three" in listed
    assert "Imported." not in listed
    tasks_create(actor=cast.manager.user, project=cast.project, kind="demonstrate", prompts=[mine])
    room = labeler.get(f"/work/{claimed('demonstrate').uid}/").content.decode()
    assert "rivers" in room
    assert cast.second_labeler.pseudonym not in room
