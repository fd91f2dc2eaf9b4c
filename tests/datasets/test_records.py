"""The wire format, by itself."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.ranking import dense
from apps.datasets.domain.derived import derived_names, pair_rows, sft_rows
from apps.datasets.domain.records import (
    CandidateRecord,
    CandidateSetRecord,
    CompletionRecord,
    DemonstrationRecord,
    GuidelineRecord,
    LabelerRecord,
    PromptRecord,
    RankingRecord,
    model_messages,
    parse_record,
    record_line,
)

PROMPT = {
    "prompt_uid": "p", "external_ids": ["1"], "source": {"b": 1, "a": "é"}, "metadata": {},
    "messages": [{"role": "user", "content": "Hi?"}], "context": None, "use_case": "", "language": "en", "split": "train",
}  # fmt: skip
JUDGMENT = {
    **PROMPT, "uid": "j", "task_uid": "t", "prompt_flags": {}, "judged_use_case": "", "note": "",
    "labeler": LabelerRecord(pseudonym="l", kind="member", cohort="training"),
    "guideline": GuidelineRecord(track="collection", number=2), "schema": 1, "active_seconds": 9, "rendering": "raw",
    "surplus": False, "imported": False, "supersedes": None, "submitted_at": "2026-11-21T08:00:00.000000Z",
}  # fmt: skip
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def completion(number: int, text: str = "") -> CompletionRecord:
    return CompletionRecord(uid=str(number), external_id=None, text=text, origin="external", model=None, sampling=None)


def ranking(tiers: list[int], bodies: list[str] | None = None, **fields) -> RankingRecord:
    bodies = bodies or [f"text {number}" for number in range(len(tiers))]
    return RankingRecord(
        **{**JUDGMENT, **fields}, tiers=tiers, completions=[completion(n, body) for n, body in enumerate(bodies)],
        ratings=None, shown_order=None,
    )  # fmt: skip


@given(st.lists(st.tuples(st.integers(1, 9), texts), min_size=2, max_size=9), texts)
def test_a_record_comes_back_from_its_line(items, note):
    record = ranking(dense([score for score, _ in items]), [text for _, text in items], note=note)
    line = record_line(record)
    assert parse_record(line) == record
    assert record_line(parse_record(line)) == line
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1


def test_lines_are_canonical():
    line = record_line(ranking([1, 2]))
    assert list(json.loads(line)) == sorted(json.loads(line))
    assert b'"source":{"a":"\xc3\xa9","b":1}' in line
    assert b'"record":"ranking/2"' in line


def test_the_other_records_come_back_too():
    demonstration = DemonstrationRecord(**JUDGMENT, completion_uid="c", text="Hello")
    candidates = CandidateSetRecord(
        task_uid="t", kind="rank", external_id=None, source="s", metadata={},
        candidates=[CandidateRecord(uid="0", external_id="1")],
    )  # fmt: skip
    prompt = PromptRecord(**PROMPT, uid="p", sensitive=False, completions=[completion(0)], candidate_sets=[candidates])
    for record in (demonstration, prompt):
        assert parse_record(record_line(record)) == record


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"record": "ranking/3"}, "ranking/3"),
        ({"tiers": [1, 3]}, "tiers"),
        ({"tiers": [1]}, "tiers"),
        ({"more": 1}, "more is unknown"),
        ({"labeler": {"pseudonym": "x"}}, "cohort is missing"),
    ],
)
def test_what_is_no_record(change, says):
    value = json.loads(record_line(ranking([1, 2])))
    with pytest.raises(ValueError, match=says):
        parse_record({**value, **change})
    with pytest.raises(ValueError, match="missing"):
        parse_record({"record": "ranking/2"})
    with pytest.raises(ValueError, match="not one of"):
        parse_record("[]")


def test_a_line_of_the_first_version_is_read_as_one_that_does_not_say():
    value = json.loads(record_line(ranking([1, 2])))
    del value["proposal"]
    assert parse_record({**value, "record": "ranking/1"}) == ranking([1, 2], proposal=None)
    with pytest.raises(ValueError, match="proposal is missing"):
        parse_record(value)


@given(st.lists(st.integers(1, 9), min_size=2, max_size=9))
def test_pairs_count_once_a_ranking_and_point_from_better_to_worse(scores):
    record = ranking(dense(scores))
    pairs = list(pair_rows(record))
    tier = {one.text: number for one, number in zip(record.completions, record.tiers, strict=True)}
    assert len(pairs) == sum(a != b for i, a in enumerate(scores) for b in scores[:i])
    assert not pairs or sum(pair["weight"] for pair in pairs) == pytest.approx(1)
    for pair in pairs:
        assert tier[pair["chosen"][0]["content"]] < tier[pair["rejected"][0]["content"]]


def test_a_pair_as_trl_reads_it():
    (pair,) = pair_rows(ranking([2, 1], ["worse", "better"]))
    assert pair == {
        "prompt": [{"role": "user", "content": "Hi?"}],
        "chosen": [{"role": "assistant", "content": "better"}],
        "rejected": [{"role": "assistant", "content": "worse"}],
        "prompt_uid": "p", "ranking_uid": "j", "weight": 1.0,
    }  # fmt: skip


def test_a_context_is_part_of_what_a_model_is_given():
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi?"}]
    assert model_messages(messages, "Rules")[0] == {"role": "system", "content": "Be brief.\n\nRules"}
    assert model_messages(messages[1:], "Rules") == [{"role": "system", "content": "Rules"}, messages[1]]
    assert model_messages(messages, None) == messages
    (row,) = sft_rows(DemonstrationRecord(**{**JUDGMENT, "context": "Rules"}, completion_uid="c", text="Hello"))
    assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant"]


def test_which_files_a_kind_has():
    derived = ["pairs.jsonl", "pairs.parquet", "kto.jsonl", "hh.jsonl", "openrlhf.jsonl"]
    assert derived_names("rankings") == ["rankings.parquet", *derived, "README.md"]
    assert derived_names("demonstrations") == ["demonstrations.parquet", "sft.jsonl", "sft.parquet", "README.md"]
    assert derived_names("prompts") == ["prompts.parquet", "README.md"]


def test_the_format_needs_nothing_of_the_web_half():
    program = "import sys, apps.datasets.domain.records; print('django' in sys.modules or 'celery' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
