"""From an exported line back to who, by which rules and which model; from a judgment on to all that came of it."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.datasets.services.artifacts import artifact_path
from apps.datasets.services.build import snapshot_build
from apps.datasets.services.create import snapshot_create
from apps.datasets.services.derive import file_make
from apps.imports.services.create import import_here
from apps.labeling.models import Judgment
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_correct, judgment_submit
from apps.lineage.chain import chain_of
from apps.lineage.finding import Found
from apps.projects.services import guideline_acknowledge, guideline_publish, project_create
from apps.prompts.models import Completion
from apps.training.models import LoopRun
from tests.api.client import Caller, caller_for
from tests.cast import Cast
from tests.make import make_rank_task
from tests.training.turn import rank_imported, turned

LINE = {
    "prompt_id": "p1", "prompt": "Say hello.", "use_case": "brainstorming",
    "completions": [{"id": "a", "text": "Hello!", "model": "big"}, {"id": "b", "text": "Go away."}],
}  # fmt: skip


@pytest.fixture
def ranked(cast: Cast) -> Judgment:
    """An imported prompt, ranked under a guideline and corrected: the first judgment."""
    guideline_publish(actor=cast.manager.user, project=cast.project, body="Be kind.", requires_acknowledgement=True)
    guideline_acknowledge(member=cast.labeler, number=1)
    import_here(
        actor=cast.manager.user, project=cast.project, chunks=iter([json.dumps(LINE).encode()]), format="jsonl",
        gzipped=False, filename="first.jsonl", tasks="open", size=None,
    )  # fmt: skip
    assignment = assignment_claim(member=cast.labeler, kind="rank")
    first = judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 2}}).judgment
    guideline_publish(actor=cast.manager.user, project=cast.project, body="Be kinder.", requires_acknowledgement=False)
    judgment_correct(assignment=assignment, body={"tiers": {"A": 1, "B": 1}})
    return first


@pytest.fixture
def researcher(cast: Cast) -> Caller:
    return caller_for(cast.researcher.user)


@pytest.fixture
def loop(cast: Cast) -> LoopRun:
    return turned(cast)


def lineage(caller: Caller, query: str) -> dict[str, Any]:
    answer = caller.get(f"projects/clinic/lineage/?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_back_to_labeler_guideline_schema_task_prompt_and_import(cast: Cast, ranked: Judgment, researcher: Caller):
    answer = researcher.get(f"judgments/{ranked.uid}/lineage/").json()
    assert answer["asked"] == {"kind": "judgment", "uid": str(ranked.uid)}
    correction, first = answer["judgments"]
    assert (first["uid"], first["superseded_by"]) == (str(ranked.uid), correction["uid"])
    assert first["labeler"] == {"pseudonym": cast.labeler.pseudonym, "kind": "member"}
    assert first["guideline"] == {"track": "collection", "number": 1}
    assert [guideline["body"] for guideline in answer["guidelines"]] == ["Be kind."]
    assert [schema["number"] for schema in answer["schemas"]] == [first["schema"]]
    assert answer["prompt"]["messages"] == [{"role": "user", "content": "Say hello."}]
    assert (answer["task"]["kind"], answer["task"]["external_id"]) == ("rank", "p1")
    assert [(one["external_id"], one["source_name"]) for one in answer["completions"]] == [("a", "big"), ("b", None)]
    assert [imported["filename"] for imported in answer["imports"]] == ["first.jsonl"]
    assert answer["snapshots"] == answer["training_runs"] == answer["generation_runs"] == []


def test_snapshots_are_found_of_judgments_that_are_not_shown_too(
    cast: Cast, ranked: Judgment, researcher: Caller, monkeypatch
):
    snapshot = snapshot_create(
        actor=None, project=cast.project, kind="rankings", purpose="training", filter={"include_superseded": True}
    )
    snapshot_build(uid=snapshot.uid)
    judgment_correct(assignment=ranked.assignment, body={"tiers": {"A": 2, "B": 1}})
    monkeypatch.setattr("apps.lineage.chain.JUDGMENTS_SHOWN", 1)
    monkeypatch.setattr("apps.lineage.chain.COMPLETIONS_SHOWN", 1)
    for query in (f"uid={ranked.uid}", f"uid={ranked.task.uid}", f"uid={ranked.task.prompt.uid}"):
        told = lineage(researcher, query)
        assert (len(told["judgments"]), told["more_judgments"]) == (1, True)
        assert (len(told["completions"]), told["more_completions"]) == (1, True)
        assert [one["uid"] for one in told["snapshots"]] == [str(snapshot.uid)], query


def test_what_a_later_import_brought_is_told_of_that_one(cast: Cast, ranked: Judgment, researcher: Caller):
    more = LINE | {
        "completions": [*LINE["completions"], {"id": "c", "text": "Good day."}],
        "rankings": [{"labeler": "crowd", "ranks": [1, 2, 3]}],
    }
    import_here(
        actor=cast.manager.user, project=cast.project, chunks=iter([json.dumps(more).encode()]), format="jsonl",
        gzipped=False, filename="second.jsonl", tasks="none", size=None,
    )  # fmt: skip
    said = Judgment.objects.get(external_labeler__isnull=False)
    told = researcher.get(f"judgments/{said.uid}/lineage/").json()
    assert [one["filename"] for one in told["imports"]] == ["second.jsonl"]
    new = Completion.objects.get(body="Good day.")
    for uid, filename in (
        (new.uid, "second.jsonl"), (said.task.uid, "second.jsonl"), (ranked.uid, "first.jsonl"),
        (said.task.prompt.uid, "first.jsonl"),
    ):  # fmt: skip
        assert [one["filename"] for one in lineage(researcher, f"uid={uid}")["imports"]] == [filename]


def test_by_any_uid_and_by_what_the_import_called_it(cast: Cast, ranked: Judgment, researcher: Caller):
    answer = lineage(researcher, f"uid={ranked.uid}")
    for kind, uid in (
        ("task", answer["task"]["uid"]), ("prompt", answer["prompt"]["uid"]), ("completion", answer["completions"][1]["uid"]),
    ):  # fmt: skip
        found = lineage(researcher, f"uid={uid}")
        assert found["asked"] == {"kind": kind, "uid": uid}
        assert [judgment["uid"] for judgment in found["judgments"]] == [j["uid"] for j in answer["judgments"]]
    assert [one["asked_for"] for one in found["completions"]] == [True]
    assert lineage(researcher, "external_id=p1")["asked"]["uid"] == answer["task"]["uid"]


@pytest.mark.parametrize(
    ("kind", "files"),
    [
        ("rankings", {
            "rankings.jsonl": "judgment", "pairs.jsonl": "judgment", "kto.jsonl": "judgment", "openrlhf.jsonl": "judgment",
            "hh.jsonl": "completion",
        }),
        ("prompts", {"prompts.jsonl": "prompt"}),
        ("demonstrations", {"demonstrations.jsonl": "judgment", "sft.jsonl": "completion"}),
    ],
)  # fmt: skip
def test_from_any_exported_line(cast: Cast, loop: LoopRun, researcher: Caller, client: Client, kind, files):
    snapshot = snapshot_create(
        actor=cast.researcher.user, project=cast.project, kind=kind, purpose="evaluation", filter={}
    )
    snapshot_build(uid=snapshot.uid)
    snapshot.refresh_from_db()
    client.force_login(cast.researcher.user, backend="django.contrib.auth.backends.ModelBackend")
    for name, asked in files.items():
        file = file_make(snapshot=snapshot, name=name)
        line = artifact_path(file.sha256).read_text().splitlines()[0]
        answer = researcher.post("projects/clinic/lineage/", {"line": line})
        assert answer.status_code == 200, (name, answer.content)
        assert answer.json()["asked"]["kind"] == asked, name
        held = [one["uid"] for one in answer.json()["snapshots"]]
        assert str(snapshot.uid) in held, name

        led = client.post("/p/clinic/trace/", {"record": line})
        assert led.status_code == 302, name
        assert led.headers["Location"] == f"/p/clinic/trace/{answer.json()['asked']['uid']}/", name


@pytest.mark.parametrize("system", [None, "Be brief.\n\nBe kind."])
@pytest.mark.parametrize("name", ["hh.jsonl", "sft.jsonl"])
def test_from_a_line_of_words_whose_prompt_has_a_context(cast: Cast, researcher: Caller, name: str, system: str | None):
    """Trainers' files hold it at the end of the system message."""
    asked = [{"role": "user", "content": "Who?"}]
    line = {
        "messages": asked if system is None else [{"role": "system", "content": system}, *asked],
        "context": "One source.\n\nAnother.",
        "completions": [{"id": "a", "text": "She."}, {"id": "b", "text": "He."}],
        "rankings": [{"labeler": "crowd", "ranks": [1, 2]}], "demonstration": "They.", "demonstration_labeler": "crowd",
    }  # fmt: skip
    imported = import_here(
        actor=cast.manager.user, project=cast.project, chunks=iter([json.dumps(line).encode()]), format="jsonl",
        gzipped=False, filename="one.jsonl", tasks="none", size=None,
    )  # fmt: skip
    assert imported.errors_total == 0
    kind = "rankings" if name == "hh.jsonl" else "demonstrations"
    snapshot = snapshot_create(actor=None, project=cast.project, kind=kind, purpose="evaluation", filter={})
    snapshot_build(uid=snapshot.uid)
    snapshot.refresh_from_db()
    (exported,) = artifact_path(file_make(snapshot=snapshot, name=name).sha256).read_text().splitlines()
    told = researcher.post("projects/clinic/lineage/", {"line": exported})
    assert told.status_code == 200, told.content
    assert str(snapshot.uid) in [one["uid"] for one in told.json()["snapshots"]]


