"""`labelstudio-rlhf`: the same verbs from a terminal."""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import credentials
from .client import Client, token_of
from .errors import ApiError, Broken, Unreachable

# How `import` ends, as `manage.py import_prompts` does. argparse ends with 2 as well.
FAILED, NOT_UNDERSTOOD, SKIPPED, PARTIAL = 1, 2, 3, 4
UNPROCESSABLE, NO_SUCH_FORMAT = 422, 415
# What an import may be asked to do, as its options are called: what each takes, and what it does.
OPTIONS = {
    "format": ("NAME", "whose file it is: label-studio, argilla, hh, oasst; without it, as its name says"),
    "columns": ("JSON", 'which column holds what, like {"prompt": "question"}'),
    "tasks": ("open|none", "open ranking tasks (the default), or none"),
    "dedupe_prefix": ("N", "leave out prompts that share so many first characters; 200 is a good length"),
    "cap_per_source": ("N", "at most so many prompts of one user or organisation"),
    "split_by": ("FIELD", "what stands for it: source_key, or a field like metadata.organisation"),
    "pii": ("mask|withhold", "mask personal data, or leave out lines that hold any"),
    "pii_model": ("FOLDER", "a recogniser of names and places, on the server"),
    "language": ("CODE", "detect, or a code, for lines that do not say theirs"),
    "use_case_quotas": ("QUOTAS", "chat=500,open_qa=200: most prompts of the project by use case"),
    "priority": ("N", "of the tasks: higher ones are handed out first"),
    "cohort": ("NAME", "keep the tasks for training or held-out labelers"),
    "requires": ("SKILLS", "that the tasks ask for, like language:es,domain:law"),
}


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    verb: Callable[[argparse.Namespace], int] = given.verb
    try:
        return verb(given)
    except (Broken, OSError) as error:
        print(f"labelstudio-rlhf: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="labelstudio-rlhf", description="Import prompts, watch, snapshot.")
    verbs = parser.add_subparsers(required=True, metavar="verb")

    login = verbs.add_parser("login", help="get a token and store it, readable by you only")
    login.add_argument("url")
    login.add_argument("email")
    login.set_defaults(verb=_login)

    bring = verbs.add_parser(
        "import", help="bring a file in",
        epilog="Exit status: 0 everything is in, 1 nothing could be read, 2 not understood, 3 done but some lines were "
        "refused, 4 broke off: run it again.",
    )  # fmt: skip
    bring.add_argument("project")
    bring.add_argument("file", type=Path)
    for name, (takes, does) in OPTIONS.items():
        bring.add_argument(f"--{name.replace('_', '-')}", metavar=takes, help=does)
    bring.set_defaults(verb=_import)

    watch = verbs.add_parser("watch", help="how a project gets on, until Ctrl-C")
    watch.add_argument("project")
    watch.add_argument("--every", type=float, default=10.0, metavar="SECONDS")
    watch.add_argument("--glances", type=int, default=0, help="stop after so many")
    watch.set_defaults(verb=_watch)

    snapshot = verbs.add_parser("snapshot", help="make a snapshot and fetch its files")
    snapshot.add_argument("project")
    snapshot.add_argument("folder", type=Path)
    snapshot.add_argument("--kind", default="rankings", help="rankings, demonstrations, prompts, ratings")
    snapshot.add_argument("--purpose", default="training", help="training, evaluation")
    snapshot.add_argument("--filter", type=_object, default={}, metavar="JSON", help='like {"split": "train"}')
    snapshot.add_argument("--licence", default="")
    snapshot.add_argument("--file", action="append", default=[], help="also this one, like pairs.jsonl")
    snapshot.set_defaults(verb=_snapshot)

    models = verbs.add_parser("models", help="the models of a project")
    models.add_argument("project")
    models.set_defaults(verb=_models)
    return parser


def _object(text: str) -> dict[str, Any]:
    """A JSON object, or a sentence of what one looks like."""
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise argparse.ArgumentTypeError(f'a JSON object is needed, like {{"split": "train"}}, not {text}')
    return given


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _login(given: argparse.Namespace) -> int:
    password = os.environ.get("LABELSTUDIO_RLHF_PASSWORD") or getpass.getpass()
    token = token_of(given.url, given.email, password, label="labelstudio-rlhf")
    _say(f"Stored in {credentials.store(credentials.Credentials(given.url, token))}.")
    return 0


def _import(given: argparse.Namespace) -> int:
    options = {name: getattr(given, name) for name in OPTIONS if getattr(given, name) is not None}
    with Client.from_environment() as client:
        try:
            imported = client.import_file(given.project, given.file, progress=sys.stderr.isatty(), **options)
        except (ApiError, Unreachable) as error:
            print(f"labelstudio-rlhf: {error}", file=sys.stderr)  # noqa: T201
            return _status_of(error)
    for refused in imported.errors[:20]:
        print(f"line {refused['line']}: {refused['message']}", file=sys.stderr)  # noqa: T201
    _say(
        f"{imported.state}: {imported.lines} lines, {imported.prompts} new prompts, {imported.rankings} rankings, "
        f"{imported.tasks_created} tasks, {imported.duplicates} duplicates, {imported.errors_total} left out"
    )
    if imported.error:
        print(f"labelstudio-rlhf: {imported.error}", file=sys.stderr)  # noqa: T201
    if imported.state != "done":
        return PARTIAL if imported.state == "partial" else FAILED
    return SKIPPED if imported.errors_total else 0


def _status_of(error: ApiError | Unreachable) -> int:
    """A file that cannot be read is refused like an option that is not understood, but by a code of its own."""
    if isinstance(error, Unreachable):
        return PARTIAL  # what arrived before is in
    if error.code != "unreadable_file" and error.status in (UNPROCESSABLE, NO_SUCH_FORMAT):
        return NOT_UNDERSTOOD
    return FAILED


def _watch(given: argparse.Namespace) -> int:
    with Client.from_environment() as client:
        for number, glance in enumerate(client.watch(given.project, every=given.every), start=1):
            _say(str(glance))
            if number == given.glances:
                break
    return 0


def _snapshot(given: argparse.Namespace) -> int:
    with Client.from_environment() as client:
        snapshot = client.snapshot(
            given.project, kind=given.kind, purpose=given.purpose, filter=given.filter, licence=given.licence
        )
        progress = sys.stderr.isatty()
        paths = snapshot.download(given.folder, progress=progress)
        paths += snapshot.download(given.folder, *given.file, progress=progress) if given.file else []
    for path in paths:
        _say(str(path))
    _say(f"{snapshot.rows_total} rows, sha256 {snapshot.sha256}")
    return 0


def _models(given: argparse.Namespace) -> int:
    with Client.from_environment() as client:
        for model in client.models(given.project):
            _say(f"{model['uid']}  {model['role']:<7} {model['name']} {model.get('number', '')}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
