"""A model's files, as they were registered: nothing else of its folder is ever given out."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.utils.translation import gettext as _

from apps.core.domain.errors import Conflict, Gone, NotFound
from apps.registry.models import ModelVersion


@dataclass(frozen=True, slots=True)
class ModelFile:
    """`name` is its path in the model's folder."""

    name: str
    size: int
    sha256: str


def files_of(model: ModelVersion) -> list[ModelFile]:
    """What was read of them, else what the manifest says, by name."""
    for said in (model.facts.get("files"), model.manifest.get("files")):
        if isinstance(said, dict) and said:
            return [
                ModelFile(name, one["size"], one["sha256"])
                for name, one in sorted(said.items())
                if _is_inside(name)
                and isinstance(one, dict)
                and isinstance(one.get("size"), int)
                and isinstance(one.get("sha256"), str)
            ]
    return []


def file_of(model: ModelVersion, name: str) -> ModelFile:
    """Raises NotFound where none was registered by that name."""
    for file in files_of(model):
        if file.name == name:
            return file
    raise NotFound(_("%(model)s has no file of that name.") % {"model": model})


def place_of(model: ModelVersion, file: ModelFile, folder: Path | None) -> Path:
    """Where `file` lies in the model's `folder`. Raises Gone where it is not there any more, Conflict where another one
    lies there."""
    path = folder and (folder / file.name).resolve()
    if folder is None or path is None or not path.is_file():
        raise Gone(_("%(file)s of %(model)s is not on this installation any more.") % _named(model, file))
    if not path.is_relative_to(folder.resolve()) or path.stat().st_size != file.size:
        message = _("%(file)s of %(model)s is not what was registered any more, so it is not given out.")
        raise Conflict(message % _named(model, file), code="file_changed")
    return path


def _named(model: ModelVersion, file: ModelFile) -> dict[str, str]:
    return {"file": file.name, "model": str(model)}


def _is_inside(name: str) -> bool:
    """A plain path below the folder. The manifest was checked when the model was made; this holds whatever it says."""
    path = PurePosixPath(name)
    return (
        bool(path.parts)
        and name.isprintable()
        and not path.is_absolute()
        and ".." not in path.parts
        and str(path) == name
    )
