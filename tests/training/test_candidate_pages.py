"""The page and the calls about candidates of several models."""

from typing import Any

import pytest
from django.test import Client

from apps.training.models import CandidateFinding, CandidateSet
from apps.training.services.candidate_sets import candidate_set_advance
from tests.cast import Cast
from tests.make import make_prompt
from tests.training.pages import HTMX, show, text_of
from tests.training.rails import make_model, prompts
from tests.training.rows import a_candidate_set, a_completion, a_generation, a_loop
from tests.training.turn import finish

pytestmark = pytest.mark.django_db
API = "/api/v1/"


def test_a_form_asks_for_several_models(cast: Cast, researcher: Client):
    one, other, third = (make_model(cast.project) for _ in range(3))
    reward = make_model(cast.project, "reward")
    snapshot = prompts(cast)
    page = show(researcher, "candidates/")
    assert f'name="share_{one.uid}"' in page
    assert str(reward.uid) not in page

    form = {
        f"share_{one.uid}": "2", f"share_{other.uid}": "1", f"share_{third.uid}": "", "snapshot": str(snapshot.uid), "k": "6",
        "rule_truncated": "drop", "rule_empty": "drop", "likeness": "0.8", "stop": "###\r\n\\n\\nUser:", "temperature": "0.7",
        "system_prompt": "Be kind.", "reason": "A third opinion",
    }  # fmt: skip
    answer = researcher.post("/p/clinic/training/candidates/", form)
    found = CandidateSet.objects.get()
    assert answer.headers["Location"] == f"/p/clinic/training/candidates/{found.uid}/"
    assert {source.run.model_version: source.share for source in found.sources.all()} == {one: 2, other: 1}
    assert (found.k, found.rules["truncated"], found.rules["likeness"], found.reason) == (
        6,
        "drop",
        0.8,
        "A third opinion",
    )
    assert found.spec == {"stop": ["###", "\n\nUser:"], "temperature": 0.7, "system_prompt": "Be kind."}
    sampling = found.sources.first().run.sampling
    assert (sampling["system_prompt"], sampling["stop"]) == ("Be kind.", ["###", "\n\nUser:"])


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "Give at least one model a share of 1 to 9."),
        ({"share": "12"}, "less than or equal to 9"),
        ({"share": "1", "k": "12"}, "less than or equal to 9"),
        ({"share": "1", "temperature": "0"}, "temperature: it must be over 0 and at most 10, got 0.0."),
        ({"share": "1", "stop": "a\na"}, "stop: the texts must differ, and none may be empty."),
    ],
)
def test_a_wrong_form_is_shown_again_with_a_sentence(cast: Cast, researcher: Client, fields: dict[str, str], text: str):
    model, snapshot = make_model(cast.project), prompts(cast)
    form = {"snapshot": str(snapshot.uid), "k": "4", **fields}
    if share := form.pop("share", ""):
        form[f"share_{model.uid}"] = share
    answer = researcher.post("/p/clinic/training/candidates/", form)
    assert answer.status_code == 422
    assert text in text_of(answer.content.decode()).replace("&#x27;", "'")
    assert not CandidateSet.objects.exists()


def test_a_sets_page_follows_it_and_shows_what_was_wrong(cast: Cast, researcher: Client):
    found = a_candidate_set(cast.project)
    page = show(researcher, f"candidates/{found.uid}/")
    assert "hx-get" in page
    assert "Cancel it" in page
    assert "<html" not in show(researcher, f"candidates/{found.uid}/", **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in HTMX.items()})  # fmt: skip

    done = a_candidate_set(cast.project, state="done", prompts_without_task=1)
    run = done.sources.first().run
    completion = a_completion(run, make_prompt(cast.project, f"<i>Who</i> are you? {'Tell me. ' * 20}"))
    CandidateFinding.objects.create(
        candidate_set=done, completion=completion, kind="identity-leaking", fate="replaced",
        words="It says who wrote it: “<b>I am Qwen</b>”.",
    )  # fmt: skip
    page = show(researcher, f"candidates/{done.uid}/")
    said = text_of(page)
    assert "identity-leaking 0 1 0 0" in said
    assert "&lt;b&gt;I am Qwen" in page
    assert f'/p/clinic/prompts/{completion.prompt.uid}/">&lt;i&gt;Who&lt;/i&gt; are you? Tell me. Tell me.' in page
    assert "1 prompt got no task" in said
    assert "/p/clinic/tasks/?kind=rank&amp;priority=1#tasks" in page
    assert "hx-get" not in page.split('id="candidates"')[1].split(">")[0]


def test_a_failed_set_is_resumed_and_a_running_one_cancelled(cast: Cast, researcher: Client):
    found = a_candidate_set(cast.project)
    base = f"/p/clinic/training/candidates/{found.uid}/"
    assert researcher.post(base + "cancel/").status_code == 303
    found.refresh_from_db()
    assert found.state == "cancelled"
    assert "Let it go on" in show(researcher, f"candidates/{found.uid}/")
    assert researcher.post(base + "resume/").status_code == 303
    found.refresh_from_db()
    assert found.state == "running"


