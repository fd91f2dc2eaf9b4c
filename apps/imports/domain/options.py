"""What an import may be asked to do beside bringing lines in: the rules of InstructGPT's appendix A, and where tasks go.

    {"dedupe_prefix": 200, "cap_per_source": 200, "split_by": "metadata.organisation", "pii": "mask", "language": "detect",
     "use_case_quotas": {"chat": 5000}, "priority": 5, "requires": ["language:es"]}

Every key is optional; no key means that nothing is done.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from apps.core.domain.errors import RuleBroken
from apps.projects.domain.skills import clean_skills

from .columns import parse_hints

# "limit to roughly 200 prompts per organization" (arXiv 2203.02155, A.2).
CAP_PER_SOURCE = 200
DEDUPE_PREFIX = 200
PREFIX_LEAST, PREFIX_MOST = 20, 10_000
CAP_MOST = QUOTA_MOST = 1_000_000_000
SOURCE_KEY = "source_key"
PII = ("off", "mask", "withhold")
TASKS = ("open", "none")
COHORTS = ("training", "held-out")
PRIORITY_LEAST, PRIORITY_MOST = -1000, 1000
USE_CASE_MAX, QUOTAS_MOST, PATH_MAX = 60, 100, 300
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_METADATA = re.compile(r"metadata(\.[^.\s]{1,100}){1,5}")


@dataclass(frozen=True, slots=True)
class Options:
    """`split_by` names what stands for the end user or organisation: their prompts share a split, and the cap."""

    dedupe_prefix: int | None = None
    cap_per_source: int | None = None
    split_by: str = SOURCE_KEY
    pii: str = "off"
    pii_model: str = ""
    language: str = ""
    use_case_quotas: Mapping[str, int] = field(default_factory=dict)
    tasks: str | None = None
    priority: int = 0
    cohort: str | None = None
    requires: tuple[str, ...] = ()
    columns: Mapping[str, Any] | None = None

    @property
    def screens(self) -> bool:
        """Whether any line has to be looked at, not only placed."""
        return bool(
            self.dedupe_prefix or self.cap_per_source or self.split_by != SOURCE_KEY or self.pii != "off"
            or self.language or self.use_case_quotas
        )  # fmt: skip


def parse_options(value: Any) -> Options:
    """The options of an import. Raises RuleBroken that names the key; a key nobody knows is refused."""
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        raise RuleBroken("options: a JSON object is needed.", field="options")
    if unknown := [key for key in value if key not in Options.__slots__]:
        raise _broken(str(unknown[0]), f"is no option; there are {', '.join(Options.__slots__)}")
    given = {key: inner for key, inner in value.items() if inner is not None}
    options = Options(
        dedupe_prefix=_whole(given, "dedupe_prefix", PREFIX_LEAST, PREFIX_MOST),
        cap_per_source=_whole(given, "cap_per_source", 1, CAP_MOST),
        split_by=_split_by(given),
        pii=_one_of(given, "pii", PII) or "off",
        pii_model=_text(given.get("pii_model", ""), "pii_model", PATH_MAX),
        language=_language(given),
        use_case_quotas=_quotas(given.get("use_case_quotas", {})),
        tasks=_one_of(given, "tasks", TASKS),
        priority=_whole(given, "priority", PRIORITY_LEAST, PRIORITY_MOST) or 0,
        cohort=_one_of(given, "cohort", COHORTS),
        requires=_requires(given.get("requires", [])),
        columns=_columns(given.get("columns")),
    )
    if options.pii_model and options.pii == "off":
        raise _broken("pii_model", "needs pii: mask or withhold")
    return options


def _broken(key: str, rule: str) -> RuleBroken:
    return RuleBroken(f"options.{key}: {rule}.", field=f"options.{key}")


def _whole(given: Mapping[str, Any], key: str, least: int, most: int) -> int | None:
    if key not in given:
        return None
    number = given[key]
    if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
        raise _broken(key, f"a whole number from {least} to {most} is needed")
    return number


def _one_of(given: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str | None:
    chosen: str | None = given.get(key)
    if chosen is not None and chosen not in allowed:
        raise _broken(key, f"one of {', '.join(allowed)}")
    return chosen


def _text(value: Any, key: str, most: int) -> str:
    if not isinstance(value, str) or len(value) > most or not value.isprintable():
        raise _broken(key, f"a text of at most {most} printable characters is needed")
    return value


def _split_by(given: Mapping[str, Any]) -> str:
    named = given.get("split_by", SOURCE_KEY)
    if named != SOURCE_KEY and not (isinstance(named, str) and _METADATA.fullmatch(named)):
        raise _broken("split_by", "source_key, or a field of metadata like metadata.organisation")
    return str(named)


def _language(given: Mapping[str, Any]) -> str:
    named = given.get("language", "")
    if named not in ("", "detect") and not (isinstance(named, str) and len(named) <= 20 and _LANGUAGE.fullmatch(named)):
        raise _broken("language", "detect, or a code like en or pt-BR")
    return str(named)


def _quotas(value: Any) -> dict[str, int]:
    if not isinstance(value, Mapping) or len(value) > QUOTAS_MOST:
        raise _broken(
            "use_case_quotas", f"an object of at most {QUOTAS_MOST} use cases and their most prompts is needed"
        )
    for use_case, most in value.items():
        _text(use_case, "use_case_quotas", USE_CASE_MAX)
        if not isinstance(most, int) or isinstance(most, bool) or not 0 <= most <= QUOTA_MOST:
            raise _broken(f"use_case_quotas.{use_case}", f"a whole number from 0 to {QUOTA_MOST} is needed")
    return dict(value)


def _requires(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _broken("requires", "a list of skills like domain:medicine is needed")
    return tuple(clean_skills(value, "options.requires"))


def _columns(value: Any) -> Mapping[str, Any] | None:
    """A mapping that can be; whether it is enough depends on the file's format (columns_for)."""
    if value is not None:
        parse_hints(value)
    return cast("Mapping[str, Any] | None", value)
