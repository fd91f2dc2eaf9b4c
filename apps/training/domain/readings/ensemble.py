"""How sure a reward model is: how far models trained apart on the same people's rankings differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..charts.chart import short
from ..charts.strips import Measure, Strips, measure, strips
from .report_json import finite, mapping, mappings, text, whole
from .saying import Sentence
from .saying import said as _
from .saying import said_of as ngettext


@dataclass(frozen=True, slots=True)
class EnsembleReading:
    strips: Strips
    facts: list[tuple[Sentence, str]]
    sentences: list[Sentence]


def read_ensemble(found: Any, model: Measure | None) -> EnsembleReading | None:
    section = mapping(found)
    agreed = measure("held_out", _("Where all of them agree, the model"), mapping(section.get("where_agreed")))
    apart = measure("held_out", _("Where they do not, the model"), mapping(section.get("where_not")))
    together = measure("together", _("All of them together, everywhere"), mapping(section.get("together")))
    drawn = strips([agreed, apart, together])
    facts = _facts(section)
    if not drawn and not facts:
        return None
    return EnsembleReading(drawn, facts, _sentences(section, agreed, apart, together, model))


def _facts(section: Mapping[str, Any]) -> list[tuple[Sentence, str]]:
    facts: list[tuple[Sentence, str]] = []
    names = [name for member in mappings(section.get("members")) if (name := text(member.get("name")))]
    if names:
        facts.append((_("Models"), ", ".join(names)))
    spread = mapping(section.get("spread"))
    for key, label in (
        ("median", _("Usual spread of a reply's reward, in units of the scale")),
        ("p90", _("Spread that one reply in ten exceeds")),
    ):
        if (value := finite(spread.get(key))) is not None:
            facts.append((label, short(value)))
    if (count := whole(spread.get("completions"))) is not None:
        facts.append((_("Replies measured"), f"{count:,}"))
    return facts


def _sentences(
    section: Mapping[str, Any],
    agreed: Measure | None,
    apart: Measure | None,
    together: Measure | None,
    model: Measure | None,
) -> list[Sentence]:
    told = []
    count = len(mappings(section.get("members")))
    disagree = measure("", "", mapping(section.get("disagree")))
    if disagree and count > 1:
        told.append(
            ngettext(
                "{n} model, trained apart, differs on the order of {share} of the held-out pairs.",
                "{n} models, trained apart, differ on the order of {share} of the held-out pairs.",
                count, n=count, share=disagree.text,
            )
        )  # fmt: skip
    if agreed and apart and agreed.low > apart.high:
        told.append(_("Where they agree it is right more often: their spread says where to doubt it."))
    elif agreed and apart:
        told.append(_("That it is right more often where they agree is not shown."))
    if together and model and together.low > model.high:
        told.append(_("Their mean is right more often than the model alone."))
    return told
