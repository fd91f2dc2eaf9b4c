"""The chain as a short row of steps, each with how much of it there is: the map above the details."""

from dataclasses import dataclass

from django.utils.translation import ngettext

from .chain import Chain


@dataclass(frozen=True, slots=True)
class TrailStep:
    """`anchor` is the part of the page that tells of it; `count` is 0 where nothing came yet."""

    anchor: str
    text: str
    count: int


def steps_of(chain: Chain) -> list[TrailStep]:
    reach = chain.reach
    written = sum(generation.completions for generation in reach.generations)
    counted = (
        ("import", len(chain.imports), ngettext("import", "imports", len(chain.imports))),
        ("prompt", 1, ngettext("prompt", "prompts", 1)),
        ("texts", len(chain.completions), ngettext("text", "texts", len(chain.completions))),
        ("judgments", len(chain.judgments), ngettext("judgment", "judgments", len(chain.judgments))),
        ("snapshots", len(reach.snapshots), ngettext("snapshot", "snapshots", len(reach.snapshots))),
        ("runs", len(reach.runs), ngettext("run", "runs", len(reach.runs))),
        ("runs", len(reach.models), ngettext("model", "models", len(reach.models))),
        ("written", written, ngettext("new text", "new texts", written)),
    )
    return [TrailStep(anchor, text, count) for anchor, count, text in counted]
