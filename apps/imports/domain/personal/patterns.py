"""What personal data looks like, a kind at a time, in the order that is tried: what holds others comes first.

Shape and checksum decide: an example's address or a test card has the same shape, and masking it does no harm.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from . import checks


@dataclass(frozen=True, slots=True)
class Pattern:
    """Where the expression has a group `secret`, that is what is found, and the rest is its surroundings."""

    kind: str
    expression: re.Pattern[str]
    check: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Family:
    """Patterns that a text cannot match unless it passes `hint`: asking that first makes a clean text cheap."""

    hint: Callable[[str], object]
    patterns: tuple[Pattern, ...]


_KEYS = (
    "AKIA", "ASIA", "gho_", "ghp_", "ghu_", "ghs_", "ghr_", "github_pat_", "xox", "AIza", "sk-", "k_live_", "hf_", "npm_",
    "glpat-", "pypi-", "SG.", "eyJ",
)  # fmt: skip
_DIGITS = re.compile(r"\d(?:[ .()/-]{0,2}\d){6}").search
_STARTS, _ENDS = r"(?<![\w.,/=#-])", r"(?![\w-]|[.,]\d)"


def _holds(*words: str) -> Callable[[str], bool]:
    return lambda text: any(word in text for word in words)


def _is_mailbox(text: str) -> bool:
    """`git@` addresses code, not a person."""
    return not text.lower().startswith("git@")


def _is_key(text: str) -> bool:
    """A run of the same few characters stands for a key and is none."""
    return len(set(text)) > 8


def _pattern(kind: str, expression: str, check: Callable[[str], bool] = bool) -> Pattern:
    return Pattern(kind, re.compile(expression), check)


FAMILIES = (
    Family(_holds("PRIVATE KEY-"), (
        _pattern("api_key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:[^-]|-(?!----)){40,8000}-----END (?:[A-Z]+ )*PRIVATE KEY-----"),
    )),
    Family(_holds(*_KEYS), (
        _pattern("api_key",
            r"(?<![\w-])(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[opsur]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{40,255}"
            r"|xox[abeprs]-\d[A-Za-z0-9-]{20,255}|AIza[\w-]{35}|sk-(?:ant-|proj-|svcacct-)[\w-]{20,255}|sk-[A-Za-z0-9]{32,255}"
            r"|[rs]k_live_[A-Za-z0-9]{16,255}|hf_[A-Za-z]{30,64}|npm_[A-Za-z0-9]{36}|glpat-[\w-]{20,64}|pypi-[\w-]{50,255}"
            r"|SG\.[\w-]{16,64}\.[\w-]{16,64}|eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,1000})(?![\w-])", _is_key),
    )),
    Family(_holds("://"), (
        _pattern("credentials", r"(?<=://)[^\s/:@<>{}$\[\]\"'`]{1,100}:[^\s/:@<>{}$\[\]\"'`]{1,200}(?=@[\w\[])"),
    )),
    Family(_holds("@"), (
        _pattern("email",
            r"(?<![\w.+%/-])\w[\w.+%-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}"
            r"(?![\w@-]|:[\w/])", _is_mailbox),
    )),
    Family(re.compile(r"[A-Z]{6}\d\d").search, (
        _pattern("national_id", r"(?<!\w)[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z](?!\w)", checks.is_codice_fiscale),
    )),
    Family(re.compile(r"\d\.\d{1,3}\.\d").search, (
        _pattern("ip", r"(?<![\w.:/-])(?<!version )(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)", checks.is_address),
    )),
    Family(re.compile(r"[23][0-9a-fA-F]{3}:").search, (
        _pattern("ip", r"(?<![\w:.])[23][0-9a-fA-F]{3}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:])", checks.is_address),
    )),
    Family(_DIGITS, (
        _pattern("iban", r"(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![\w-])", checks.is_iban),
        _pattern("national_id",
            r"(?<![\w-])[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d(?![\w-])", checks.is_nir),
        _pattern("national_id",
            r"(?<!\w)[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\w)", checks.is_resident_id),
        _pattern("card",
            r"(?<![\w.-])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|3\d{3}([ -])\d{6}\2\d{4,5})(?![\w-]|\.\d)",
            checks.is_card),
        _pattern("national_id", _STARTS + r"\d{3}-\d\d-\d{4}" + _ENDS, checks.is_ssn),
        _pattern("national_id", _STARTS + r"\d{3}\.\d{3}\.\d{3}-\d\d(?![\w-])", checks.is_cpf),
        _pattern("national_id", r"(?<![\w-])(?:\d{8}|[XYZ]-?\d{7})-?[A-HJ-NP-TV-Z](?![\w-])", checks.is_dni),
        _pattern("phone", r"(?<![\w+.])(?<!\d )(?:\+|00(?=[1-9]\d{0,2}[ ./-]))[1-9](?:[ .()/-]{0,2}\d){8,14}" + _ENDS,
            checks.is_international_phone),
        _pattern("phone", r"(?<![\w.,/=#+-])(?:1[ .-])?(?:\(\d{3}\) ?\d{3}[-. ]\d{4}|\d{3}([-.])\d{3}\1\d{4})" + _ENDS,
            checks.is_phone_of_north_america),
        _pattern("phone",
            _STARTS + r"(?<!\d )(?:0[1-9]([ .-])\d\d(?:\1\d\d){3}|0\d{4} \d{6}|0\d{3} \d{3} \d{4}|02\d \d{4} \d{4}|07\d{3} \d{3} ?\d{3})"
            + _ENDS, checks.is_international_phone),
        _pattern("phone",
            r"(?i)\b(?:tel(?:ephone|efon|éfono)?|téléphone|(?:tele|cell ?|mobile )?phone|call|mobile|fax|whatsapp|handy|móvil)\b"
            r"(?: ?(?:no|number|nr|is|me|us|at|on)\b)*[ .:#]{0,3}(?P<secret>\(?\d(?:[ .()/-]{0,2}\d){6,14})" + _ENDS,
            checks.is_some_phone),
    )),
)  # fmt: skip
