"""Options at work: real imports over the API, near duplicates, caps, quotas, personal data."""

import json

import pytest
from django.utils import timezone

from apps.imports.domain.personal import mask
from apps.imports.models import Import, ImportProblem, PersonalFinding, PrefixesRead, PrefixMark, UseCaseTally
from apps.imports.services.create import import_here
from apps.imports.services.resume import STALE
from apps.imports.services.screen import screen_for
from apps.labeling.models import Task
from apps.projects.services import project_create
from apps.prompts.models import Completion, Prompt
from tests.make import make_prompt

STEM = "Summarise the following letter for my landlord: "


def bring(project, lines, **options):
    body = "\n".join(json.dumps(line) for line in lines).encode()
    return import_here(
        actor=None, project=project, chunks=iter([body]), format="jsonl", gzipped=False, filename="", size=len(body),
        tasks="open", options=options,
    )  # fmt: skip


def problems(imported):
    return list(ImportProblem.objects.filter(imported=imported).order_by("line", "id").values_list("line", "code"))


def test_without_options_nothing_is_screened(project):
    imported = bring(project, [{"prompt": f"{STEM}a"}, {"prompt": f"{STEM}b jane@corp.org"}])
    assert (imported.prompts, imported.errors_total, imported.screened) == (2, 0, {})
    assert screen_for(imported) is None


def test_a_long_common_prefix_keeps_the_first_and_names_it(project):
    imported = bring(
        project,
        [{"prompt": f"{STEM}a"}, {"prompt": "short"}, {"prompt": f"{STEM}b"}, {"prompt": "short too"}],
        dedupe_prefix=40,
    )
    assert (imported.prompts, imported.errors_total) == (3, 1)
    problem = ImportProblem.objects.get(imported=imported)
    assert (problem.line, problem.code, problem.field) == (3, "near_duplicate", "messages")
    assert "its first 40 characters with line 1," in problem.message
    assert imported.screened == {"near_duplicate": 1}


def test_prompts_that_were_there_count_however_they_came(project):
    old = make_prompt(project, f"{STEM}long ago")
    imported = bring(
        project, [{"prompt": f"{STEM}a"}, {"prompt": f"{STEM}long ago", "demonstration": "Yes."}], dedupe_prefix=40
    )
    assert problems(imported) == [(1, "near_duplicate")]
    assert f"with prompt {old.uid}," in ImportProblem.objects.get(imported=imported).message
    assert imported.demonstrations == 1, "the prompt itself is no near duplicate of itself"


def test_a_prompt_of_an_import_without_the_option_counts_for_the_next_one_with_it(project):
    bring(project, [{"prompt": f"{STEM}a"}], dedupe_prefix=40)
    bring(project, [{"prompt": "Another beginning that is long enough, number one"}])
    imported = bring(project, [{"prompt": "Another beginning that is long enough, number two"}], dedupe_prefix=40)
    assert problems(imported) == [(1, "near_duplicate")]
    assert PrefixesRead.objects.filter(characters=40).count() == 1


def test_the_length_that_is_asked_for_decides(project):
    lines = [{"prompt": f"{STEM}a"}, {"prompt": f"{STEM}b"}]
    assert bring(project, lines, dedupe_prefix=len(STEM) + 1).prompts == 2
    assert bring(project, [{"prompt": f"{STEM}c"}], dedupe_prefix=len(STEM)).prompts == 0


def test_characters_are_counted_alike_in_the_database_and_here(project):
    text = '\U0001f600é漢字\n\t"quoted" \\ and more than twenty characters: '
    make_prompt(project, text + "old")
    imported = bring(project, [{"prompt": text + "new"}], dedupe_prefix=len(text))
    assert problems(imported) == [(1, "near_duplicate")]


def test_sending_the_file_again_adds_nothing_and_says_the_same(project):
    lines = [
        {"prompt": f"{STEM}a", "completions": [{"text": "x"}, {"text": "y"}]}, {"prompt": f"{STEM}b"},
        {"prompt": f"{STEM}a", "completions": [{"text": "v"}, {"text": "w"}]},
    ]  # fmt: skip
    first = bring(project, lines, dedupe_prefix=40, cap_per_source=1)
    again = bring(project, lines, dedupe_prefix=40, cap_per_source=1)
    assert problems(first) == problems(again) == [(2, "near_duplicate")]
    assert (first.prompts, first.tasks_created) == (1, 2)
    assert (again.prompts, again.tasks_created, again.duplicates) == (0, 0, 2)


