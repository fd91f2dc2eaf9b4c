"""The bias reports, from judgments in the database to the page, the files and the API."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.labeling.models import Assignment, Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.imported import ImportedJudgment, judgments_insert
from apps.labeling.services.judgments import judgment_correct, judgment_submit
from apps.projects.models import ExternalLabeler
from apps.prompts.models import Completion
from apps.quality.bias.parts import GROUPS, Finding, Part
from apps.quality.bias.tables import TABLES
from apps.quality.bias.words import FOUND, LESSON, MARK, METHOD, WHY, said
from apps.quality.domain.bias.estimate import Method, Sentence, Why
from apps.quality.domain.bias.found import Found
from apps.quality.domain.bias.lessons import Lesson
from apps.quality.domain.bias.marks import Mark
from apps.quality.domain.bias.told import told
from apps.quality.models import BiasReport
from apps.quality.selectors import texts
from apps.quality.selectors.preferences import preferences_of
from apps.quality.services import bias as bias_service
from apps.quality.services.bias import bias_body
from apps.quality.services.rounds import bias_now, bias_refresh_all
from tests.make import make_completions, make_prompt, make_rank_task


@pytest.fixture(autouse=True)
def artifacts(tmp_path, settings):
    settings.ARTIFACT_ROOT = tmp_path


def judge(member, tiers, **body):
    """`tiers` by the candidates' own order, whatever was shown."""
    assignment = assignment_claim(member=member, kind="rank")
    letters = dict(zip(assignment.display_order, "ABCDEFGHI", strict=False))
    said_so = {"tiers": {letters[place]: tier for place, tier in enumerate(tiers)}} | body
    return judgment_submit(assignment=assignment, body=said_so).judgment


def outsider(task, project, name, tiers, kind="person"):
    one = ExternalLabeler.objects.create(project=project, pseudonym=name, kind=kind)
    judgments_insert(
        judgments=[ImportedJudgment(task_id=task.pk, external_labeler_id=one.pk, cohort="training", tiers=tiers)]
    )


def task_of(project, bodies, **prompt):
    completions = make_completions(make_prompt(project, language="en", **prompt), bodies)
    ids = [one.pk for one in completions]
    return Task.objects.create(
        project=project, prompt=completions[0].prompt, kind="rank", candidates=ids, candidate_set=sorted(ids),
        required=3, open_slots=3,
    )  # fmt: skip


def test_columns_are_those_of_the_candidates_whatever_the_order(cast):
    ids = sorted(one.pk for one in make_completions(make_prompt(cast.project), ["a", "bb", "ccc"]))
    prompt = Completion.objects.get(pk=ids[0]).prompt
    task = Task.objects.create(
        project=cast.project, prompt=prompt, kind="rank", candidates=ids[::-1], candidate_set=ids, required=2, open_slots=2,
    )  # fmt: skip
    judgment = judge(cast.labeler, [3, 1, 2], rendering="raw")
    outsider(task, cast.project, "ann", [1, 2, 2])
    found = preferences_of(cast.project)
    assert found.candidates[:, :3].tolist() == [ids, ids]
    assert found.tiers[:, :3].tolist() == [[2, 1, 3], [2, 2, 1]]
    order = judgment.assignment.display_order
    assert found.shown[0, :3].tolist() == [order.index(place) + 1 for place in (2, 1, 0)]
    assert found.shown[1].tolist() == [0] * 9
    assert found.raw.tolist() == [1, -1]
    assert found.submitted.tolist() == [int(judgment.submitted_at.timestamp()), -1]
    assert found.active[1] == -1


def test_gold_and_retests_take_no_part(cast):
    task = task_of(cast.project, ["a", "bb"])
    for fields in ({"purpose": "gold"}, {"repeats": task}):
        other = Task.objects.create(
            project=cast.project, prompt=task.prompt, kind="rank", candidates=task.candidates,
            candidate_set=task.candidate_set, required=None, open_slots=None, **fields,
        )  # fmt: skip
        outsider(other, cast.project, str(fields), [1, 2])
    assert len(preferences_of(cast.project)) == 0


def test_the_current_judgment_counts_at_the_time_of_the_first(cast):
    task_of(cast.project, ["a", "bb"])
    judgment = judge(cast.labeler, [1, 2])
    letters = dict(zip(judgment.assignment.display_order, "AB", strict=False))
    corrected = {"tiers": {letters[0]: 2, letters[1]: 1}}
    judgment_correct(assignment=judgment.assignment, body=corrected)
    found = preferences_of(cast.project)
    assert found.tiers[:, :2].tolist() == [[2, 1]]
    assert found.submitted.tolist() == [int(judgment.submitted_at.timestamp())]


