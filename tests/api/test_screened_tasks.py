"""Tasks that somebody makes of prompts hold no reply of a model that nobody is to see."""

from typing import Any

import pytest

from apps.core.domain.canonical import sha256_hex
from apps.labeling.models import Task
from apps.prompts.models import Completion, Prompt
from tests.cast import Cast
from tests.make import make_completions, make_prompt
from tests.training.rows import a_generation

ASKED = "When does the clinic open on a Saturday morning?"
SAID = "It opens at nine on Saturdays, and at eight on weekdays."


def replies(cast: Cast, prompt: Prompt, *texts: str, finish_reason: str = "stop") -> list[int]:
    run = a_generation(cast.project, "done")
    return [
        Completion.objects.create(
            prompt=prompt, body=text, body_sha256=sha256_hex(text), origin="model", model_version=run.model_version,
            generation_run=run, sample_index=index, sampling=run.sampling, finish_reason=finish_reason,
        ).pk
        for index, text in enumerate(texts)
    ]  # fmt: skip


def make(caller: Any, *prompts: Prompt, kind: str = "rank") -> Any:
    return caller.post("projects/clinic/tasks/", {"kind": kind, "prompts": [str(one.uid) for one in prompts]})


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (" \u200b", "empty"), (SAID.upper(), "near-identical"), (f"{ASKED} {ASKED}", "prompt-echoing"),
        ("I am Qwen, made by Alibaba Cloud. It opens at nine.", "identity-leaking"),
    ],
)  # fmt: skip
def test_a_bad_reply_is_no_candidate(cast: Cast, researcher: Any, bad: str, kind: str):
    prompt = make_prompt(cast.project, ASKED)
    first, _, last = replies(cast, prompt, SAID, bad, "At ten.")

    made = make(researcher, prompt).json()

    assert (made["created"], made["left_out"]) == (1, {kind: 1})
    assert Task.objects.get(kind="rank").candidates == [first, last]


def test_a_reply_that_was_cut_off_is_shown(cast: Cast, researcher: Any):
    """It is marked by its finish reason: it is what that model does at that limit."""
    prompt = make_prompt(cast.project, ASKED)
    both = replies(cast, prompt, SAID, "At ten, and", finish_reason="length")

    assert make(researcher, prompt).json()["left_out"] == {}
    assert Task.objects.get(kind="rank").candidates == both


def test_imported_texts_stay_and_a_model_that_says_the_same_goes(cast: Cast, researcher: Any):
    prompt = make_prompt(cast.project, ASKED)
    imported = make_completions(prompt, ["", SAID, "I am ChatGPT."])
    replies(cast, prompt, SAID)

    assert make(researcher, prompt).json()["left_out"] == {"near-identical": 1}
    assert Task.objects.get(kind="rank").candidates == [one.pk for one in imported]


def test_too_few_that_are_left_say_why(cast: Cast, researcher: Any):
    prompt, other = make_prompt(cast.project, ASKED), make_prompt(cast.project, "Hello?")
    replies(cast, prompt, SAID, SAID, "")
    replies(cast, other, "Hello.", "Good day.")

    told = make(researcher, prompt, other)

    assert told.status_code == 422
    assert (
        "has 1 completions to judge (left out: 1 empty, 1 near-identical); a rank task takes 2" in told.content.decode()
    )
    assert make(researcher, prompt, kind="rate").json()["created"] == 1
    assert not Task.objects.filter(kind="rank").exists()


def test_the_page_says_what_was_left_out(cast: Cast, client: Any):
    client.force_login(cast.manager.user)
    replies(cast, make_prompt(cast.project, ASKED), SAID, "", "At ten.", "I am Qwen.")
    page = client.post("/p/clinic/tasks/", {"do": "make", "new-new_kind": "rank"}, follow=True)

    assert "Replies of models that were left out: 1 empty, 1 telling who wrote them." in page.content.decode()
