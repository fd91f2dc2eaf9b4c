"""Labelers' pseudonyms: of one project, so that two projects' exports cannot be joined."""

import secrets

# Crockford's base 32 without vowels: no words by accident, no look-alikes.
_ALPHABET = "0123456789bcdfghjkmnpqrstvwxyz"


def new_pseudonym() -> str:
    """For example `labeler-7h2kq9`: random, says nothing about the person or the order of joining."""
    return "labeler-" + "".join(secrets.choice(_ALPHABET) for _ in range(6))
