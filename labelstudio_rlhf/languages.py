"""The languages that this installation speaks: English, and each that has a compiled catalogue (docs/translating.md)."""

from pathlib import Path

from django.conf.locale import LANG_INFO


def languages_in(folder: Path) -> list[tuple[str, str]]:
    """Code and own name of English and of every `<code>/LC_MESSAGES/django.mo` below `folder`."""
    codes = sorted(path.parent.parent.name.replace("_", "-").lower() for path in folder.glob("*/LC_MESSAGES/django.mo"))
    return [(code, _own_name(code)) for code in ["en", *(code for code in codes if code != "en")]]


def _own_name(code: str) -> str:
    """What its speakers call it; the code itself where Django does not know (`zh-cn` is one of those)."""
    return str(LANG_INFO.get(code, {}).get("name_local", code))