def test_the_longer_one_wins(cast):
    for number in range(25):
        task = task_of(cast.project, ["short", "a longer answer " * (number + 1)])
        outsider(task, cast.project, f"ann{number}", [2, 1])
    body = bias_body(cast.project)
    assert body["length"]["longer"]["value"] == 1.0
    assert body["length"]["told"]["found"]["code"] == "longer_wins"
    assert body["weight"]["labelers"] == 25


def test_each_text_is_read_once(cast, monkeypatch):
    read = []
    real = texts.features_of
    monkeypatch.setattr(texts, "features_of", lambda bodies, tags: read.extend(bodies) or real(bodies, tags))
    task_of(cast.project, ["one", "two"])
    judge(cast.labeler, [1, 2])
    first = bias_body(cast.project)
    task_of(cast.project, ["three", "four"])
    judge(cast.second_labeler, [1, 2])
    judge(cast.second_labeler, [1, 2])
    again = bias_body(cast.project)
    assert sorted(read) == ["four", "one", "three", "two"]
    assert (first["judgments"], again["judgments"]) == (1, 3)


def test_batches_are_joined_in_order(cast, monkeypatch):
    monkeypatch.setattr(texts, "BATCH", 2)
    bodies = ["x" * length for length in (5, 1, 4, 2, 3, 9, 7)]
    task_of(cast.project, bodies)
    judge(cast.labeler, [1, 2, 3, 4, 5, 6, 7])
    given = preferences_of(cast.project)
    known = texts.texts_with(texts.no_texts(), given.completions, given.prompt)
    lengths = dict(zip(known.completions.tolist(), known.features.characters.tolist(), strict=True))
    assert lengths == {one.pk: len(one.body) for one in Completion.objects.filter(pk__in=lengths)}


def test_pieces_are_kept_as_they_come(cast, monkeypatch):
    monkeypatch.setattr(bias_service, "PIECE", 2)
    stored = []
    real = bias_service.texts_store
    monkeypatch.setattr(
        bias_service,
        "texts_store",
        lambda project, known: stored.append(len(known.completions)) or real(project, known),
    )
    task_of(cast.project, ["x" * length for length in (5, 1, 4, 2, 3)])
    judge(cast.labeler, [1, 2, 3, 4, 5])
    first = bias_body(cast.project)
    assert stored == [2, 4, 5, 5]  # and the prompts at last
    assert bias_body(cast.project) == first
    assert len(stored) == 4


def test_a_broken_file_of_texts_is_made_again(cast, tmp_path):
    task_of(cast.project, ["one", "two"])
    judge(cast.labeler, [1, 2])
    first = bias_body(cast.project)
    (file,) = (tmp_path / "quality").glob("*.texts.npz")
    file.write_bytes(b"PK\x03\x04 broken")
    assert bias_body(cast.project) == first


def test_pools_are_preferences_and_no_people(cast):
    for number in range(21):
        outsider(task_of(cast.project, ["a", "bb"]), cast.project, f"pool{number}", [2, 1], kind="pool")
    body = bias_body(cast.project)
    assert body["not_persons"] == 21
    assert body["length"]["longer"]["value"] == 1.0
    assert body["weight"]["labelers"] == 0
    assert body["speed"]["labelers"] == []


def test_quick_judgments_are_named_by_pseudonym(cast):
    for _ in range(12):
        task_of(cast.project, ["word " * 400, "word " * 500])
        judge(cast.labeler, [1, 2])
    Assignment.objects.update(active_seconds=1)
    body = bias_body(cast.project)
    assert [one["labeler"] for one in body["speed"]["labelers"]] == [cast.labeler.pseudonym]
    assert body["speed"]["told"]["found"]["code"] == "speeding"
    assert body["weight"]["top"][0]["labeler"] == cast.labeler.pseudonym


def test_languages_and_use_cases(cast):
    task_of(cast.project, ["a", "b"], use_case="chat")
    make_prompt(cast.project, language="fr", use_case="chat")
    judge(cast.labeler, [1, 2])
    assert bias_body(cast.project)["languages"]["told"]["found"]["code"] == "languages_not_noted"
    cast.labeler.skills = ["language:en-GB"]
    cast.labeler.save()
    body = bias_body(cast.project)
    assert body["languages"]["told"]["found"]["code"] == "languages_missing"
    assert {one["language"]: one["knowing"] for one in body["languages"]["rows"]} == {"en": 1, "fr": 0}
    assert body["use_cases"]["rows"] == [{"use_case": "chat", "prompts": 2, "judged": 1, "labelers": 1}]


