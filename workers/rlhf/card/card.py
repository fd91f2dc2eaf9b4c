"""The report card, put together: `report["card"]` of a reward run's manifest.

A thing that cannot be had is null, and beside it `why_no_` and its name is a sentence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.training.domain.specs import RewardSpec
from workers.rlhf.card.calibration import calibration, log_odds, margins
from workers.rlhf.card.curve import Point, learning_curve
from workers.rlhf.card.ensemble import ensemble
from workers.rlhf.card.folds import Fold, folds_report
from workers.rlhf.card.further import FOLD, SEED, SHARE, Further, Plan, Result, count_of
from workers.rlhf.card.interval import Floats, Resamples
from workers.rlhf.card.leanings import leanings
from workers.rlhf.card.previous import NOTHING, Former, previous
from workers.rlhf.card.report import NO_VALIDATION
from workers.rlhf.card.slices import slices
from workers.rlhf.card.table import Table, right, table_of
from workers.rlhf.preference.encoded import Encoded
from workers.rlhf.preference.normalisation import Normalisation

VERSION = 1
ALONE = "A single model was trained: ask for further ones (ensemble, folds)."
DIVERGED = "Every one of these further trainings diverged."

Section = tuple[dict[str, Any] | list[Any] | None, str | None]  # and why it is not there


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a run has found out: the model's raw rewards of all held-out texts, and those of its further trainings."""

    learned: Sequence[Encoded]
    held_out: Sequence[Encoded]
    raw: Floats
    normalisation: Normalisation
    ties: Mapping[str, Any]
    plan: Plan
    further: Sequence[Result]
    sentinels: Section
    former: Former

    def of(self, *kinds: str) -> list[tuple[Further, Floats]]:
        """The further trainings of these kinds that came to an end, with their raw rewards."""
        return [
            (one, result.rewards.double().numpy())
            for one, result in zip(self.plan.trainings, self.further, strict=True)
            if one.kind in kinds and result.rewards is not None
        ]


def report_card(found: Measured, spec: RewardSpec) -> dict[str, Any]:
    table = table_of([one.prompt for one in found.held_out])
    draws = Resamples(len(table.prompts), resamples=spec.bootstrap, seed=spec.seed)
    made: Mapping[str, Section] = {
        **(_of_held_out(found, table, draws) if len(table) else dict.fromkeys(HELD_OUT, (None, NO_VALIDATION))),
        "sentinels": found.sentinels,
    }
    card: dict[str, Any] = {"version": VERSION, "resamples": spec.bootstrap}
    for name, (section, why) in made.items():
        card |= {name: section, f"why_no_{name}": why if section is None else None}
    return card | {
        "trainings": [
            {
                "name": one.name, "prompts": len(one.prompts), "comparisons": one.comparisons, "steps": one.steps(spec),
                "seed": one.seed, "failed": result.why,
            }
            for one, result in zip(found.plan.trainings, found.further, strict=True)
        ]
    }  # fmt: skip


HELD_OUT = ("slices", "calibration", "margins", "leanings", "folds", "learning_curve", "ensemble", "previous")


def _of_held_out(found: Measured, table: Table, draws: Resamples) -> dict[str, Section]:
    raw = table.margins(found.raw)
    margin = raw / found.normalisation.scale
    lengths = [len(one.ids) for one in found.held_out]
    return {
        "slices": (slices(table, lengths, right(raw), draws), None),
        "calibration": (calibration(table, log_odds(raw, found.ties), draws), None),
        "margins": (margins(table, margin, draws), None),
        "leanings": (leanings(table, margin, draws), None),
        "folds": _folds(found, table, draws),
        "learning_curve": _curve(found, table, draws),
        "ensemble": _ensemble(found, table, draws),
        "previous": _previous(found, table, draws),
    }


def _folds(found: Measured, table: Table, draws: Resamples) -> Section:
    folds = [Fold(one.people, len(one.prompts), one.comparisons, rewards) for one, rewards in found.of(FOLD)]
    return (
        (folds_report(table, found.raw, folds, draws), None) if folds else (None, found.plan.why_no_folds or DIVERGED)
    )


def _curve(found: Measured, table: Table, draws: Resamples) -> Section:
    points = [Point(one.share, len(one.prompts), one.comparisons, rewards) for one, rewards in found.of(SHARE)]
    if not points:
        return None, found.plan.why_no_curve or DIVERGED
    whole = Point(1.0, len(found.learned), count_of(found.learned), found.raw)
    return learning_curve(table, [*points, whole], draws), None


def _ensemble(found: Measured, table: Table, draws: Resamples) -> Section:
    others = [(one.name, rewards) for one, rewards in found.of(SEED, FOLD)]
    if not others:
        return None, DIVERGED if any(one.kind in (SEED, FOLD) for one in found.plan.trainings) else ALONE
    return ensemble(table, [("the model", found.raw), *others], draws), None


def _previous(found: Measured, table: Table, draws: Resamples) -> Section:
    former, new = found.former, (found.raw - found.normalisation.zero) / found.normalisation.scale
    if former.rewards is None:
        return None, former.why
    section = previous(table, new, former.rewards, draws)
    return ({"identity": former.identity, **section} if section else None), NOTHING
