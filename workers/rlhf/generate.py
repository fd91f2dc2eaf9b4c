"""Candidates: several completions of each prompt, the same ones for the same seed wherever the work was interrupted.

A model in this process writes them, or one at an endpoint: then torch is never loaded.
"""

from collections.abc import Sequence
from typing import Any

from apps.training.domain.endpoints import SCHEME
from workers.rlhf.frame import light
from workers.rlhf.frame.command import arguments_of
from workers.rlhf.frame.leaving import leave


def run(job: Any) -> Any:
    """By a model in this process."""
    from workers.rlhf.candidates.local import run_local

    return run_local(job)


def start(arguments: Sequence[str] | None = None) -> int:
    """By where the spec's model is. Returns the exit code."""
    given = arguments_of("generate", arguments)
    if str(light.spec_of(given).get("model")).startswith(f"{SCHEME}:"):
        from workers.rlhf.candidates.remote import run_remote

        return light.main("generate", run_remote, given, last=arguments is None)
    from workers.rlhf.frame.program import main

    return main("generate", run, arguments)


if __name__ == "__main__":
    leave(start())
