"""The dataset card: what is in a snapshot, who made it and how, and what is known to be wrong with it.

Its questions are those of the datasheet of InstructGPT's data: composition, labelers, collection, biases, uses.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from ..domain.filters import told
from ..domain.records import Record
from ..domain.statistics import Agreement, Statistics
from ..models import DatasetSnapshot
from .card_facts import agreement_in, prompts_in

_TASKS = {
    "rankings": "text-ranking", "ratings": "text-classification", "demonstrations": "text-generation",
    "prompts": "text-generation",
}  # fmt: skip
_SIZES = (
    (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"),
)  # fmt: skip

_HOW = {
    "rankings": "Members rate and rank the completions of a prompt from best to worst, in a shuffled order, without seeing "
    "who wrote them; equal tiers are ties.",
    "ratings": "Members rate the completions of a prompt, in a shuffled order, without seeing who wrote them; none of these "
    "judgments puts them in an order of quality.",
    "demonstrations": "Members write the reply to a prompt that they would wish for.",
    "prompts": "Prompts were imported or written by members, with the completions and candidate sets that they have.",
}


def card_text(snapshot: DatasetSnapshot, records: Iterable[Record]) -> str:
    """Markdown with YAML front matter, counted from the records themselves."""
    facts = Statistics()
    for record in records:
        facts.add(record)
    parts = [_front_matter(snapshot, facts), _head(snapshot, facts), _contents(facts)]
    if facts.labelers:
        parts.append(_people(facts))
    parts += [
        _method(snapshot, facts),
        _consensus(facts),
        _agreement(agreement_in(snapshot)),
        _biases(snapshot, facts),
        _uses(snapshot),
    ]
    return "\n".join(part for part in parts if part)


def _front_matter(snapshot: DatasetSnapshot, facts: Statistics) -> str:
    """What the Hugging Face Hub and `datasets.load_dataset` read."""
    head: dict[str, Any] = {
        "pretty_name": f"{snapshot.project.name}: {snapshot.kind} for {snapshot.purpose}",
        **({"license": snapshot.licence} if snapshot.licence else {}),
        "task_categories": [_TASKS[snapshot.kind]],
        "tags": ["rlhf", "human-feedback", snapshot.kind],
        "size_categories": [next((name for most, name in _SIZES if facts.rows < most), "1B<n<10B")],
        "configs": [{"config_name": "default", "data_files": f"{snapshot.kind}.jsonl"}],
    }
    if languages := sorted(set(facts.languages) - {"not stated"}):
        head["language"] = languages
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}---\n"


def _head(snapshot: DatasetSnapshot, facts: Statistics) -> str:
    filters = [f"  - {name}: {_cell(value)}" for name, value in told(snapshot.filter)]
    return "\n".join([
        f"# {snapshot.project.name}: {snapshot.kind}\n",
        f"A frozen snapshot for {snapshot.purpose}: {facts.rows} {snapshot.kind} on {prompts_in(snapshot)} prompts.\n",
        f"- snapshot: `{snapshot.uid}`, asked for on {snapshot.created_at:%Y-%m-%d}",
        f"- sha256 of `{snapshot.kind}.jsonl`: `{snapshot.sha256}`",
        f"- licence: {snapshot.licence or 'none was chosen; ask whoever gave it to you'}",
        "- filter: " + ("everything that the purpose allows" if not filters else ""),
        *filters,
        "",
    ])  # fmt: skip


def _contents(facts: Statistics) -> str:
    parts = ["## Contents\n", _table("split", facts.splits)]
    if facts.cohorts:
        parts.append(_table("split, cohort of the labeler", facts.cohorts))
    parts += [_table("language", facts.languages), _table("use case", facts.use_cases)]
    if facts.sizes:
        parts.append(
            _table("candidates (K)", Counter({str(k): n for k, n in sorted(facts.sizes.items())}), ordered=True)
        )
        parts.append(_table("model", facts.models))
    if facts.pairs or facts.tied_pairs:
        parts.append(f"{facts.pairs} ordered pairs; {facts.tie_share:.1%} of all pairs are ties and give none.\n")
    return "\n".join(parts)


def _people(facts: Statistics) -> str:
    lines = ["## Labelers\n", "By pseudonym, which is of this project alone.\n", "| labeler | kind | cohort | judgments |", "|---|---|---|---|"]  # fmt: skip
    for labeler, count in sorted(facts.labelers.items(), key=lambda item: (-item[1], item[0].pseudonym)):
        lines.append(f"| {_cell(labeler.pseudonym)} | {labeler.kind} | {labeler.cohort} | {count} |")
    return "\n".join([*lines, ""])


def _method(snapshot: DatasetSnapshot, facts: Statistics) -> str:
    text = f"## How it was made\n\n{_HOW[snapshot.kind]} "
    if snapshot.kind != "prompts":
        text += (
            "Judgments are never changed: a correction is a new row that supersedes, and only the last of a chain is "
            "exported unless asked for. Held-out labelers' judgments never enter a training snapshot. "
        )
    text += "Records are ordered by uid, as canonical JSON.\n"
    if facts.guidelines:
        text += "\nThe instructions in force when they were given:\n\n" + _table("guideline", facts.guidelines)
    if snapshot.kind == "rankings":
        text += (
            "\nIn `pairs.jsonl` every pair of different tiers is one row, with a weight of one divided by its "
            "ranking's pairs, so that every ranking counts once.\n"
        )
    if snapshot.kind != "prompts":
        text += "\nA prompt's context stands at the end of the system message in the files derived for trainers.\n"
    return text


_OF_METHOD = {
    "aggregated": "made of all judgments of their task by a Plackett-Luce model in which each labeler has a reliability (1 is "
    "the average, 0 says nothing); two candidates tie unless their order has more votes, weighed by reliability, than a tie "
    "and than the reverse",
    "adjudicated": "given by an adjudicator who saw what labelers had said",
    "raw": "what one labeler said of a task that nobody settled",
}


def _consensus(facts: Statistics) -> str:
    """How lines were made of judgments, where they were."""
    if not facts.methods:
        return ""
    lines = [f"- {count} {method}: {_OF_METHOD[method]}." for method, count in sorted(facts.methods.items())]
    judgments = sum(each * count for each, count in facts.parts.items())
    lines.append(f"- {judgments} judgments are in {facts.rows} lines; each line names those it was made of.")
    if facts.methods["aggregated"]:
        mean = facts.claimed / facts.methods["aggregated"]
        lines.append(f"- The mean probability that the order of a pair is right is {mean:.1%}, by the model itself.")
    return (
        "## One ranking a task\n\n" + "\n".join(lines) + "\n\n"
        + _table("judgments in a line", Counter({str(n): c for n, c in sorted(facts.parts.items())}), ordered=True)
    )  # fmt: skip


def _agreement(found: Agreement) -> str:
    if not found.compared:
        return ""
    return (
        "## Agreement\n\n"
        f"{found.tasks} tasks were ranked by several labelers. Of two candidates, two of them said the same (better, "
        f"worse or equal) in {found.share:.1%} of {found.compared} comparisons. InstructGPT tells 73% among its "
        "labelers, without ties.\n"
    )


def _biases(snapshot: DatasetSnapshot, facts: Statistics) -> str:
    known = [*_labeler_biases(facts), *_text_biases(facts)]
    if facts.splits["test"] and snapshot.purpose == "training":
        known.append("It holds prompts of the test split: do not measure on those what you train on this.")
    if snapshot.filter:
        known.append("It was filtered (see above): what was left out is not there by chance.")
    known.append("The prompts are those that somebody brought to this project, not a sample of any population.")
    return "## Known biases\n\n" + "\n".join(f"- {sentence}" for sentence in known) + "\n"


def _labeler_biases(facts: Statistics) -> Iterator[str]:
    if not facts.labelers:
        return
    by_labeler: Counter[tuple[str, str]] = Counter()  # who changed their cohort is one labeler still
    for labeler, count in facts.labelers.items():
        by_labeler[labeler.pseudonym, labeler.kind] += count
    people = sum(kind in ("member", "person") for _, kind in by_labeler)
    busiest = max(by_labeler.values()) / sum(by_labeler.values())
    yield f"{people} people are named as such; the busiest labeler gave {busiest:.1%} of the judgments."
    if facts.imported:
        yield f"{facts.imported} judgments were imported: their instructions and the order shown are unknown here."
    if pools := sum(n for labeler, n in facts.labelers.items() if labeler.kind == "pool"):
        yield f"{pools} judgments are by pools (a crowd, a consensus), in which single views cannot be told apart."
    if machines := sum(n for labeler, n in facts.labelers.items() if labeler.kind in ("model", "simulated")):
        yield f"{machines} judgments are by programs, not by people."
    if facts.surplus:
        yield f"{facts.surplus} judgments are surplus: their tasks had enough judgments already."


def _text_biases(facts: Statistics) -> Iterator[str]:
    if facts.decided:
        yield f"Length: in {facts.longer_share:.1%} of the pairs of unequal length the longer text won."
    if facts.models["not stated"]:
        yield "Which model wrote some of the texts is not stated, so style and model cannot be told apart."
    if facts.languages["not stated"] == facts.rows:
        yield "The language of the prompts is not stated."
    elif len(facts.languages) == 1:
        yield f"All of it is in one language ({next(iter(facts.languages))})."


def _uses(snapshot: DatasetSnapshot) -> str:
    judged = snapshot.kind != "prompts"
    text = "It may be learned from."
    if snapshot.purpose != "training":
        text = "It is there to measure with. Do not train on it" + (
            ": judgments of held-out labelers may be in it." if judged else "."
        )
    if judged:
        text += " The judgments are opinions of these labelers under these instructions, not facts about the texts."
    return f"## Uses\n\n{text} The texts of models may be false or harmful.\n"


def _table(name: str, counts: Counter[str], *, ordered: bool = False) -> str:
    rows = counts.items() if ordered else sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    lines = [f"| {name} | count |", "|---|---|", *(f"| {_cell(key)} | {count} |" for key, count in rows)]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
