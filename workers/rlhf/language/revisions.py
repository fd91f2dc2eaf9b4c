"""The commit of a hub's model that a run reads, from its first attempt to its last: a branch may move in between."""

import json
from pathlib import Path

from apps.core.domain.canonical import canonical_json
from workers.rlhf.frame import processes
from workers.rlhf.frame.checkpoint import damaged
from workers.rlhf.frame.files import write_atomically
from workers.rlhf.frame.job import Job
from workers.rlhf.language.hub import commit_of


def commit_for(job: Job, name: str, revision: str | None) -> str | None:
    """What `revision` meant when this run first asked for it; None where the hub does not say. Of several processes one asks.

    Kept beside the checkpoint, so it goes with it: who begins again gets what the hub has then.
    """
    commit = _kept_or_asked(job, name, revision) if processes.is_first() else None
    found: str | None = processes.gathered(commit)[0]
    return found


def _kept_or_asked(job: Job, name: str, revision: str | None) -> str | None:
    path, asked = job.output / "checkpoint" / "revisions.json", f"{name}@{revision or 'main'}"
    kept = _kept(path, job.spec.sha256)
    if asked in kept:
        return kept[asked]
    commit = commit_of(name, revision)
    if commit is not None:
        data = canonical_json({"spec_sha256": job.spec.sha256, "commits": {**kept, asked: commit}})
        write_atomically(path, lambda file: file.write(data))
    return commit


def _kept(path: Path, spec_sha256: str) -> dict[str, str]:
    """Of this spec only: an attempt at another one may have left the folder before its first checkpoint."""
    try:
        said = json.loads(path.read_bytes())
        return dict(said["commits"]) if said["spec_sha256"] == spec_sha256 else {}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, LookupError) as error:
        raise damaged(path, "it does not say which commits were read") from error