def test_the_report_is_made_anew_when_something_is_said(cast):
    make_rank_task(cast.project, k=2, required=3)
    first = bias_now(project=cast.project)
    assert bias_now(project=cast.project).computed_at == first.computed_at
    judge(cast.labeler, [1, 2])
    assert bias_now(project=cast.project).body["judgments"] == 1
    BiasReport.objects.update(seconds=30)
    judge(cast.second_labeler, [1, 2])
    assert bias_now(project=cast.project).body["judgments"] == 1  # who asks does not wait that long
    bias_refresh_all()
    assert BiasReport.objects.get().body["judgments"] == 1  # it rests four times as long
    BiasReport.objects.update(computed_at=timezone.now() - timedelta(seconds=121))
    bias_refresh_all()
    assert BiasReport.objects.get().body["judgments"] == 2


@pytest.mark.parametrize("judged", [0, 3])
def test_page_files_and_api(cast, client, judged):
    make_rank_task(cast.project, k=3, required=3)
    for member in (cast.labeler, cast.second_labeler, cast.held_out_labeler)[:judged]:
        judge(member, [1, 2, 3])
    client.force_login(cast.researcher.user)
    page = client.get(reverse("quality:bias", args=[cast.project.slug])).content.decode()
    assert "What is shown first" in page
    assert ("All comparisons are one labeler" in page) is False
    for table in (*TABLES, GROUPS):
        answer = client.get(reverse("quality:bias-table", args=[cast.project.slug, table]))
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        lines = answer.content.decode().splitlines()
        assert len(set(lines[0].split(","))) == lines[0].count(",") + 1, table
        assert len({line.count(",") for line in lines if '"' not in line}) <= 1
        assert "nan" not in answer.content.decode()
    assert client.get(reverse("quality:bias-table", args=[cast.project.slug, "other"])).status_code == 404
    said_so = client.get(reverse("api:v1:bias", args=[cast.project.slug])).json()
    assert said_so["judgments"] == judged
    assert "NaN" not in json.dumps(said_so)


def test_the_page_begins_with_what_matters_and_folds_the_rest(cast, client, monkeypatch):
    make_rank_task(cast.project, k=3)
    judge(cast.labeler, [1, 2, 3])
    calm, telling = (
        Finding("Nothing of length.", ""),
        Finding("The first one wins.", "It would learn places.", warns=True),
    )
    parts = [Part("length", "Length", [calm], []), Part("position", "What is shown first", [telling, calm], [])]
    monkeypatch.setattr("apps.quality.bias.views.parts_of", lambda body: parts)
    client.force_login(cast.researcher.user)
    page = client.get(reverse("quality:bias", args=[cast.project.slug])).content.decode()
    summary, rest = page.split('id="matters"')[1].split("</section>", 1)
    assert 'href="#position-part"' in summary
    assert "The first one wins." in summary
    assert "Nothing of length." not in summary
    assert '<details class="sheet part" id="position-part" open>' in rest
    assert '<details class="sheet part" id="length-part">' in rest
    parts.pop()
    page = client.get(reverse("quality:bias", args=[cast.project.slug])).content.decode()
    assert "Nothing was found that a reward model should not learn" in page


@pytest.mark.parametrize(
    ("words", "family"), [(FOUND, Found), (LESSON, Lesson), (WHY, Why), (METHOD, Method), (MARK, Mark)]
)
def test_every_code_has_its_sentence(words, family):
    assert {code: str(text) for code, text in words.items()} == {one.name.lower(): one.value for one in family}


def test_a_sentence_is_said_with_its_values():
    why = Sentence(Why.TOO_FEW_PROMPTS, {"fewest": 20})
    for sentence in (
        Sentence(Found.MORE_WINS, {"mark": Mark.LISTS, "share": 0.62, "matched": 0.6}),
        Sentence(Found.NOT_SAID, {"why": why}),
        Sentence(Found.EVEN_WEIGHT, {"share": 0.25, "labelers": 4, "effective": "3.9"}),
    ):
        assert said(FOUND, json.loads(json.dumps(told(sentence)))) == str(sentence)