def test_a_mark_whose_line_never_came_in_is_taken_over(project):
    bring(
        project,
        [
            {
                "prompt": "P",
                "completions": [{"text": "a"}, {"text": "b"}],
                "rankings": [{"labeler": "x", "kind": "person", "ranks": [1, 2]}],
            }
        ],
    )
    refused = {
        "prompt": f"{STEM}a",
        "completions": [{"text": "a"}, {"text": "b"}],
        "rankings": [{"labeler": "x", "kind": "model", "ranks": [1, 2]}],
    }
    assert problems(bring(project, [refused], dedupe_prefix=40)) == [(1, "labeler_kind_conflict")]
    assert PrefixMark.objects.count() == 1
    assert bring(project, [{"prompt": f"{STEM}b"}], dedupe_prefix=40).prompts == 1
    assert problems(bring(project, [{"prompt": f"{STEM}c"}], dedupe_prefix=40)) == [(1, "near_duplicate")]


def test_a_source_may_bring_so_many_and_no_more(project):
    lines = [{"prompt": f"{who} {number}", "source_key": who} for number in range(4) for who in ("ann", "bob")]
    bring(project, lines[:2])
    imported = bring(project, [*lines, {"prompt": "of nobody"}], cap_per_source=2)
    assert problems(imported) == [(5, "source_full"), (6, "source_full"), (7, "source_full"), (8, "source_full")]
    assert (imported.prompts, imported.screened) == (3, {"source_full": 4})
    assert Prompt.objects.filter(project=project).count() == 5


def test_the_organisation_decides_cap_and_split(project):
    lines = [{"prompt": f"q{n}", "source_key": f"user {n}", "metadata": {"org": "acme"}} for n in range(12)]
    imported = bring(project, lines, cap_per_source=10, split_by="metadata.org")
    assert [code for _, code in problems(imported)] == ["source_full"] * 2
    assert Prompt.objects.filter(project=project).values("split", "source_key").distinct().count() == 1


def test_quotas_of_use_cases_hold_for_the_project(project):
    make_prompt(project, use_case="chat")
    lines = [{"prompt": f"c{n}", "use_case": "chat"} for n in range(3)] + [
        {"prompt": f"o{n}", "use_case": "other"} for n in range(3)
    ]
    imported = bring(project, lines, use_case_quotas={"chat": 3})
    assert problems(imported) == [(3, "use_case_full")]
    assert UseCaseTally.objects.get(project=project).prompts == 3
    assert problems(bring(project, [{"prompt": "c9", "use_case": "chat"}], use_case_quotas={"chat": 3})) == [
        (1, "use_case_full")
    ]


def test_masked_everywhere_and_reported_without_the_secret(project):
    line = {
        "messages": [{"role": "user", "content": "I am jane@corp.org"}], "context": "card 4111 1111 1111 1111",
        "completions": [{"text": "jane@corp.org?"}, {"text": "no"}], "demonstration": "call +49 30 1234567",
    }  # fmt: skip
    imported = bring(project, [{"prompt": "clean"}, line], pii="mask")
    assert (imported.prompts, imported.errors_total) == (2, 0)
    prompt = Prompt.objects.get(project=project, context__isnull=False)
    assert (json.loads(prompt.messages)[0]["content"], prompt.context) == ("I am [email]", "card [card]")
    assert sorted(Completion.objects.filter(prompt=prompt).values_list("body", flat=True)) == [
        "[email]?",
        "call [phone]",
        "no",
    ]
    assert imported.screened == {"pii_card": 1, "pii_email": 2, "pii_masked": 1, "pii_phone": 1}
    found = (
        PersonalFinding.objects.filter(imported=imported).order_by("id").values_list("line", "field", "kind", "count")
    )
    assert list(found) == [
        (2, "messages[0].content", "email", 1), (2, "context", "card", 1), (2, "completions[0].text", "email", 1),
        (2, "demonstration", "phone", 1),
    ]  # fmt: skip
    assert bring(project, [line, line], pii="mask").prompts == 0


