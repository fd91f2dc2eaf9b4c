"""Reading a checkpoint that a disk, or somebody, may have damaged since it was written."""

import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

from workers.rlhf.frame.errors import BadInput

PARTS = {"spec_sha256", "metrics_bytes", "seconds", "random", "state"}


def read_checkpoint(path: Path) -> dict[str, Any]:
    """What `Job.checkpoint_save` wrote. Raises BadInput where a byte of it has changed, or some are gone."""
    whole = read_saved(path)
    if not isinstance(whole, dict) or not whole.keys() >= PARTS:
        raise damaged(path, "it was written by another version of the program")
    return whole


def read_saved(path: Path) -> Any:
    """What torch.save wrote, on the CPU. Raises BadInput where it is damaged or gone.

    torch.load looks at no check sums: zeros amid the weights would be learned on from. They are in the file, which is
    a zip archive, and reading it twice is cheap beside training.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
        if broken is not None:
            raise damaged(path, f"the check sum of {broken} is wrong")
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise damaged(path, "the file is gone") from error
    except (zipfile.BadZipFile, pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise damaged(
            path, str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        ) from error


def damaged(path: Path, why: str) -> BadInput:
    folder = path.parent
    return BadInput(
        "output",
        f"output: the checkpoint {path} cannot be gone on from: {why.rstrip('.')}. Delete the folder {folder} and give the "
        "same command to begin again, or start a new run (in the loop a new turn).",
    )
