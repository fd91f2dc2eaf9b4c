"""The wire format of snapshots: one canonical JSON object a line, each with the name and version of its record.

`rankings.jsonl` holds `ranking/2` records (`ranking/1`, without `proposal`, is read and no longer written),
`ratings.jsonl` `ratings/1`, `demonstrations.jsonl` `demonstration/1`, `prompts.jsonl` `prompt/1`. Where a snapshot asked
for aggregated or adjudicated judgments, `rankings.jsonl` holds `consensus/2`: a ranking to whoever reads rankings.
This module needs nothing of the web half, so the ML programs read records with the code that wrote them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any, ClassVar

import orjson

from apps.core.domain.canonical import canonical_json
from apps.core.domain.ranking import is_dense

Message = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRecord:
    """One reply. `model` is an imported label or "name number" of a model version; null when unknown."""

    uid: str
    external_id: str | None
    text: str
    origin: str  # model, member or external
    model: str | None
    sampling: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelerRecord:
    """`kind` is member, or an external labeler's: person, pool, model, simulated."""

    pseudonym: str
    kind: str
    cohort: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidelineRecord:
    track: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRecord:
    """A completion's place in a candidate set, and what the imported line called it."""

    uid: str
    external_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateSetRecord:
    """Completions that were put up to be judged together: one task."""

    task_uid: str
    kind: str
    external_id: str | None
    source: Any
    metadata: dict[str, Any]
    candidates: list[CandidateRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class _PromptPart:
    """What every record says of its prompt. `external_ids`: this task's line first, then the prompt's others."""

    prompt_uid: str
    external_ids: list[str]
    source: Any
    metadata: dict[str, Any]
    messages: list[Message]
    context: str | None
    use_case: str
    language: str
    split: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _JudgmentPart(_PromptPart):
    """What every judgment says of itself. `imported` ones have no guideline, schema, rendering or timing."""

    uid: str
    task_uid: str
    prompt_flags: dict[str, str]
    judged_use_case: str
    note: str
    labeler: LabelerRecord
    guideline: GuidelineRecord | None
    schema: int | None
    active_seconds: int | None
    rendering: str | None
    surplus: bool
    imported: bool
    supersedes: str | None
    submitted_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingRecord(_JudgmentPart):
    """`tiers` (dense, 1 best, equal = tie) and `ratings` are aligned with `completions`.

    `proposal`: whether the labeler began from the order that their ratings proposed; null where nobody knows.
    """

    record: ClassVar[str] = "ranking/2"
    completions: list[CompletionRecord]
    tiers: list[int]
    ratings: list[dict[str, Any]] | None
    shown_order: list[int] | None
    proposal: bool | None = None

    def __post_init__(self) -> None:
        if len(self.tiers) != len(self.completions) or not is_dense(self.tiers):
            raise ValueError(f"tiers {self.tiers} do not rank {len(self.completions)} completions")


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRecord:
    """A judgment that a line was made of. `weight`: how reliable its labeler was found, 1 being the average."""

    uid: str
    labeler: LabelerRecord
    tiers: list[int]
    weight: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionRecord:
    """What an adjudicator decided, and why labelers had differed."""

    uid: str
    adjudicator: str
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsensusRecord(RankingRecord):
    """One ranking of a task, made of several: it stands wherever a ranking does.

    `method`: aggregated (of all of `judgments`, Plackett-Luce with reliabilities), adjudicated (by `resolution`), or raw (a
    single judgment of a task without one). `labeler` is nobody's, of kind consensus; what one labeler alone says (notes,
    ratings, flags, times) is null or empty. `reliability`: the mean probability that a pair's order is right, of aggregated
    ones; `agreement`: pairwise, a tie an outcome, null for a single judgment. In `consensus/1`, which is read and no longer
    written, labelers' weights were found under strengths that their own rankings drew.
    """

    record: ClassVar[str] = "consensus/2"
    method: str
    judgments: list[PartRecord]
    agreement: float | None
    reliability: float | None
    resolution: ResolutionRecord | None

    def __post_init__(self) -> None:
        RankingRecord.__post_init__(self)
        if not self.judgments:
            raise ValueError("a consensus is made of at least one judgment")


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingsRecord(_JudgmentPart):
    """A judgment that rates its completions and puts them in no order. `ratings` are aligned with `completions`."""

    record: ClassVar[str] = "ratings/1"
    completions: list[CompletionRecord]
    ratings: list[dict[str, Any]]
    shown_order: list[int] | None

    def __post_init__(self) -> None:
        if len(self.ratings) != len(self.completions):
            raise ValueError(f"{len(self.ratings)} ratings for {len(self.completions)} completions")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemonstrationRecord(_JudgmentPart):
    record: ClassVar[str] = "demonstration/1"
    completion_uid: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRecord(_PromptPart):
    """A prompt with its completions (demonstrations only where they are candidates) and its candidate sets."""

    record: ClassVar[str] = "prompt/1"
    uid: str
    sensitive: bool
    completions: list[CompletionRecord]
    candidate_sets: list[CandidateSetRecord]


Record = RankingRecord | RatingsRecord | DemonstrationRecord | PromptRecord
_BY_NAME: dict[str, type[Record]] = {
    cls.record: cls for cls in (RankingRecord, ConsensusRecord, RatingsRecord, DemonstrationRecord, PromptRecord)
}
# What an earlier version of a record did not say, as the present one says it.
_EARLIER: dict[str, tuple[type[Record], dict[str, Any]]] = {
    "ranking/1": (RankingRecord, {"proposal": None}), "consensus/1": (ConsensusRecord, {}),
}  # fmt: skip


def record_line(record: Record) -> bytes:
    """The record as a line of its file: canonical JSON and a newline."""
    return canonical_json({"record": record.record, **_wire(record)}) + b"\n"


def parse_record(line: bytes | str | Mapping[str, Any]) -> Record:
    """A line of a records file as its record. Raises ValueError that names what is missing or unknown."""
    value = line if isinstance(line, Mapping) else orjson.loads(line)
    name = value.get("record") if isinstance(value, Mapping) else None
    if name in _EARLIER:
        cls, unsaid = _EARLIER[name]
    elif name in _BY_NAME:
        cls, unsaid = _BY_NAME[name], {}
    else:
        raise ValueError(f"record {name!r} is not one of {', '.join(_BY_NAME)}")
    given = unsaid | {key: inner for key, inner in value.items() if key != "record"}
    for part, build in _NESTED.items():
        if given.get(part) is not None:
            given[part] = build(given[part])
    record: Record = _build(cls, given)
    return record


def model_messages(messages: list[Message], context: str | None) -> list[Message]:
    """What a model is given: the conversation, and a context as (the end of) the system message."""
    if context is None:
        return [dict(message) for message in messages]
    system = [message["content"] for message in messages if message["role"] == "system"]
    rest = [dict(message) for message in messages if message["role"] != "system"]
    return [{"role": "system", "content": "\n\n".join([*system, context])}, *rest]


def _wire(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _wire(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, list) and value and is_dataclass(value[0]):
        return [_wire(item) for item in value]
    return value


def _build(cls: Any, given: Mapping[str, Any]) -> Any:
    known = _names(cls)
    if given.keys() != known:
        if missing := known - set(given):
            raise ValueError(f"{cls.__name__}: {min(missing)} is missing")
        raise ValueError(f"{cls.__name__}: {min(set(given) - known)} is unknown")
    return cls(**given)


@cache
def _names(cls: Any) -> frozenset[str]:
    return frozenset(field.name for field in fields(cls))


def _candidate_set(given: Mapping[str, Any]) -> CandidateSetRecord:
    candidates = [_build(CandidateRecord, one) for one in given.get("candidates", [])]
    built: CandidateSetRecord = _build(CandidateSetRecord, {**given, "candidates": candidates})
    return built


def _part(given: Mapping[str, Any]) -> PartRecord:
    built: PartRecord = _build(PartRecord, {**given, "labeler": _build(LabelerRecord, given.get("labeler", {}))})
    return built


_NESTED: dict[str, Any] = {
    "completions": lambda items: [_build(CompletionRecord, item) for item in items],
    "candidate_sets": lambda items: [_candidate_set(item) for item in items],
    "labeler": lambda item: _build(LabelerRecord, item),
    "guideline": lambda item: _build(GuidelineRecord, item),
    "judgments": lambda items: [_part(item) for item in items],
    "resolution": lambda item: _build(ResolutionRecord, item),
}
