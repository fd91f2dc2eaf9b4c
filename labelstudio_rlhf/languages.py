"""The languages that this installation speaks: English, and each that has a compiled catalogue (docs/translating.md)."""

from pathlib import Path

from django.conf.locale import LANG_INFO


def languages_in(folder: Path) -> list[tuple[str, str]]:
    """Code and own name of English and of every `<code>/LC_MESSAGES/django.mo` below `folder`."""
    codes = sorted(path.parent.parent.name.replace("_", "-").lower() for path in folder.glob("*/LC_MESSAGES/django.mo"))
    return [(code, str(LANG_INFO[code]["name_local"])) for code in ["en", *(code for code in codes if code != "en")]]
