"""A catalogue in `locale/` is all it takes for another language."""

import struct
from pathlib import Path

from django.test import Client

from apps.accounts.models import User
from apps.quality.services.agreement import agreement_refresh
from labelstudio_rlhf.languages import languages_in
from tests.gold.make import claim, judge
from tests.make import make_rank_task


def put_catalogue(folder: Path, code: str, sentences: dict[str, str]) -> None:
    """What `compilemessages` leaves there: GNU gettext's MO format, revision 0."""
    pairs = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **sentences}.items())
    texts = [[said.encode() for said in column] for column in zip(*pairs, strict=True)]
    at, tables = 28 + 16 * len(pairs), b""
    for column in texts:
        for text in column:
            tables += struct.pack("<2I", len(text), at)
            at += len(text) + 1
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    place = folder / code / "LC_MESSAGES"
    place.mkdir(parents=True)
    (place / "django.mo").write_bytes(head + tables + b"".join(text + b"\0" for column in texts for text in column))


def test_english_needs_no_catalogue(tmp_path):
    assert languages_in(tmp_path) == [("en", "English")]


def test_a_language_that_django_cannot_name_goes_by_its_code(tmp_path):
    put_catalogue(tmp_path, "zh_CN", {"Sign in": "登录"})
    assert languages_in(tmp_path) == [("en", "English"), ("zh-cn", "zh-cn")]


def test_a_browser_that_prefers_it_gets_the_pages_in_it(db, settings, tmp_path):
    put_catalogue(tmp_path, "de", {"Sign in": "Anmelden"})
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = languages_in(tmp_path)
    assert ("de", "Deutsch") in settings.LANGUAGES
    page = Client().get("/sign-in/", headers={"Accept-Language": "de-CH, fr;q=0.5"}).content.decode()
    assert '<html lang="de"' in page
    assert "<h1>Anmelden</h1>" in page
    page = Client().get("/sign-in/", headers={"Accept-Language": "fr"}).content.decode()
    assert '<html lang="en"' in page
    assert "<h1>Sign in</h1>" in page


def test_programs_are_answered_in_english_whatever_they_prefer(db, settings, tmp_path):
    put_catalogue(tmp_path, "de", {"There is no such project, or it is not yours.": "Kein solches Projekt."})
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = languages_in(tmp_path)
    client, german = Client(), {"Accept-Language": "de"}
    signed_out = client.get("/api/v1/projects/", headers=german)
    assert signed_out.headers["Content-Language"] == "en"
    assert signed_out.json()["error"]["message"] == "Authentication credentials were not provided."
    client.force_login(User.objects.create_user("someone@example.org", "a long password"))
    assert "Kein solches Projekt." in client.get("/p/nothing/", headers=german).content.decode()
    message = client.get("/api/v1/projects/nothing/", headers=german).json()["error"]["message"]
    assert message == "There is no such project, or it is not yours."


def test_the_words_in_a_csv_file_are_the_same_in_whatever_language_the_page_is(cast, settings, tmp_path):
    for _ in range(2):
        make_rank_task(cast.project, required=2)
    for member in (cast.labeler, cast.second_labeler):
        for _ in range(2):
            judge(claim(member), [1, 2, 3])
    agreement_refresh(project=cast.project)
    put_catalogue(tmp_path, "de", {"none": "ohne"})
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = languages_in(tmp_path)
    client, german = Client(), {"Accept-Language": "de"}
    client.force_login(cast.manager.user, backend="django.contrib.auth.backends.ModelBackend")
    assert "ohne" in client.get("/p/clinic/agreement/", headers=german).content.decode()
    file = client.get("/p/clinic/agreement/use-cases.csv", headers=german)
    assert file.headers["Content-Language"] == "en"
    assert file.content.decode().splitlines()[1].startswith("none,")
