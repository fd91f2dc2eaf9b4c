"""The command line that every program has."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from apps.training.domain.specs import SPECS


def arguments_of(program: str, arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m workers.rlhf.{program}", description=SPECS[program].__doc__)
    parser.add_argument("--spec", type=Path, required=True, help="spec.json: the settings")
    parser.add_argument("--input", type=Path, required=True, help="folder of inputs")
    parser.add_argument("--output", type=Path, required=True, help="folder of results; interrupted work goes on there")
    return parser.parse_args(arguments)
