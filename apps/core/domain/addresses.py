"""What the heading of a document is called in an address."""

import re


def name_of(words: str) -> str:
    """`fails_instruction` and `Fails instruction` are the same name: fails-instruction."""
    return "-".join(re.findall(r"[^\W_]+", words.casefold()))[:80]
