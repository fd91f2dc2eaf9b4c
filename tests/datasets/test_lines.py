"""The lines that PostgreSQL writes are those of `record_line`, whatever stands in them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.domain.canonical import canonical_json, canonical_text, sha256_hex
from apps.core.domain.ranking import dense
from apps.datasets.domain.records import (
    CandidateRecord,
    CandidateSetRecord,
    CompletionRecord,
    DemonstrationRecord,
    GuidelineRecord,
    LabelerRecord,
    PromptRecord,
    RankingRecord,
    RatingsRecord,
    record_line,
)
from apps.datasets.models import DatasetSnapshot, SnapshotItem
from apps.datasets.services import lines
from apps.datasets.services.lines import canonical_lines
from apps.datasets.services.reading import snapshot_parts
from apps.labeling.models import Assignment, Demonstration, Judgment, Ranking, Ratings, Task
from apps.projects.models import ExternalLabeler, GuidelineVersion, JudgmentSchema
from apps.prompts.models import Completion, Prompt
from apps.registry.models import ModelVersion
from tests.make import make_rank_task

# What a text column can hold: any character but NUL and halves of one.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
awkward = st.sampled_from(["", '"', "\\", "\\.", "\n", "\r\n", "\t", "\x01\x1e\x1f\x7f", "\u2028", "é😀", "</script>"])
words = texts | awkward
numbers = st.integers(-(2**53), 2**53) | st.floats(-1e15, 1e15)
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(words, values, max_size=3)
maybe = st.none() | words
_ERA = (datetime(1970, 1, 1), datetime(2999, 1, 1))  # noqa: DTZ001 - hypothesis adds the zone


def unhurried(test):
    return settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))(test)


@st.composite
def told_prompts(draw):
    return {
        "messages": [{"role": "user", "content": draw(words.filter(bool))}], "context": draw(maybe),
        "use_case": draw(words), "language": draw(words)[:20], "source": draw(objects | st.none()),
        "metadata": draw(objects), "external_ids": draw(st.lists(words, max_size=3, unique=True)),
        "split": draw(st.sampled_from(["train", "validation", "test"])),
    }  # fmt: skip


@st.composite
def told_completions(draw):
    return {"text": draw(words), "name": draw(maybe), "sampling": draw(st.none() | objects), "label": draw(maybe)}


@st.composite
def told_tasks(draw, least=2):
    replies = draw(st.lists(told_completions(), min_size=least, max_size=5))
    return {
        "replies": replies, "external_id": draw(maybe), "source": draw(st.none() | objects), "metadata": draw(objects),
        "tiers": dense(draw(st.lists(st.integers(1, 9), min_size=len(replies), max_size=len(replies)))),
        "ratings": draw(st.none() | st.lists(objects, min_size=len(replies), max_size=len(replies))),
    }  # fmt: skip


@st.composite
def told_judgments(draw):
    return {
        "note": draw(words), "prompt_flags": draw(objects), "use_case": draw(words), "surplus": draw(st.booleans()),
        "rendering": draw(st.sampled_from(["rendered", "raw"])), "proposal": draw(st.booleans()),
        "active_seconds": draw(st.none() | st.integers(0, 10**6)),
        "submitted_at": draw(st.datetimes(*_ERA, timezones=st.just(UTC))),
    }  # fmt: skip


class Store:
    """Puts told things into the database, past the services: they would refuse half of this."""

    def __init__(self, cast, told):
        self.project, self.told = cast.project, told
        text = canonical_text(told["messages"])
        self.prompt = Prompt.objects.create(
            project=self.project, content_sha256=sha256_hex(text + str(Prompt.objects.count())),
            **{**told, "messages": text},
        )  # fmt: skip
        self.version = ModelVersion.objects.create(
            project=self.project, name='a "model"', role="sft", number=ModelVersion.objects.count() + 1
        )

    def prompt_part(self, task=None):
        """As `_PromptPart` words it."""
        told, own = self.told, (task or {}).get("external_id")
        return {
            "prompt_uid": str(self.prompt.uid), "messages": told["messages"], "context": told["context"],
            "use_case": told["use_case"], "language": told["language"], "split": told["split"],
            "external_ids": told["external_ids"] if own is None else [own, *(n for n in told["external_ids"] if n != own)],
            "source": told["source"] if not task or task["source"] is None else task["source"],
            "metadata": told["metadata"] if not task or not task["metadata"] else task["metadata"],
        }  # fmt: skip

    def reply(self, told, number):
        """Every third by a model of ours, the others from elsewhere."""
        ours = number % 3 == 2
        row = Completion.objects.create(
            prompt=self.prompt, body=told["text"], body_sha256=f"{number}-{self.prompt.completions.count()}",
            sampling=told["sampling"], origin="model" if ours else "external",
            **({"model_version": self.version, "sample_index": number} if ours else {"source_name": told["label"]}),
        )  # fmt: skip
        return row, CompletionRecord(
            uid=str(row.uid), external_id=told["name"], text=told["text"], origin=row.origin, sampling=told["sampling"],
            model=f"{self.version.name} {self.version.number}" if ours else told["label"],
        )  # fmt: skip

    def task(self, told):
        """Its candidates stand in another order than that in which they came to the database."""
        made = [self.reply(reply, number) for number, reply in enumerate(told["replies"])][::-1]
        task = Task.objects.create(
            project=self.project, prompt=self.prompt, kind="rank", candidates=[row.pk for row, _ in made],
            candidate_set=sorted(row.pk for row, _ in made), required=1, open_slots=1, external_id=told["external_id"],
            source=told["source"], metadata=told["metadata"],
            external_candidate_ids=[record.external_id for _, record in made],
        )  # fmt: skip
        return task, [record for _, record in made]


def judged(cast, store, task, told, imported, supersedes=None):
    """A judgment as its row, and what `_JudgmentPart` says of it."""
    schema = JudgmentSchema.objects.filter(project=cast.project).latest("number")
    guideline = GuidelineVersion.objects.create(
        project=cast.project, track="collection", body="Be fair.", number=GuidelineVersion.objects.count() + 1,
        sha256="x", published_at=timezone.now(),
    )  # fmt: skip
    by: dict[str, Any]
    if imported:
        outside = (
            supersedes.external_labeler
            if supersedes
            else ExternalLabeler.objects.create(
                project=cast.project,
                pseudonym=f'the "{ExternalLabeler.objects.count()}"',
                kind="pool",
                cohort="training",
            )
        )
        by = {"external_labeler": outside}
        who = LabelerRecord(pseudonym=outside.pseudonym, kind="pool", cohort="training")
    else:
        order = list(range(len(task.candidates)))[::-1]
        assignment = (
            supersedes.assignment
            if supersedes
            else Assignment.objects.create(
                task=task,
                membership=cast.labeler,
                schema=schema,
                guideline=guideline,
                state="submitted",
                display_order=order,
            )
        )
        by = {"assignment": assignment, "schema": schema, "guideline": guideline}
        who = LabelerRecord(pseudonym=cast.labeler.pseudonym, kind="member", cohort="training")
    row = Judgment.objects.create(task=task, cohort="training", content_sha256="x", supersedes=supersedes, **by, **told)
    return row, {
        "uid": str(row.uid), "task_uid": str(task.uid), "prompt_flags": told["prompt_flags"],
        "judged_use_case": told["use_case"], "note": told["note"], "labeler": who,
        "guideline": None if imported else GuidelineRecord(track="collection", number=guideline.number),
        "schema": None if imported else schema.number, "active_seconds": told["active_seconds"],
        "rendering": None if imported else told["rendering"], "surplus": told["surplus"], "imported": imported,
        "supersedes": supersedes and str(supersedes.uid),
        "submitted_at": told["submitted_at"].isoformat(timespec="microseconds").replace("+00:00", "Z"),
    }  # fmt: skip


def written(cast, kind: str, *rows) -> list[bytes]:
    """The lines of a snapshot that holds just these."""
    snapshot = DatasetSnapshot.objects.create(project=cast.project, kind=kind, purpose="evaluation")
    column = "prompt" if kind == "prompts" else "judgment"
    SnapshotItem.objects.bulk_create(
        SnapshotItem(snapshot=snapshot, line=number, **{column: row}) for number, row in enumerate(rows, start=1)
    )
    return b"".join(snapshot_parts(snapshot, readers=0)).splitlines(keepends=True)


def same(line: bytes, record: Any) -> None:
    """Byte for byte. A number goes through jsonb, which keeps its value and not how it was written."""
    assert line == record_line(record) or json.loads(line) == json.loads(record_line(record))
    assert line == orjson.dumps(orjson.loads(line), option=orjson.OPT_SORT_KEYS) + b"\n"
    if not any(isinstance(value, float) for value in _leaves(orjson.loads(record_line(record)))):
        assert line == record_line(record)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _leaves(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [value]


@unhurried
@given(told_prompts(), told_tasks(), told_judgments(), st.booleans())
def test_rankings_and_ratings(cast, prompt, told, said, imported):
    store = Store(cast, prompt)
    task, completions = store.task(told)
    row, part = judged(cast, store, task, said, imported)
    common = {
        **store.prompt_part(told), **part, "completions": completions,
        "shown_order": None if imported else row.assignment.display_order,
    }  # fmt: skip
    Ranking.objects.create(judgment=row, tiers=told["tiers"])
    if told["ratings"] is not None:
        Ratings.objects.create(judgment=row, values=told["ratings"])
        (line,) = written(cast, "ratings", row)
        same(line, RatingsRecord(**common, ratings=told["ratings"]))
    (line,) = written(cast, "rankings", row)
    proposal = None if imported else said["proposal"]
    same(line, RankingRecord(**common, tiers=told["tiers"], ratings=told["ratings"], proposal=proposal))


@unhurried
@given(told_prompts(), told_judgments(), words, st.booleans())
def test_demonstrations(cast, prompt, said, text, imported):
    store = Store(cast, prompt)
    task = Task.objects.create(project=cast.project, prompt=store.prompt, kind="demonstrate", required=1, open_slots=1)
    row, part = judged(cast, store, task, said, imported)
    reply = Completion.objects.create(
        prompt=store.prompt, body=text, body_sha256=sha256_hex(text), origin="member", member=cast.labeler
    )
    Demonstration.objects.create(judgment=row, completion=reply)
    correction, corrected = judged(cast, store, task, said, imported, supersedes=row)
    second = Completion.objects.create(
        prompt=store.prompt, body=text, body_sha256=sha256_hex(text), origin="member", member=cast.labeler
    )
    Demonstration.objects.create(judgment=correction, completion=second)
    first_line, second_line = written(cast, "demonstrations", row, correction)
    same(first_line, DemonstrationRecord(**store.prompt_part(), **part, completion_uid=str(reply.uid), text=text))
    same(
        second_line, DemonstrationRecord(**store.prompt_part(), **corrected, completion_uid=str(second.uid), text=text)
    )


@unhurried
@given(told_prompts(), st.lists(told_tasks(), max_size=2), words)
def test_prompts(cast, prompt, told, text):
    """Two sets may name one completion differently: the first name counts. A demonstration is no reply."""
    store = Store(cast, prompt)
    sets, replies = [], {}
    for one in told:
        task, completions = store.task(one)
        replies |= {record.uid: record for record in completions}
        sets.append(CandidateSetRecord(
            task_uid=str(task.uid), kind="rank", external_id=one["external_id"], source=one["source"],
            metadata=one["metadata"],
            candidates=[CandidateRecord(uid=record.uid, external_id=record.external_id) for record in completions],
        ))  # fmt: skip
    if told:
        again = Task.objects.create(
            project=cast.project, prompt=store.prompt, kind="rate", candidates=task.candidates,
            candidate_set=sorted(task.candidates), required=1, open_slots=1, external_candidate_ids=["x"] * len(completions),
        )  # fmt: skip
        sets.append(CandidateSetRecord(
            task_uid=str(again.uid), kind="rate", external_id=None, source=None, metadata={},
            candidates=[CandidateRecord(uid=record.uid, external_id="x") for record in completions],
        ))  # fmt: skip
    demonstrated = Completion.objects.create(
        prompt=store.prompt, body=text, body_sha256=sha256_hex(text), origin="member", member=cast.labeler
    )
    wish = Task.objects.create(project=cast.project, prompt=store.prompt, kind="demonstrate", required=1, open_slots=1)
    said = {"submitted_at": timezone.now() - timedelta(days=1)}
    judgment = Judgment.objects.create(
        task=wish, cohort="training", content_sha256="x",
        external_labeler=ExternalLabeler.objects.get_or_create(
            project=cast.project, pseudonym="writer", kind="person", cohort="training"
        )[0], **said,
    )  # fmt: skip
    Demonstration.objects.create(judgment=judgment, completion=demonstrated)
    (line,) = written(cast, "prompts", store.prompt)
    same(line, PromptRecord(
        **store.prompt_part(), uid=str(store.prompt.uid), sensitive=False,
        completions=[replies[uid] for uid in sorted(replies)], candidate_sets=sorted(sets, key=lambda one: one.task_uid),
    ))  # fmt: skip


def test_messages_that_are_not_canonical_are_refused_rather_than_written(cast):
    task = make_rank_task(cast.project)
    Prompt.objects.create(
        project=cast.project, messages='[{"content":"a",\n"role":"user"}]', split="train", content_sha256="y"
    )
    broken = Prompt.objects.latest("id")
    with pytest.raises(ValueError, match="not canonical JSON"):
        written(cast, "prompts", task.prompt, broken)


def test_free_values_are_put_right_between_their_marks():
    assert canonical_lines(b'{"a":\x1f\x1e{"bb": 1, "a": [1.0, "\\u0001"]}\x1e,"b":1}\n') == (
        b'{"a":{"a":[1.0,"\\u0001"],"bb":1},"b":1}\n'
    )


def test_long_values_are_not_kept_in_memory():
    lines._seen.cache_clear()
    long = b'{"b": 1, "a": "' + b"x" * 2000 + b'"}'
    assert canonical_lines(b"\x1e" + long + b"\x1e\n") == canonical_json(orjson.loads(long)) + b"\n"
    assert lines._seen.cache_info().currsize == 0
