"""The client: a researcher's day in a dozen verbs."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from . import credentials
from .agreement import Agreement, agreement_of
from .comparison import Comparison
from .imports import Import, Row, followed, import_file
from .labeling import Assignment, claimed
from .questions import AnswerBeside, Guideline, Question, answers_of, guideline_of, questions_of
from .snapshots import Snapshot
from .transport import Transport
from .watching import Glance, watched

# What the list of tokens says of one that was made here.
LABEL = "labelstudio-rlhf-client"


class Client:
    """Calls of one installation with one token. Raises ApiError (code, message, details) where the server says no."""

    def __init__(self, url: str, token: str, **transport: Any) -> None:
        self.calls = Transport(url, token, **transport)

    @classmethod
    def from_environment(cls, **transport: Any) -> "Client":
        """LABELSTUDIO_RLHF_URL and LABELSTUDIO_RLHF_TOKEN, else what `labelstudio-rlhf login` stored."""
        found = credentials.found()
        return cls(found.url, found.token, **transport)

    @classmethod
    def sign_in(cls, url: str, email: str, password: str, *, label: str = LABEL, **transport: Any) -> "Client":
        """With a new token of 90 days."""
        return cls(url, token_of(url, email, password, label=label, **transport), **transport)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.calls.close()

    # Projects and people

    def projects(self, **filters: Any) -> Iterator[dict[str, Any]]:
        return self.calls.pages("projects/", **filters)

    def project(self, project: str) -> Any:
        return self.calls.get(f"projects/{project}/")

    def create_project(self, slug: str, name: str, **settings: Any) -> Any:
        return self.calls.post("projects/", {"slug": slug, "name": name, **settings})

    def members(self, project: str, **filters: Any) -> Iterator[dict[str, Any]]:
        return self.calls.pages(f"projects/{project}/members/", **filters)

    def add_member(self, project: str, email: str, role: str, **fields: Any) -> Any:
        return self.calls.post(f"projects/{project}/members/", {"email": email, "role": role, **fields})

    def guidelines(self, project: str) -> Iterator[dict[str, Any]]:
        return self.calls.pages(f"projects/{project}/guidelines/")

    def publish_guideline(self, project: str, body: str, **fields: Any) -> Any:
        return self.calls.post(f"projects/{project}/guidelines/", {"body": body, **fields})

    def guideline(self, project: str, number: int, *, track: str | None = None) -> Guideline:
        """One version with its rules."""
        return guideline_of(self.calls, project, number, track)

    def guideline_changes(
        self, project: str, number: int, *, since: int | None = None, track: str | None = None
    ) -> Any:
        """What is different since another version, block by block."""
        return self.calls.get(f"projects/{project}/guidelines/{number}/changes/", since=since, track=track)

    def guideline_answers(self, project: str, number: int, *, track: str | None = None) -> list[AnswerBeside]:
        """Questions and answers that stand beside its rules for everybody."""
        return answers_of(self.calls, project, number, track)

    def questions(self, project: str, **filters: Any) -> Iterator[Question]:
        """Newest first: one's own, for managers all. `state="open"` are those without an answer."""
        return questions_of(self.calls, project, **filters)

    # Data in

    def import_file(
        self, project: str, source: str | Path | Iterable[Row], *, progress: bool = False, wait: bool = True,
        every: float = 2.0, **options: Any,
    ) -> Import:  # fmt: skip
        """Bring in a file (JSONL, CSV, Parquet, also gzipped) or rows, and wait until it is all in.

        `options` are the import's own (docs/import.md): dedupe_prefix=200, cap_per_source=200, pii="mask",
        language="detect", use_case_quotas={"chat": 500}, tasks="none", format="csv"... A file that breaks off is sent
        again: what is in already is known.
        """
        return import_file(self.calls, project, source, progress=progress, wait=wait, every=every, options=options)

    def imports(self, project: str, **filters: Any) -> Iterator[dict[str, Any]]:
        return self.calls.pages(f"projects/{project}/imports/", **filters)

    def wait_import(self, uid: str, *, every: float = 2.0, progress: bool = False) -> Import:
        return followed(self.calls, Import.of(self.calls.get(f"imports/{uid}/")), every=every, progress=progress)

    def prompts(self, project: str, **filters: Any) -> Iterator[dict[str, Any]]:
        return self.calls.pages(f"projects/{project}/prompts/", **filters)

    def tasks(self, project: str, **filters: Any) -> Iterator[dict[str, Any]]:
        return self.calls.pages(f"projects/{project}/tasks/", **filters)

    def make_tasks(self, project: str, kind: str, prompts: list[str] | Mapping[str, Any], **fields: Any) -> Any:
        """Of prompts by uid, or of those a filter finds."""
        return self.calls.post(f"projects/{project}/tasks/", {"kind": kind, "prompts": prompts, **fields})

    # Labeling

    def watch(self, project: str, *, since: datetime | None = None, every: float = 10.0) -> Iterator[Glance]:
        """What is new, glance by glance, until you stop asking."""
        return watched(self.calls, project, since=since, every=every)

    def agreement(self, project: str) -> Agreement:
        """How well labelers agree; for managers and researchers."""
        return agreement_of(self.calls, project)

    def judgments(self, project: str, **filters: Any) -> Iterator[dict[str, Any]]:
        return self.calls.pages(f"projects/{project}/judgments/", **filters)

    def queue(self, project: str, kind: str | None = None) -> Any:
        return self.calls.get(f"projects/{project}/queue/", kind=kind)

    def acknowledge_guideline(self, project: str, number: int) -> None:
        self.calls.post(f"projects/{project}/guidelines/{number}/acknowledgement/")

    def claim(self, project: str, kind: str = "rank") -> Assignment | None:
        """The next task, or the one held; None when nothing is left."""
        return claimed(self.calls, project, kind)

    # Data out

    def snapshot(
        self, project: str, *, kind: str = "rankings", purpose: str = "training", filter: Mapping[str, Any] | None = None,
        wait: bool = True, every: float = 2.0, **fields: Any,
    ) -> Snapshot:  # fmt: skip
        """A new snapshot, ready unless `wait` is False."""
        body = {"kind": kind, "purpose": purpose, "filter": dict(filter or {}), **fields}
        snapshot = Snapshot(self.calls, self.calls.post(f"projects/{project}/snapshots/", body))
        return snapshot.wait(every=every) if wait else snapshot.refresh()

    def get_snapshot(self, uid: str) -> Snapshot:
        return Snapshot(self.calls, self.calls.get(f"snapshots/{uid}/"))

    def snapshots(self, project: str, **filters: Any) -> Iterator[Snapshot]:
        return (
            Snapshot(self.calls, answer) for answer in self.calls.pages(f"projects/{project}/snapshots/", **filters)
        )

    def load(self, snapshot: Snapshot | str, name: str | None = None, **options: Any) -> Any:
        """A snapshot, or the one of that uid, as a `datasets.Dataset`."""
        found = snapshot if isinstance(snapshot, Snapshot) else self.get_snapshot(snapshot)
        return found.load(name, **options)

    # Models

    def models(self, project: str, **filters: Any) -> Iterator[dict[str, Any]]:
        return self.calls.pages(f"projects/{project}/models/", **filters)

    def compare_models(self, project: str, *uids: str) -> Comparison:
        """Two to four models side by side: whose replies people ranked higher, and what was measured."""
        return Comparison.of(self.calls.get(f"projects/{project}/models/comparison/", model=uids))

    def lineage(self, project: str, **of: Any) -> Any:
        """Where an exported line comes from, and where it went."""
        return self.calls.get(f"projects/{project}/lineage/", **of)


def token_of(url: str, email: str, password: str, *, label: str = LABEL, **transport: Any) -> str:
    """A new token for an account without a second factor."""
    # No repeats: each answer is another token.
    with Transport(url, None, **{**transport, "again": 0}) as calls:
        body = {"email": email, "password": password, "label": label}
        answer = calls.call("POST", "auth/token/", json=body)
    return str(answer["token"])
