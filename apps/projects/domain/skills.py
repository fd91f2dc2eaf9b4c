"""Skills: what a labeler can judge that not everybody can, like `language:es` or `domain:medicine`."""

import re
from collections.abc import Iterable
from typing import Any

from apps.core.domain.errors import RuleBroken

MOST_SKILLS = 50
_SKILL = re.compile(r"[\w+.-]+(?::[\w+.-]+)*")
_NOT_OF_A_WORD = re.compile(r"[^\w+.-]+")
_LONGEST = 60


def clean_skills(given: Any, field: str = "skills") -> list[str]:
    """Each once, in lower case and in order, or RuleBroken that names `field` and the rule."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise RuleBroken(f"{field}: a list of skills, like language:es or domain:medicine.", field=field)
    skills = sorted({_clean(skill, field) for skill in given})
    if len(skills) > MOST_SKILLS:
        raise RuleBroken(f"{field}: at most {MOST_SKILLS} skills.", field=field)
    return skills


def _clean(skill: Any, field: str) -> str:
    name = skill.strip().lower() if isinstance(skill, str) else ""
    if not _SKILL.fullmatch(name) or len(name) > _LONGEST:
        raise RuleBroken(
            f"{field}: {str(skill)[:_LONGEST]!r} is no skill. One is a word or words joined by colons, like language:es "
            f"or domain:medicine: letters, digits and . - _ +, at most {_LONGEST} characters.",
            field=field, code="not_a_skill",
        )  # fmt: skip
    return name


def language_skill(language: str) -> str:
    """What a prompt in that language asks for where the project keeps languages apart; "" where there is none."""
    word = _NOT_OF_A_WORD.sub("-", language.lower()).strip("-")
    return f"language:{word}"[:_LONGEST] if word else ""
