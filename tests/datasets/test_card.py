"""A card tells of the snapshot as it was frozen, whoever asks for it when."""

import yaml

from apps.datasets.domain.records import CompletionRecord, LabelerRecord, PromptRecord
from apps.datasets.domain.statistics import Statistics
from apps.datasets.services.artifacts import artifact_path
from apps.datasets.services.card import _front_matter, _labeler_biases
from apps.datasets.services.derive import file_make
from apps.labeling.models import Judgment
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from tests.datasets.scene import correct, demonstrate, snapshot
from tests.make import make_rank_task


def card(ready) -> str:
    return artifact_path(file_make(snapshot=ready, name="README.md").sha256).read_text()


def ranked_by_two(cast) -> list[Judgment]:
    """One task, ranked alike by two labelers."""
    make_rank_task(cast.project, k=2, required=2)
    said = []
    for member in (cast.labeler, cast.second_labeler):
        assignment = assignment_claim(member=member, kind="rank")
        best = "AB"[assignment.display_order.index(0)]
        tiers = {letter: 1 if letter == best else 2 for letter in "AB"}
        said.append(judgment_submit(assignment=assignment, body={"tiers": tiers}).judgment)
    return said


def test_agreement_is_that_of_the_frozen_records(cast):
    first, _ = ranked_by_two(cast)
    ready = snapshot(cast)
    correct(first)  # to a tie, after the snapshot: none of its facts
    assert "in 100.0% of 1 comparisons" in card(ready)


def test_a_labeler_who_is_in_twice_does_not_agree_with_themselves(cast):
    first, _ = ranked_by_two(cast)
    correct(first)
    told = card(snapshot(cast, include_superseded=True))
    assert "in 0.0% of 1 comparisons" in told
    assert "3 rankings" in told


def test_what_a_member_wrote_is_of_no_unknown_model():
    facts = Statistics()
    said = {"external_id": None, "text": "Hi.", "sampling": None}
    facts.add(PromptRecord(
        uid="1", prompt_uid="1", external_ids=[], source=None, metadata={}, messages=[], context=None, use_case="",
        language="", split="train", sensitive=False, candidate_sets=[], completions=[
            CompletionRecord(uid="2", origin="member", model=None, **said),
            CompletionRecord(uid="3", origin="model", model="sft 1", **said),
        ],
    ))  # fmt: skip
    assert facts.models == {"a member, no model": 1, "sft 1": 1}


def test_each_kind_tells_how_it_was_made(cast):
    demonstrate(cast.labeler, "Hello.")
    written = card(snapshot(cast, "demonstrations"))
    assert "Members write the reply" in written
    assert "rank the completions" not in written
    prompts = card(snapshot(cast, "prompts", purpose="evaluation"))
    assert "Do not train on it." in prompts
    assert "udgments" not in prompts.split("## How it was made")[1]


def test_who_changed_their_cohort_is_one_person():
    facts = Statistics(rows=4)
    for pseudonym, cohort in (("a", "training"), ("a", "held-out"), ("b", "training")):
        facts.labelers[LabelerRecord(pseudonym=pseudonym, kind="member", cohort=cohort)] += 1
    facts.labelers[LabelerRecord(pseudonym="crowd", kind="pool", cohort="training")] += 1
    assert next(_labeler_biases(facts)).startswith("2 people are named as such; the busiest labeler gave 50.0%")


def test_sizes_are_those_that_the_hub_knows(cast):
    ranked_by_two(cast)
    ready = snapshot(cast)
    for rows, name in ((999, "n<1K"), (1_000, "1K<n<10K"), (1_000_000, "1M<n<10M"), (2_000_000_000, "1B<n<10B")):
        head = yaml.safe_load(_front_matter(ready, Statistics(rows=rows)).split("---")[1])
        assert head["size_categories"] == [name]
