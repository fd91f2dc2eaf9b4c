"""A line as an import's options want it: its personal data masked, its language and its source said. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from apps.core.domain.canonical import sha256_hex
from apps.core.domain.errors import RuleBroken
from apps.prompts.domain.conversation import conversation_hash

from .language import language_of
from .line import ImportLine, LineCompletion
from .options import SOURCE_KEY, Options
from .personal import Masked, mask

Masker = Callable[[str], Masked]


@dataclass(frozen=True, slots=True)
class Finding:
    """Personal data of one kind in one field; never the data itself."""

    field: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """`line` is None where the options leave it out, and `problem` says why. `facts` counts what was done."""

    line: ImportLine | None
    problem: RuleBroken | None
    findings: tuple[Finding, ...]
    facts: Counter[str]


def prepare_line(line: ImportLine, options: Options, masker: Masker = mask) -> Prepared:
    """What of `line` the options bring in, before anything is compared with other lines."""
    facts = Counter[str]()
    findings: tuple[Finding, ...] = ()
    if options.pii != "off":
        masked, findings = without_personal_data(line, masker)
        for finding in findings:
            facts[f"pii_{finding.kind}"] += finding.count
        if findings and options.pii == "withhold":
            facts["pii_withheld"] += 1
            return Prepared(None, _withheld(findings), findings, facts)
        if findings:
            facts["pii_masked"] += 1
            try:
                _still_distinct(masked)
            except RuleBroken as broken:
                return Prepared(None, broken, findings, facts)
        line = masked
    line = _with_source(line, options.split_by, facts)
    return Prepared(_with_language(line, options.language, facts), None, findings, facts)


def without_personal_data(line: ImportLine, masker: Masker = mask) -> tuple[ImportLine, tuple[Finding, ...]]:
    """The line with its texts masked, and what was found where. The line itself where nothing was."""
    findings: list[Finding] = []

    def clean(text: str, where: str) -> str:
        masked = masker(text)
        findings.extend(Finding(where, kind, count) for kind, count in sorted(masked.found.items()))
        return masked.text

    messages = [
        {**message, "content": clean(message["content"], f"messages[{index}].content")}
        for index, message in enumerate(line.messages)
    ]
    context = clean(line.context, "context") if line.context else line.context
    completions = tuple(
        _with_text(completion, clean(completion.text, f"completions[{index}].text"))
        for index, completion in enumerate(line.completions)
    )
    demonstration = line.demonstration
    if demonstration:
        text = clean(demonstration.text, "demonstration")
        demonstration = replace(demonstration, text=text, sha256=sha256_hex(text))
    if not findings:
        return line, ()
    masked = replace(
        line, messages=messages, context=context, content_sha256=conversation_hash(messages, context),
        completions=completions, demonstration=demonstration,
    )  # fmt: skip
    return masked, tuple(findings)


def _with_text(completion: LineCompletion, text: str) -> LineCompletion:
    return completion if text == completion.text else completion._replace(text=text, sha256=sha256_hex(text))


def _still_distinct(line: ImportLine) -> None:
    seen: dict[tuple[str | None, str], int] = {}
    for index, completion in enumerate(line.completions):
        if (twin := seen.setdefault(completion.key, index)) != index:
            raise RuleBroken(
                f"completions[{index}]: without its personal data it is the same text as completions[{twin}], of the same model.",
                field=f"completions[{index}]", code="equal_completions",
            )  # fmt: skip


def _withheld(findings: tuple[Finding, ...]) -> RuleBroken:
    said = ", ".join(f"{finding.kind} in {finding.field}" for finding in findings[:10])
    more = f" and {len(findings) - 10} more" if len(findings) > 10 else ""
    return RuleBroken(f"line: withheld, it holds personal data: {said}{more}.", field="line", code="pii_withheld")


def _with_source(line: ImportLine, split_by: str, facts: Counter[str]) -> ImportLine:
    """`split_by` names a field of metadata; a line without it keeps its own source key."""
    if split_by == SOURCE_KEY:
        return line
    value: Any = line.metadata
    for key in split_by.split(".")[1:]:
        value = value.get(key) if isinstance(value, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        facts["without_source"] += 1
        return line
    return replace(line, source_key=str(value))


def _with_language(line: ImportLine, language: str, facts: Counter[str]) -> ImportLine:
    """What the line says itself stands."""
    if not language or line.language:
        return line
    found = language_of(line.messages[-1]["content"]) if language == "detect" else language
    facts["language_set" if found else "language_unclear"] += 1
    return replace(line, language=found) if found else line