def test_a_generation_leads_to_its_set(cast: Cast, researcher: Client):
    found = a_candidate_set(cast.project)
    assert f"candidates/{found.uid}/" in show(researcher, f"generations/{found.sources.first().run.uid}/")
    assert "candidates/" not in show(researcher, f"generations/{a_generation(cast.project).uid}/").split("<main")[-1]


def test_the_calls_do_the_same(cast: Cast, researcher: Client):
    one, other = make_model(cast.project), make_model(cast.project)
    snapshot = prompts(cast)
    body: dict[str, Any] = {
        "models": [{"model": str(one.uid), "share": 3}, {"model": str(other.uid)}], "snapshot": str(snapshot.uid), "k": 4,
        "spec": {"temperature": 0.5}, "hygiene": {"truncated": "drop"}, "reason": "x",
    }  # fmt: skip
    made = researcher.post(API + "projects/clinic/candidate-sets/", body, "application/json")
    assert made.status_code == 202, made.content
    told = made.json()
    assert [(each["model"], each["share"], each["state"]) for each in told["models"]] == [
        (str(one.uid), 3, "queued"), (str(other.uid), 1, "queued"),
    ]  # fmt: skip
    assert (told["state"], told["findings"], told["hygiene"]["truncated"]) == ("running", [], "drop")
    again = researcher.post(API + "projects/clinic/candidate-sets/", body, "application/json")
    assert again.json()["uid"] == told["uid"]

    found = CandidateSet.objects.get()
    for source in found.sources.all():
        finish(source.run, lambda run, place, sample: "" if sample == 1 else f"{run.pk} {place} {sample}")
    candidate_set_advance(uid=found.uid)
    told = researcher.get(API + f"candidate-sets/{found.uid}/").json()
    assert (told["state"], told["tasks_created"]) == ("done", 2)
    # The first model had three places, so its second reply was due; the other had one.
    assert told["findings"] == [
        {"kind": "empty", "fate": "replaced", "count": 2}, {"kind": "empty", "fate": "spare", "count": 2},
    ]  # fmt: skip
    findings = researcher.get(API + f"candidate-sets/{found.uid}/findings/?fate=replaced").json()["results"]
    assert [(each["kind"], each["text"], each["words"]) for each in findings] == [("empty", "", "It has no text.")] * 2
    listed = researcher.get(API + "projects/clinic/candidate-sets/?state=done").json()["results"]
    assert [each["uid"] for each in listed] == [str(found.uid)]
    assert researcher.post(API + f"candidate-sets/{found.uid}/cancel/").status_code == 409
    assert researcher.post(API + f"candidate-sets/{found.uid}/resume/").status_code == 409


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"models": []}, "models"), ({"k": 12}, "k"), ({"hygiene": {"x": 1}}, "hygiene: 'x' is not one of"),
        ({"models": [{"model": "00000000-0000-0000-0000-000000000000"}]}, "is not there, or not in this project"),
        ({"spec": {"stop": "x"}}, "stop: a list of texts is expected"),
    ],
)  # fmt: skip
def test_wrong_calls_are_refused_in_a_sentence(cast: Cast, researcher: Client, change: dict[str, Any], text: str):
    body = {"models": [{"model": str(make_model(cast.project).uid)}], "snapshot": str(prompts(cast).uid), "k": 4}
    answer = researcher.post(API + "projects/clinic/candidate-sets/", {**body, **change}, "application/json")
    assert answer.status_code in (400, 422)
    assert text in str(answer.json())


def test_a_labeler_sees_none_of_it(cast: Cast):
    found = a_candidate_set(cast.project)
    client = Client()
    client.force_login(cast.labeler.user, backend="django.contrib.auth.backends.ModelBackend")
    for path in ("/p/clinic/training/candidates/", f"/p/clinic/training/candidates/{found.uid}/",
                 f"{API}candidate-sets/{found.uid}/", f"{API}candidate-sets/{found.uid}/findings/"):  # fmt: skip
        assert client.get(path).status_code in (403, 404)


def test_a_turns_page_shows_what_was_wrong(cast: Cast, researcher: Client):
    loop = a_loop(cast.project, state="done")
    completion = a_completion(a_generation(cast.project), make_prompt(cast.project))
    CandidateFinding.objects.create(
        loop=loop, completion=completion, kind="empty", fate="dropped", words="It has no text."
    )
    said = text_of(show(researcher, f"loops/{loop.uid}/"))
    assert "empty 0 0 1 0" in said
    assert "It has no text." in said
    assert "Nothing was found." in show(researcher, f"loops/{a_loop(cast.project, state='done').uid}/")
