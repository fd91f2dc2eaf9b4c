"""Where a model's reply comes from: back over the model and the runs to the judgments that taught it."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.datasets.models import DatasetSnapshot
from apps.projects.models import Project
from apps.prompts.models import Completion
from apps.registry.models import ModelVersion
from apps.training.models import TrainingRun

# One more than a policy needs: policy, its reward model and SFT model, the base.
DEPTH = 4
# What `origin_of` reads of a completion: pass to select_related.
ORIGIN_ROWS = (
    "generation_run",
    "model_version__made_by__snapshot",
    "model_version__made_by__parent_model__made_by__snapshot",
    "model_version__made_by__parent_model__made_by__parent_model__made_by",
    "model_version__made_by__reward_model__made_by__snapshot",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the way back: `what` it is, what it is called, and where it is shown."""

    what: str
    text: str
    url: str
    uid: UUID


def origin_of(completion: Completion, project: Project) -> list[list[Step]]:
    """The ways back from a reply: its own first, then that of the SFT model it grew from. Empty for people's texts.

    What another project did with a shared base stays out of sight.
    """
    model = completion.model_version
    if model is None:
        return []
    first = _written(completion, project) + list(_made(model, project))
    ways = [first]
    for _link in range(DEPTH):
        run = maker_of(model, project)
        if run is None or run.parent_model is None:
            break
        model = run.parent_model
        ways.append(list(_made(model, project)))
    return ways


def maker_of(model: ModelVersion, project: Project) -> TrainingRun | None:
    """The run of this project that made `model`, if one did."""
    run: TrainingRun | None = getattr(model, "made_by", None)
    return run if run is not None and run.project_id == project.pk else None


def _written(completion: Completion, project: Project) -> list[Step]:
    run = completion.generation_run
    if run is None or run.project_id != project.pk:
        return []
    url = reverse("training:generation", args=[project.slug, run.uid])
    return [Step(_("Written in"), _("generation run"), url, run.uid)]


def _made(model: ModelVersion, project: Project) -> Iterator[Step]:
    """`model`, the run that made it, and what that run learned from."""
    yield Step(model.role, str(model), reverse("training:model", args=[project.slug, model.uid]), model.uid)
    run = maker_of(model, project)
    if run is None:
        return
    text = _("%(kind)s run") % {"kind": run.kind}
    yield Step(_("made by"), text, reverse("training:run", args=[project.slug, run.uid]), run.uid)
    if run.reward_model is not None:
        yield from _made(run.reward_model, project)
    elif run.snapshot is not None:
        yield from _learned(run.snapshot, project)


def _learned(snapshot: DatasetSnapshot, project: Project) -> Iterator[Step]:
    address, rows = [project.slug, snapshot.uid], snapshot.rows or 0
    name = f"{snapshot.kind} {snapshot.sha256[:8]}"
    yield Step(_("from the snapshot"), name, reverse("datasets:snapshot", args=address), snapshot.uid)
    count = ngettext("%(n)s judgment", "%(n)s judgments", rows) % {"n": f"{rows:,}"}
    yield Step(_("of"), count, reverse("lineage:records", args=address), snapshot.uid)