def test_withheld_leaves_the_line_out(project):
    imported = bring(project, [{"prompt": "I am jane@corp.org"}, {"prompt": "clean"}], pii="withhold")
    assert problems(imported) == [(1, "pii_withheld")]
    assert imported.prompts == 1
    assert "jane" not in ImportProblem.objects.get(imported=imported).message


@pytest.mark.parametrize("pii", ["mask", "withhold"])
def test_an_error_quotes_no_personal_data_either(project, pii):
    """What is wrong with a line may be that it holds them in another place."""
    table = b"prompt,completion_1,completion_2,labeler,ranks\nHi?,a,b,ann,jane@corp.org\n"
    imported = import_here(actor=None, project=project, chunks=iter([table]), format="csv", options={"pii": pii})
    assert ImportProblem.objects.get(imported=imported).message.endswith("are needed, not '[email]'.")


def test_looking_at_texts_for_long_is_a_sign_of_life(project, monkeypatch):
    """As a recogniser does: the batch's transaction, and whoever waits for it, begin when it is through."""
    monkeypatch.setattr("apps.imports.services.pulse.BEAT_SECONDS", 0)
    alive = []

    def slow(text):
        alive.append(Import.objects.get().heartbeat_at > timezone.now() - STALE)
        Import.objects.update(heartbeat_at=timezone.now() - 2 * STALE)
        return mask(text)

    monkeypatch.setattr("apps.imports.services.screen.mask", slow)
    imported = bring(project, [{"prompt": f"{n}", "completions": [{"text": "a"}]} for n in range(3)], pii="mask")
    assert (imported.state, alive) == ("done", [True] * 6)


def test_texts_are_compared_as_they_are_kept(project):
    lines = [{"prompt": f"Write a letter to {who}@corp.org about the rent"} for who in ("ann", "bob")]
    imported = bring(project, lines, pii="mask", dedupe_prefix=30)
    assert (imported.prompts, imported.duplicates) == (1, 1)


def test_languages_are_said(project):
    bring(
        project,
        [{"prompt": "Warum ist der Himmel blau?"}, {"prompt": "Why is it?", "language": "xx"}],
        language="detect",
    )
    assert set(Prompt.objects.filter(project=project).values_list("language", flat=True)) == {"de", "xx"}


def test_where_tasks_go(project):
    line = {"prompt": "q", "completions": [{"text": "a"}, {"text": "b"}]}
    bring(project, [line], priority=7, cohort="held-out", requires=["domain:law"])
    task = Task.objects.get(project=project)
    assert (task.priority, task.cohort, task.requires) == (7, "held-out", ["domain:law"])


def test_where_tasks_go_that_were_closed_and_open_now(project):
    project.reserve_languages = True
    project.save()
    line = {
        "prompt": "q",
        "language": "de",
        "completions": [{"text": "a"}, {"text": "b"}],
        "rankings": [{"labeler": "ann", "ranks": [1, 2]}],
    }
    data = json.dumps(line).encode()
    import_here(actor=None, project=project, chunks=iter([data]), format="jsonl", tasks="none")
    assert Task.objects.get(project=project).state == "closed"
    assert bring(project, [line], priority=7, cohort="held-out", requires=["domain:law"]).tasks_created == 1
    task = Task.objects.get(project=project)
    assert (task.state, task.priority, task.cohort) == ("open", 7, "held-out")
    assert task.requires == ["domain:law", "language:de"]


@pytest.mark.parametrize("cut", [1, 3, 4, 6])
def test_a_file_cut_off_and_sent_again_ends_as_if_it_had_come_whole(cast, project, cut):
    """Another process begins again: what it must know stands in tables."""
    lines = [
        {"prompt": f"{STEM}{n}" if n % 3 else f"q{n}", "source_key": "ann" if n % 2 else "bob", "use_case": "chat"}
        for n in range(8)
    ]
    options = {"dedupe_prefix": 40, "cap_per_source": 2, "use_case_quotas": {"chat": 3}, "pii": "mask"}
    whole = bring(project_create(actor=cast.manager.user, slug="other", name="Other"), lines, **options)

    before, after = bring(project, lines[:cut], **options), bring(project, lines, **options)

    assert problems(after) == problems(whole)
    assert problems(before) == [problem for problem in problems(whole) if problem[0] <= cut]
    assert before.prompts + after.prompts == whole.prompts == 3
