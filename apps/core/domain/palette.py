"""The design tokens as the stylesheet has them, and the contrast between two colours."""

import re
from dataclasses import dataclass

_PART = re.compile(r"/\* --- (?P<part>[\w ,]+) --- \*/|--(?P<name>[\w-]+): (?P<value>[^;]+);(?: /\* (?P<use>.+?) \*/)?")
_SCHEMES = re.compile(r"light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
_CLASS = re.compile(r"\.([a-z][\w-]*)")
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_SELECTOR = re.compile(r"([^{};]+)\{")
_ATTRIBUTE = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Token:
    """A custom property. `light` and `dark` are its colours, where it is one."""

    part: str
    name: str
    value: str
    use: str
    light: str = ""
    dark: str = ""


def tokens_of(stylesheet: str) -> list[Token]:
    part, tokens = "", []
    for found in _PART.finditer(stylesheet):
        if found["part"]:
            part = found["part"]
            continue
        schemes = _SCHEMES.fullmatch(found["value"])
        light, dark = schemes.groups() if schemes else ("", "")
        tokens.append(Token(part, found["name"], found["value"], found["use"] or "", light, dark))
    return tokens


def classes_of(stylesheet: str) -> set[str]:
    """The classes a stylesheet speaks of."""
    selectors = " ".join(_SELECTOR.findall(_COMMENT.sub("", stylesheet)))
    return set(_CLASS.findall(_ATTRIBUTE.sub("", selectors)))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2 between two colours written `#rrggbb`."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
