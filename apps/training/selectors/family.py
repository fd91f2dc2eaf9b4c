"""The family tree of a project's models: which was trained from which."""

from collections import defaultdict
from dataclasses import dataclass

from apps.projects.models import Project
from apps.registry.models import ModelVersion

from ..models import TrainingRun
from .models import models_listed

# More than anybody reads on a page; the newest are shown.
MOST = 500
# What lies deeper is shown as deep: a browser, and a reader, can follow no further.
DEEPEST = 30


@dataclass(frozen=True, slots=True)
class Branch:
    """A model and where its list begins and ends: `opens` one deeper than the row before, `closes` so many after it."""

    model: ModelVersion
    run: TrainingRun | None
    opens: bool
    closes: range


@dataclass(frozen=True, slots=True)
class Family:
    branches: list[Branch]
    left_out: int

    @property
    def with_parents(self) -> list[tuple[ModelVersion, ModelVersion]]:
        """Each model that was trained from another, and that one."""
        models = (branch.model for branch in self.branches)
        return [(model, model.parent) for model in models if model.parent is not None]


def family_of(project: Project) -> Family:
    """Oldest first among siblings. A model whose parent is not among those shown begins a tree of its own."""
    rows = models_listed(project)
    light = rows.select_related("parent", "made_by__reward_model").defer(
        "made_by__reward_model__manifest", "made_by__reward_model__facts"
    )
    shown = list(light[:MOST])[::-1]
    known = {model.pk for model in shown}
    children: dict[int | None, list[ModelVersion]] = defaultdict(list)
    for model in shown:
        children[model.parent_id if model.parent_id in known else None].append(model)
    return Family(_branches(_flat(children), project), max(0, rows.count() - len(shown)))


def _flat(children: dict[int | None, list[ModelVersion]]) -> list[tuple[ModelVersion, int]]:
    """Every model with its depth, parents before children."""
    found, waiting = [], [(model, 0) for model in reversed(children[None])]
    while waiting:
        model, depth = waiting.pop()
        found.append((model, depth))
        waiting += [(child, min(depth + 1, DEEPEST)) for child in reversed(children[model.pk])]
    return found


def _branches(rows: list[tuple[ModelVersion, int]], project: Project) -> list[Branch]:
    depths = [depth for _model, depth in rows] + [0]
    return [
        Branch(
            model=model,
            run=_own_run(model, project),
            opens=number > 0 and depth > depths[number - 1],
            closes=range(depth - depths[number + 1]),
        )
        for number, (model, depth) in enumerate(rows)
    ]


def _own_run(model: ModelVersion, project: Project) -> TrainingRun | None:
    """A shared base's run is another project's."""
    run: TrainingRun | None = getattr(model, "made_by", None)
    return run if run is not None and run.project_id == project.pk else None