def test_on_to_snapshots_runs_models_and_what_they_wrote(cast: Cast, loop: LoopRun, researcher: Caller):
    judgment = Judgment.objects.get(external_labeler__isnull=False)
    answer = researcher.get(f"judgments/{judgment.uid}/lineage/").json()
    assert [one["uid"] for one in answer["snapshots"]] == [str(loop.rankings_snapshot.uid)]
    reached = {one["kind"]: (one["uid"], one["step"]) for one in answer["training_runs"]}
    assert reached == {"reward": (str(loop.reward_run.uid), 1), "ppo": (str(loop.ppo_run.uid), 2)}
    models = [str(run.output_model.uid) for run in (loop.reward_run, loop.ppo_run)]
    assert [one["uid"] for one in answer["models"]] == models
    (wrote,) = answer["generation_runs"]
    written = loop.policy_generation.completions.count()
    assert written > 0
    assert (wrote["uid"], wrote["model"], wrote["completions"]) == (
        str(loop.policy_generation.uid), models[1], written,
    )  # fmt: skip


def test_a_demonstration_reaches_the_policy_over_the_sft_model(cast: Cast, loop: LoopRun, researcher: Caller):
    judgment = Judgment.objects.get(demonstration__isnull=False)
    answer = researcher.get(f"judgments/{judgment.uid}/lineage/").json()
    steps = {one["kind"]: one["step"] for one in answer["training_runs"]}
    assert steps == {"sft": 1, "reward": 1, "ppo": 2}  # its mean is also the reward model's zero
    assert len(answer["generation_runs"]) == 2


