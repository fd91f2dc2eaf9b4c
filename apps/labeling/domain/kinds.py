"""Which of a schema's parts a task of a kind has: a project's choice, within what the kind can be."""

from dataclasses import replace

from apps.projects.domain.parts import Parts


def parts_of(kind: str, parts: Parts) -> Parts:
    """`parts` as they hold for a task of `kind`: only `rank` ranks, `rate` always rates, `demonstrate` does neither."""
    if kind == "rank":
        return parts
    return replace(parts, ranking="off", proposal=False, ratings=kind == "rate")
