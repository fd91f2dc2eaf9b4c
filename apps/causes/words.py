"""What the codes of the report mean, for people. The English sentences of WHY are those of the domain; a test compares."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.utils.translation import ngettext

from apps.quality.shown import percent

from .models import DisagreementReport

Body = Mapping[str, Any]
CAUSES: dict[str, Promise] = {
    "noise": later("Careless or hasty judgments"),
    "pluralism": later("Groups who prefer different things"),
    "guideline": later("An unclear guideline"),
    "prompts": later("Bad prompts"),
}
SETTLED: dict[str, Promise] = {
    "noise": later("a slip"),
    "pluralism": later("real pluralism"),
    "guideline": later("an unclear guideline"),
    "prompts": later("a bad prompt"),
    "hard": later("hard but clear"),
}
OF: dict[str, Promise] = {
    "rankings": later("of the pairs that are ordered the opposite way"),
    "marks": later("of the marks that differ"),
}
STEPS: dict[str, Promise] = {
    "noise": later("Retrain the labelers who stand out, or give them a rest, and ask for more judgments of what they judged."),
    "pluralism": later("Split the objective: ask for each thing that people weigh differently in a field of its own, and say whose preference the model is to follow."),
    "guideline": later("Mend the guideline: write the rule for what stands out here with an example of either side."),
    "prompts": later("Adjudicate these tasks, and take the prompts that nobody can judge out of the work."),
}  # fmt: skip
STEP_NAMES: dict[str, Promise] = {
    "noise": later("Members"),
    "pluralism": later("Schemas"),
    "guideline": later("Write the next guideline"),
    "prompts": later("Adjudication"),
}
# Where the step is done; all of them are a manager's.
STEP_URLS = {
    "noise": "projects:members",
    "pluralism": "projects:schemas",
    "guideline": "projects:guideline-write",
    "prompts": "adjudication:queue",
}
STEP_CODES = {"noise": "retrain", "pluralism": "split", "guideline": "mend", "prompts": "adjudicate"}
SUSPECTED: dict[str, Promise] = {
    "agreement": later("agrees with others surely less than most"),
    "retest": later("says of the same task something else later, surely more often than most"),
    "gold": later("passes gold surely less often than most"),
}
WHY: dict[str, Promise] = {
    "no_overlap": later("Not enough overlap to tell: no prompt was ranked by two persons."),
    "few_prompts": later("Not enough overlap to tell: fewer than 30 prompts were ranked by two persons or more."),
    "no_disagreement": later("Labelers order everything alike, so there is no disagreement to explain."),
    "few_labelers": later("Not enough overlap to tell: this needs four labelers who each share tasks with the others."),
    "few_kinds": later("Not enough overlap to tell: this needs two use cases with ten prompts each, or three fields, that two persons judged."),
    "few_a_task": later("Not enough overlap to tell: this needs prompts that were flagged or skipped, or 30 tasks that three persons ranked."),
    "nothing_suspected": later("Nothing stands out, so there is nothing to measure."),
}  # fmt: skip
REASONS: dict[str, Promise] = {
    "settled": later("An adjudicator settled it as this."),
    "flagged": later("Several labelers flagged, reported or skipped its prompt."),
    "at_chance": later("Its labelers disagree as if they preferred nothing."),
    "use_case": later("Its use case is one on which labelers disagree more than on others."),
    "groups": later("Labelers of different groups order it the opposite way."),
    "suspects": later("A labeler who stands out orders it another way than the others."),
}


def headline(report: DisagreementReport) -> str:
    """The first cause in a sentence, or why there is none."""
    body = report.body
    if body["why"]:
        return str(WHY[body["why"]])
    first = body["causes"][0]
    if first["named"]:
        return explained(first, body)
    if all(one["why"] for one in body["causes"]):
        return _("Not enough overlap to tell any cause from another.")
    return _("No cause stands out: what can be told looks like the ordinary differences of people who judge alike.")


def explained(one: Mapping[str, Any], body: Body) -> str:
    """What a cause explains, with its interval."""
    number = len(groups_in(body))
    # No line begins with a sign.
    values = {name: percent(one[name]).replace(" ", "\u00a0") for name in ("share", "low", "high")}
    groups = {3: _("Three groups of labelers who prefer different things explain %(share)s of the disagreement (%(low)s to %(high)s)."),
              4: _("Four groups of labelers who prefer different things explain %(share)s of the disagreement (%(low)s to %(high)s).")}  # fmt: skip
    sentences = {
        "noise": _("Careless or hasty judgments explain %(share)s of the disagreement (%(low)s to %(high)s)."),
        "pluralism": groups.get(number, _("Two groups of labelers who prefer different things explain %(share)s of the disagreement (%(low)s to %(high)s).")),
        "prompts": _("A few bad prompts explain %(share)s of the disagreement (%(low)s to %(high)s)."),
        "guideline": _("A few use cases, on which the guideline is unclear, explain %(share)s of the disagreement (%(low)s to %(high)s)."),
        "marks": _("A few fields, on which the guideline is unclear, explain %(share)s of the marks that differ (%(low)s to %(high)s)."),
    }  # fmt: skip
    return sentences["marks" if one["of"] == "marks" else one["cause"]] % values


def settled(body: Body) -> str:
    """What adjudicators made of contested tasks; nothing where they settled none."""
    found = [f"{SETTLED[code]} {n}" for code, n in sorted(body["settled"].items(), key=lambda one: -one[1]) if n]
    return _("Adjudicators settled tasks as: %(found)s.") % {"found": ", ".join(found)} if found else ""


def stands_out(cause: str, body: Body) -> list[str]:
    """What the cause is about: labelers, groups, use cases, fields, prompts."""
    if cause == "guideline":
        return []  # its places tell it
    if cause == "pluralism":
        return _groups(body)
    if cause == "noise":
        return _suspects(body)
    flagged, chance = len(body["prompts_flagged"]), len(body["prompts_at_chance"])
    return [
        *([ngettext("%(n)s prompt was flagged, reported or skipped by several labelers.",
                    "%(n)s prompts were flagged, reported or skipped by several labelers.", flagged) % {"n": flagged}] if flagged else []),
        *([ngettext("On %(n)s prompt everybody disagrees with everybody.",
                    "On %(n)s prompts everybody disagrees with everybody.", chance) % {"n": chance}] if chance else []),
    ]  # fmt: skip


def place_name(one: Mapping[str, Any]) -> str:
    """A use case or field as a heading."""
    if one["kind"] == "field":
        return _("Field %(name)s") % {"name": one["name"]}
    return _("Use case %(name)s") % {"name": one["name"]} if one["name"] else _("Prompts without a use case")


def place_numbers(one: Mapping[str, Any]) -> str:
    """How much labelers differ there, beside elsewhere."""
    values = {
        "opposite": one["opposite"], "compared": one["compared"],
        "here": percent(one["opposite"] / max(one["compared"], 1)),
        "elsewhere": percent(one["elsewhere"] or 0.0),
    }  # fmt: skip
    if one["kind"] == "field":
        said = _("Two labelers mark it differently in %(opposite)s of %(compared)s pairs: %(here)s.")
    else:
        said = _("Two labelers order %(opposite)s of %(compared)s pairs the opposite way: %(here)s.")
    rest = "" if one["elsewhere"] is None else " " + _("Elsewhere it is %(elsewhere)s.")
    return (said + rest) % values


def _groups(body: Body) -> list[str]:
    found = groups_in(body)
    if not found:
        return []
    return [
        *(
            _("Group %(number)d: %(names)s.") % {"number": at, "names": ", ".join(names)}
            for at, names in enumerate(found, 1)
        ),
        _("Their preferences correlate with %(shared)s: 1 is the same, 0 is nothing in common, -1 is the opposite.")
        % {"shared": f"{body['shared']:.2f}"},
    ]


def groups_in(body: Body) -> list[list[str]]:
    """The labelers of each group, the largest group first; none without groups."""
    numbers = {one["group"] for one in body["labelers"]} - {None}
    return [[one["labeler"] for one in body["labelers"] if one["group"] == number] for number in sorted(numbers)]


def _suspects(body: Body) -> list[str]:
    said = [
        _("%(labeler)s %(reasons)s.")
        % {"labeler": one["labeler"], "reasons": _(" and ").join(str(SUSPECTED[what]) for what in one["suspected_for"])}
        for one in body["labelers"]
        if one["suspected_for"]
    ]
    if said:
        said.append(
            _(
                "Somebody who prefers something else looks like this too, until enough tasks are shared to see the group: look at examples with them first."
            )
        )
    if quick := body["counts"]["quick"]:
        said.append(
            ngettext("%(n)s judgment was made quicker than anybody reads.",
                     "%(n)s judgments were made quicker than anybody reads.", quick) % {"n": quick}
        )  # fmt: skip
    return said
