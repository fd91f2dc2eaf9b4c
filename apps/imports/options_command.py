"""Options of an import on the command line: `--dedupe-prefix 200 --pii mask`."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from .domain.asked import ASKED, options_asked
from .services.recogniser import options_runnable

_SAID = {
    "dedupe_prefix": "leave out prompts whose last message shares so many first characters with another",
    "cap_per_source": "at most so many prompts of one user or organisation, like 200",
    "split_by": "what stands for the user or organisation: source_key or metadata.FIELD",
    "pii": "off, mask or withhold: personal data by patterns",
    "pii_model": "a recogniser's folder, below the folder of recognisers",
    "language": "detect, or the code of lines that do not say their own",
    "use_case_quotas": "most prompts by use case: chat=500,open_qa=200",
    "priority": "of the tasks made",
    "cohort": "training or held-out: who gets the tasks made",
    "requires": "skills the tasks made ask for: language:es,domain:law",
    "columns": "JSON: which column holds what",
}


def add_option_arguments(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("options of the import")
    for name in ASKED:
        group.add_argument(f"--{name.replace('_', '-')}", default="", metavar="", help=_SAID[name])


def options_given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The options among the command's arguments, as an import keeps them. Raises RuleBroken."""
    options = options_asked({name: str(arguments.get(name) or "") for name in ASKED})
    options_runnable(options)
    return options
