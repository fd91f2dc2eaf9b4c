"""A manager makes the next schema on a page, without scripts and without code."""

import re

import pytest
from django.test import Client

from apps.audit.models import AuditEntry
from apps.labeling.services.claim import assignment_claim
from apps.projects.models import JudgmentSchema
from apps.projects.selectors import current_schema
from apps.projects.services import schema_publish
from tests.make import make_rank_task
from tests.pages.conftest import as_member, labeler  # noqa: F401

PATH = "/p/clinic/schemas/"
_INPUT = re.compile(r'<input type="(hidden|text|checkbox|radio)"([^>]*)>')


@pytest.fixture
def manager(cast, as_member) -> Client:  # noqa: F811
    return as_member(cast.manager)


def controls(page: str) -> dict[str, str]:
    """What the schema form would send: as a browser reads it."""
    form = page[page.index('class="schema"') : page.index('id="sample"')]
    sent = {}
    for kind, rest in _INPUT.findall(form):
        said = dict(re.findall(r'([\w-]+)="([^"]*)"', rest))
        if kind in ("hidden", "text") or rest.rstrip().endswith("checked"):
            sent[said["name"]] = said.get("value", "on")
    for name, options in re.findall(r'<select id="[^"]*" name="([^"]*)">(.*?)</select>', form):
        sent[name] = re.findall(r'value="(\w+)" selected', options)[0]
    for name, text in re.findall(r'<textarea id="[^"]*" name="([^"]*)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL):
        sent[name] = text.replace("&#x27;", "'")
    sent.pop("csrfmiddlewaretoken", None)
    return sent


def opened(client: Client, query: str = "") -> dict[str, str]:
    return controls(client.get(PATH + query).content.decode())


def press(client: Client, sent: dict[str, str], do: str, **changed: str):
    return client.post(PATH, sent | changed | {"do": do})


def test_the_form_as_it_opens_asks_what_is_in_force_and_publishing_it_makes_nothing(manager, cast):
    answer = press(manager, opened(manager), "publish")
    assert answer.status_code == 303
    assert "just what schema 1 asks" in manager.get(PATH).content.decode()
    assert JudgmentSchema.objects.count() == 1


def test_a_part_is_switched_off_and_the_next_task_has_it_not(manager, cast, labeler):  # noqa: F811
    make_rank_task(cast.project, k=2), make_rank_task(cast.project, k=2)
    held = assignment_claim(member=cast.labeler, kind="rank")
    sent = opened(manager)
    del sent["part-prompt"]
    assert press(manager, sent, "publish", **{"part-ranking": "off"}).status_code == 303
    page = manager.get(PATH).content.decode()
    assert "Schema 2 is in force" in page
    assert "Ranking: on the ladder, now not at all." in page
    assert "Flags and use case of the prompt: yes, now no." in page
    assert AuditEntry.objects.filter(verb="schema.published").count() == 2

    labeler.post(f"/work/{held.uid}/submit/", {"tier-A": "1", "tier-B": "2"})
    assert held.judgments.get().schema.number == 1
    following = assignment_claim(member=cast.labeler, kind="rank")
    room = labeler.get(f"/work/{following.uid}/").content.decode()
    assert "tier-A" not in room
    assert 'name="rating-A-overall"' in room
    assert "prompt-flag" not in room


def test_a_field_is_added_moved_and_removed_by_buttons(manager):
    first = press(manager, opened(manager), "add-flag").content.decode()
    sent = controls(first)
    assert "autofocus" in first
    new = next(name.removesuffix("-label") for name, value in sent.items() if name.endswith("-label") and not value)
    index = int(new[1:])
    sent |= {f"{new}-label": "Made up sources", f"{new}-help": "Names what does not exist."}
    moved = controls(press(manager, sent, f"up-{index}").content.decode())
    assert moved[f"f{index - 1}-label"] == "Made up sources"
    removed = controls(press(manager, moved, f"remove-{index}").content.decode())
    assert int(removed["count"]) == int(sent["count"]) - 1
    assert press(manager, removed, "publish").status_code == 303
    page = manager.get(PATH).content.decode()
    assert "“Made up sources” is new." in page
    assert "“Expresses a moral judgment” is no longer asked." in page
    body = JudgmentSchema.objects.get(number=2).body
    added = next(field for field in body["fields"] if field["label"] == "Made up sources")
    assert (added["name"], added["polarity"], added["na"]) == ("made_up_sources", "bad", False)


def test_nothing_moves_out_of_its_group(manager):
    sent = opened(manager)
    assert controls(press(manager, sent, "up-1").content.decode()) == sent
    assert controls(press(manager, sent, "down-0").content.decode()) == sent


@pytest.mark.parametrize("deed", ["", "up-999", "remove-x", "add-charm", "up-", "remove-99999999999999999999"])
def test_a_button_that_no_page_has_does_nothing(manager, deed):
    sent = opened(manager)
    assert controls(press(manager, sent, deed).content.decode()) == sent


@pytest.mark.parametrize(
    ("changed", "sentence", "anchor"),
    [
        ({"f0-max": "12"}, "From min to max there are 2 to 11 steps.", "f0-max"),
        ({"f0-max": "lots"}, "A whole number from 0 to 100.", "f0-max"),
        ({"f0-label": ""}, "A text is needed.", "f0-label"),
        ({"f1-name": "overall"}, "Overall is there already.", "f1-name"),
        ({"f1-kind": "slider"}, "One of scale, flag.", "f1-kind"),
        ({"part-ranking": "chess"}, "Is one of ladder, pairs, off.", "part-ranking"),
        ({"count": "0"}, "One scale or flag of candidates at least is needed", "fields"),
    ],
)
def test_what_is_wrong_is_said_beside_its_control_and_nothing_typed_is_lost(manager, changed, sentence, anchor):
    answer = press(manager, opened(manager), "publish", **changed, **{"f2-label": "Typed before"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'<a href="#{anchor}">{sentence}'.lower() in page.lower()
    assert "Typed before" in page or "count" in changed
    assert JudgmentSchema.objects.count() == 1


def test_another_managers_schema_is_not_overruled_unseen(manager, cast):
    sent = opened(manager)
    schema_publish(actor=cast.manager.user, project=cast.project, body={"fields": [
        {"name": "overall", "kind": "scale", "subject": "completion", "label": "Only this"},
    ]})  # fmt: skip
    answer = press(manager, sent, "publish", **{"f0-label": "Mine"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Schema 2 was published meanwhile" in page
    assert controls(page)["f0-label"] == "Mine"
    assert press(manager, controls(page), "publish").status_code == 303
    assert current_schema(cast.project).number == 3


@pytest.mark.parametrize(
    ("preset", "says"),
    [
        ("rank-only", "Rank them on the ladder"),
        ("rate-only", "rate it"),
        ("pairs", "pair by pair"),
        ("instructgpt", "rate it"),
    ],
)
def test_a_preset_begins_the_form_and_shows_how_the_room_will_ask(manager, preset, says):
    page = manager.get(f"{PATH}?preset={preset}").content.decode()
    assert says in page[page.index('id="sample"') :]
    answer = press(manager, controls(page), "publish")
    assert answer.status_code == 303
    assert JudgmentSchema.objects.count() == (1 if preset == "instructgpt" else 2)


def test_an_earlier_version_begins_the_form_again(manager, cast):
    schema_publish(actor=None, project=cast.project, body={"fields": [
        {"name": "overall", "kind": "scale", "subject": "completion", "label": "Only this"},
    ]})  # fmt: skip
    assert opened(manager)["count"] == "1"
    assert opened(manager, "?from=1")["count"] == "21"
    assert manager.get(f"{PATH}?from=9").status_code == 404
    assert manager.get(f"{PATH}?preset=9").status_code == 404


def test_labels_are_shown_as_they_were_typed(manager):
    sent = opened(manager)
    page = press(manager, sent, "look", **{"f0-label": "<b>bold</b>"}).content.decode()
    assert "<b>bold</b>" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page[page.index('id="sample"') :]


def test_it_is_a_managers_page(cast, as_member, labeler):  # noqa: F811
    assert labeler.get(PATH).status_code == 403
    assert as_member(cast.researcher).get(PATH).status_code == 403
    assert PATH in as_member(cast.manager).get("/p/clinic/members/").content.decode()
