"""Every sentence that a script says is in the translators' list, and the list holds no other."""

import re
from pathlib import Path

from django.utils.translation import override

from apps.labeling.room_texts import ROOM_TEXTS, room_translations

SCRIPTS = Path(__file__).parents[2] / "static/js"
SAID = re.compile(r"""\bsay\(\s*"((?:[^"\\]|\\.)*)\"""")
NOT_PLAIN = re.compile(r"""\bsay\((?!\s*")""")


def test_the_list_is_what_the_scripts_say():
    said: set[str] = set()
    for script in SCRIPTS.glob("*.js"):
        source = re.sub(r"/\*.*?\*/", "", script.read_text(), flags=re.S)
        said.update(SAID.findall(source))
        if script.name != "say.js":
            assert not NOT_PLAIN.search(source), f"{script.name}: say() takes a plain sentence in double quotes"
    assert said == set(ROOM_TEXTS)


def test_english_travels_without_a_catalogue():
    with override("en"):
        assert room_translations() == {}
