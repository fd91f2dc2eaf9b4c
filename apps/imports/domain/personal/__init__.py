"""Personal data in a text, found by patterns and checksums: what it is, and the text without it.

Patterns find what has a form: addresses, numbers, keys. Names and streets have none; a recogniser model finds those.
Every kind is sure enough to be left on for prose and code: a checksum, a reserved range or a word beside it must agree.
"""

from .mask import KINDS, Masked, mask

__all__ = ["KINDS", "Masked", "mask"]