def test_the_page_tells_the_same(cast: Cast, loop: LoopRun, client: Client):
    client.force_login(cast.manager.user, backend="django.contrib.auth.backends.ModelBackend")
    judgment = Judgment.objects.get(external_labeler__isnull=False)
    page = client.get(f"/p/clinic/trace/{judgment.uid}/").content.decode()
    for address in (
        f"/p/clinic/snapshots/{loop.rankings_snapshot.uid}/", f"/p/clinic/training/runs/{loop.reward_run.uid}/",
        f"/p/clinic/training/models/{loop.ppo_run.output_model.uid}/",
        f"/p/clinic/training/generations/{loop.policy_generation.uid}/", f"/p/clinic/prompts/{judgment.task.prompt.uid}/",
    ):  # fmt: skip
        assert f'href="{address}"' in page, address


def test_no_more_queries_for_much_than_for_little(cast: Cast, loop: LoopRun, django_assert_max_num_queries):
    rank_imported(cast.project, [1, 2])  # in no snapshot
    for judgment in Judgment.objects.all():
        with django_assert_max_num_queries(9):
            chain_of(cast.project, Found("judgment", judgment.pk, judgment.uid))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("", "rule_broken"), ("hello", "no_line"), ("[1]", "no_line"), ('{"a": 1}', "unknown_line"), ("{" * 5000, "no_line"),
        ('{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "\\\\ud800"}]}', "unknown_line"),
        ('{"uid": 7, "messages": [1, 2]}', "unknown_line"),
    ],
)  # fmt: skip
def test_what_is_no_line_is_told(cast: Cast, researcher: Caller, client: Client, line, code):
    answer = researcher.post("projects/clinic/lineage/", {"line": line})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    client.force_login(cast.manager.user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.post("/p/clinic/trace/", {"record": line})
    assert page.status_code == 422
    assert 'id="record-problem"' in page.content.decode()


@pytest.mark.parametrize(
    "query", ["", "uid=x", "external_id=%00", "uid=9f6f0a53-6f0e-4d0b-8f0e-2c8f6a1f7f11&external_id=x"]
)
def test_a_question_that_names_nothing_is_refused(cast: Cast, researcher: Caller, query):
    assert researcher.get(f"projects/clinic/lineage/?{query}").status_code == 422


def test_another_projects_records_are_not_there(cast: Cast, ranked: Judgment, researcher: Caller):
    other = project_create(actor=cast.manager.user, slug="other", name="Other")
    foreign = make_rank_task(other)
    line = json.dumps({"record": "ranking/2", "uid": str(foreign.uid)})
    assert researcher.get(f"projects/clinic/lineage/?uid={foreign.uid}").status_code == 404
    assert researcher.get("projects/clinic/lineage/?external_id=nothing").status_code == 404
    assert researcher.post("projects/clinic/lineage/", {"line": line}).status_code == 404
    manager = caller_for(cast.manager.user)
    assert manager.get(f"projects/other/lineage/?uid={ranked.uid}").status_code == 404
    outsider = caller_for(cast.outsider)
    unknown = outsider.get(f"judgments/{uuid4()}/lineage/").json()
    assert outsider.get(f"judgments/{ranked.uid}/lineage/").json() == unknown
