"""From any candidate a researcher clicks back to the policy, the reward model, the snapshot and the judgments."""

import re

import pytest
from django.test import Client

from apps.labeling.models import Task
from apps.lineage.origins import origin_of
from apps.lineage.selectors import story_of
from apps.projects.models import Project
from apps.prompts.models import Completion
from apps.training.models import LoopRun
from tests.cast import Cast
from tests.training.turn import turned


@pytest.fixture
def loop(cast: Cast) -> LoopRun:
    return turned(cast)


@pytest.fixture
def researcher(cast: Cast, client: Client) -> Client:
    client.force_login(cast.researcher.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def candidate(loop: LoopRun, role: str) -> Completion:
    task = Task.objects.filter(kind="rank", state="open").latest("id")
    return Completion.objects.select_related("prompt").get(
        pk__in=task.candidates, model_version__role=role, sample_index=0
    )


def follow(client: Client, url: str, to: str) -> str:
    """The one address on page `url` that begins with `to`, opened; a link that is not there fails the test."""
    page = client.get(url)
    assert page.status_code == 200, url
    found = sorted(set(re.findall(rf'href="({re.escape(to)}[^"]*)"', page.content.decode())))
    assert found, f"{url} has no link to {to}"
    return found[0]


def test_from_a_candidate_back_to_the_judgments_link_by_link(loop: LoopRun, researcher: Client):
    story = f"/p/clinic/prompts/{candidate(loop, 'policy').prompt.uid}/"
    way = [
        f"/p/clinic/training/models/{loop.ppo_run.output_model.uid}/",
        f"/p/clinic/training/runs/{loop.ppo_run.uid}/",
        f"/p/clinic/training/models/{loop.reward_run.output_model.uid}/",
        f"/p/clinic/training/runs/{loop.reward_run.uid}/",
        f"/p/clinic/snapshots/{loop.rankings_snapshot.uid}/",
        f"/p/clinic/snapshots/{loop.rankings_snapshot.uid}/records/",
    ]
    here = story
    for to in way:
        here = follow(researcher, here, to)
        assert here == to
    judged = follow(researcher, here, "/p/clinic/prompts/0")
    page = researcher.get(judged).content.decode()
    assert "training person" in page  # who ranked it
    assert '<td class="number">1</td><td class="number">2</td><td class="number">2</td>' in page


def test_the_story_shows_the_whole_chain_of_each_reply(loop: LoopRun, researcher: Client):
    one = candidate(loop, "policy")
    steps = [step.text for step in origin_of(one, loop.project)[0]]
    assert steps == [
        "generation run",
        str(loop.ppo_run.output_model),
        "ppo run",
        str(loop.reward_run.output_model),
        "reward run",
        f"rankings {loop.rankings_snapshot.sha256[:8]}",
        "1 judgment",
    ]
    page = researcher.get(f"/p/clinic/prompts/{one.prompt.uid}/").content.decode()
    for way in origin_of(one, loop.project):
        for step in way:
            assert f'href="{step.url}"' in page


def test_an_sft_models_reply_goes_back_to_the_demonstrations_and_the_base(loop: LoopRun):
    ways = origin_of(candidate(loop, "sft"), loop.project)
    assert [step.text for step in ways[0]][-2:] == [
        f"demonstrations {loop.demonstrations_snapshot.sha256[:8]}",
        "1 judgment",
    ]
    assert [[step.text for step in way] for way in ways[1:]] == [[str(loop.base_model)]]


def test_every_address_of_the_chain_opens(loop: LoopRun, researcher: Client):
    for role in ("policy", "sft"):
        for way in origin_of(candidate(loop, role), loop.project):
            for step in way:
                assert researcher.get(step.url).status_code == 200, step


def test_what_another_project_did_stays_out_of_sight(loop: LoopRun):
    other = Project.objects.create(slug="other", name="Other", seed=1)
    one = candidate(loop, "sft")
    assert [step.text for way in origin_of(one, other) for step in way] == [str(one.model_version)]


def test_a_story_takes_as_many_queries_for_many_replies_as_for_few(loop: LoopRun, django_assert_num_queries):
    prompts = {one.prompt for one in Completion.objects.filter(origin="model").select_related("prompt__project")}
    for prompt in prompts:
        with django_assert_num_queries(3):  # completions with all that made them, tasks, judgments
            story_of(prompt)


@pytest.mark.parametrize("name", ["demonstrations_snapshot", "rankings_snapshot", "prompts_snapshot"])
def test_what_a_snapshot_holds(loop: LoopRun, researcher: Client, name: str):
    snapshot = getattr(loop, name)
    page = researcher.get(f"/p/clinic/snapshots/{snapshot.uid}/records/").content.decode()
    assert page.count('<th scope="row"') == snapshot.rows


def test_a_labeler_sees_none_of_it(loop: LoopRun, cast: Cast, client: Client):
    client.force_login(cast.labeler.user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/p/clinic/snapshots/{loop.rankings_snapshot.uid}/records/").status_code == 403
