"""What each part of a filter takes and leaves, and how that is told."""

import pytest

from apps.core.domain.canonical import sha256_hex
from apps.core.domain.errors import RuleBroken
from apps.datasets.services.create import snapshot_create
from apps.labeling.models import Judgment, Ratings, Task
from apps.labeling.services.imported import ImportedJudgment, judgments_insert
from apps.projects.services import external_labeler_named
from apps.prompts.models import Completion
from apps.registry.models import ModelVersion
from tests.datasets.scene import correct, demonstrate, import_rankings, publish_guideline, rank, records, snapshot, uids
from tests.make import make_prompt, make_rank_task


def judged(cast, task, tiers=None, ratings=None, **fields) -> str:
    """An imported judgment on `task`."""
    somebody = external_labeler_named(project=cast.project, pseudonym=fields.pop("by", "somebody"))
    if tiers:
        judgments_insert(
            judgments=[
                ImportedJudgment(task_id=task.pk, external_labeler_id=somebody.pk, cohort="training", tiers=tiers)
            ]
        )
        return str(Judgment.objects.latest("id").uid)
    row = Judgment.objects.create(
        task=task, external_labeler=somebody, cohort="training", content_sha256="x",
        submitted_at="2026-11-21T08:00:00Z", **fields,
    )  # fmt: skip
    Ratings.objects.create(judgment=row, values=ratings)
    return str(row.uid)


def by_model(cast, version, count=2):
    """A task whose candidates are all by that model."""
    prompt = make_prompt(cast.project)
    texts = [
        Completion.objects.create(
            prompt=prompt, origin="model", model_version=version, body=f"{version} {n}", body_sha256=sha256_hex(f"{n}")
        )
        for n in range(count)
    ]
    keys = [text.pk for text in texts]
    return Task.objects.create(
        project=cast.project, prompt=prompt, kind="rank", candidates=keys, candidate_set=keys, required=1, open_slots=1
    )


def test_ratings_without_a_ranking_have_a_kind_of_their_own(cast):
    ranked = rank(cast.labeler, ratings={"A": {"overall": 6}})
    task = make_rank_task(cast.project, k=2)
    rated = judged(cast, task, ratings=[{"overall": 3}, {}])
    (record,) = records(snapshot(cast, "ratings"))
    assert (record["uid"], record["record"], record["ratings"]) == (rated, "ratings/1", [{"overall": 3}, {}])
    assert [one["text"] for one in record["completions"]] == ["Answer 0", "Answer 1"]
    assert "tiers" not in record
    assert uids(snapshot(cast)) == {str(ranked.uid)}


def test_labelers_in_and_out(cast):
    ours, other = rank(cast.labeler), rank(cast.second_labeler)
    import_rankings(cast, "pool")
    assert uids(snapshot(cast, labeler=cast.labeler.pseudonym)) == {str(ours.uid)}
    without = uids(snapshot(cast, without_labeler=[cast.labeler.pseudonym]))
    assert str(other.uid) in without
    assert (str(ours.uid) in without, len(without)) == (False, 2)
    assert uids(snapshot(cast, without_labeler=[cast.labeler.pseudonym, "the pool"])) == {str(other.uid)}


def test_guidelines_forms_and_time(cast):
    early = rank(cast.labeler)
    publish_guideline(cast)
    late = rank(cast.labeler)
    import_rankings(cast, "person")
    assert uids(snapshot(cast, guideline="collection")) == {str(late.uid)}
    assert uids(snapshot(cast, guideline=["collection/1", "evaluation"])) == {str(late.uid)}
    assert uids(snapshot(cast, schema=1)) == {str(early.uid), str(late.uid)}
    assert uids(snapshot(cast, min_active_seconds=0)) == {str(early.uid), str(late.uid)}
    with pytest.raises(RuleBroken, match="1 took less time, or nobody knows"):
        snapshot(cast, imported=True, min_active_seconds=1)


def test_origins_and_models(cast):
    first = ModelVersion.objects.create(project=cast.project, name="sft", role="sft", number=1)
    second = ModelVersion.objects.create(project=cast.project, name="sft", role="sft", number=2)
    ones, twos = (judged(cast, by_model(cast, version), tiers=[1, 2]) for version in (first, second))
    import_rankings(cast, "person")
    (outside,) = uids(snapshot(cast, origin="external"))
    assert uids(snapshot(cast, origin="model")) == {ones, twos}
    assert uids(snapshot(cast, origin=["external", "model"])) == {ones, twos, outside}
    assert uids(snapshot(cast, model="sft")) == {ones, twos}
    assert uids(snapshot(cast, model="sft 2")) == {twos}
    assert uids(snapshot(cast, model=["sft 1", "a"])) == {ones, outside}


def test_purposes_of_tasks_and_corrections(cast):
    first = rank(cast.labeler)
    task = make_rank_task(cast.project, k=2, purpose="adjudication")
    settled = judged(cast, task, tiers=[1, 2])
    assert uids(snapshot(cast, task_purpose="adjudication")) == {settled}
    last = correct(first)
    assert uids(snapshot(cast, task_purpose="production", include_superseded=True)) == {str(first.uid), str(last.uid)}


def test_every_step_that_took_something_is_told(cast):
    rank(cast.held_out_labeler)
    correct(rank(cast.labeler))
    import_rankings(cast, "pool")
    with pytest.raises(RuleBroken) as caught:
        snapshot_create(
            actor=None, project=cast.project, kind="rankings", purpose="training",
            filter={"imported": False, "language": "xx", "split": ["train"]},
        )  # fmt: skip
    assert caught.value.message == (
        "Nothing to export: of 4 rankings, 1 are superseded by a correction; 1 are by held-out labelers, whose judgments "
        "never enter a training snapshot; 1 were imported; 1 are in other languages."
    )


def test_a_demonstration_takes_the_filters_of_judgments(cast):
    demonstrate(cast.labeler, "Hello.")
    assert len(records(snapshot(cast, "demonstrations", labeler=cast.labeler.pseudonym, imported=False))) == 1
