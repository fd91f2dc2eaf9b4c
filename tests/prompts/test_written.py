"""Prompts that labelers write: stored by the house rules, and never given back to their author."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from apps.audit.models import AuditEntry
from apps.core.domain.errors import RuleBroken
from apps.labeling.models import Assignment, Task
from apps.labeling.selectors.queue import queue_state
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.labeling.services.tasks import Terms, tasks_create
from apps.projects.selectors import current_schema
from apps.prompts.domain.conversation import conversation_hash
from apps.prompts.domain.split import split_of
from apps.prompts.domain.use_cases import INSTRUCTGPT_SHARES
from apps.prompts.models import Prompt
from apps.prompts.selectors import diversity_of, messages_of, prompts_matching
from apps.prompts.services import prompt_write
from tests.cast import Cast
from tests.make import make_completions, make_prompt


@pytest.fixture
def own(cast: Cast) -> Task:
    """A task to write a reply, on a prompt that the labeler wrote."""
    prompt = make_prompt(cast.project, author=cast.labeler)
    return Task.objects.create(project=cast.project, prompt=prompt, kind="demonstrate", required=1, open_slots=1)


def test_a_task_takes_its_author_from_the_prompt_whoever_makes_it(cast: Cast, own: Task):
    own.refresh_from_db()
    assert own.writers == [cast.labeler.pk]
    prompt = make_prompt(cast.project)
    claimed_by_someone = Task.objects.create(
        project=cast.project, prompt=prompt, kind="demonstrate", required=1, open_slots=1, writers=[cast.labeler.pk]
    )
    claimed_by_someone.refresh_from_db()
    assert claimed_by_someone.writers == []


def test_nobody_is_given_a_task_on_a_prompt_of_their_own(cast: Cast, own: Task):
    assert queue_state(cast.labeler, "demonstrate").available == 0
    assert assignment_claim(member=cast.labeler, kind="demonstrate") is None
    assert queue_state(cast.second_labeler, "demonstrate").available == 1
    assignment = assignment_claim(member=cast.second_labeler, kind="demonstrate")
    assert assignment is not None
    assert assignment.task == own
    assert queue_state(cast.labeler).held_by_others == 0  # it will not come free for its author


def test_ones_own_prompt_does_not_stand_in_the_way_of_the_next(cast: Cast, own: Task):
    prompt = make_prompt(cast.project)
    other = Task.objects.create(project=cast.project, prompt=prompt, kind="demonstrate", required=1, open_slots=1)
    assignment = assignment_claim(member=cast.labeler, kind="demonstrate")
    assert assignment is not None
    assert assignment.task == other


def test_the_database_refuses_an_author_at_the_own_prompt(cast: Cast, own: Task):
    with pytest.raises(IntegrityError, match="nobody labels a text they wrote"), transaction.atomic():
        Assignment.objects.create(
            task=own, membership=cast.labeler, schema=current_schema(cast.project), state="released", display_order=[]
        )


def test_who_wrote_a_prompt_is_settled(cast: Cast, own: Task):
    for author in (None, cast.second_labeler):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Prompt.objects.filter(pk=own.prompt_id).update(author=author)
    for writers in ([], [cast.second_labeler.pk]):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Task.objects.filter(pk=own.pk).update(writers=writers)


def test_rankings_of_ones_own_prompt_are_for_others_too(cast: Cast):
    prompt = make_prompt(cast.project, author=cast.labeler)
    candidates = [completion.pk for completion in make_completions(prompt, ["One", "Two"])]
    Task.objects.create(
        project=cast.project, prompt=prompt, kind="rank", candidates=candidates, required=1, open_slots=1
    )
    assert assignment_claim(member=cast.labeler, kind="rank") is None
    assert assignment_claim(member=cast.second_labeler, kind="rank") is not None


# --- writing them ---


def entered(**fields: object) -> dict[str, object]:
    return {"text": "Why is the sky blue?", "context": "", "use_case": "open_qa", "sensitive": False} | fields


def test_a_prompt_is_stored_by_the_house_rules(cast: Cast):
    written = prompt_write(
        member=cast.labeler, **entered(text="  Why?\r\nTell me. ", context=" Because. ", sensitive=True)
    )
    prompt = Prompt.objects.get()
    assert written.new
    assert messages_of(prompt) == [{"role": "user", "content": "Why?\nTell me."}]
    assert (prompt.context, prompt.use_case, prompt.sensitive) == ("Because.", "open_qa", True)
    assert prompt.author == cast.labeler
    assert prompt.source == {"kind": "plain", "written_by": cast.labeler.pseudonym}
    assert cast.labeler.user.email not in str(vars(prompt))
    entry = AuditEntry.objects.filter(verb="prompt.written").get()
    assert entry.actor == cast.labeler.user


def test_one_authors_prompts_stay_in_one_split_and_authors_differ(cast: Cast):
    prompts = [prompt_write(member=cast.labeler, **entered(text=f"Question {n}?")).prompt for n in range(12)]
    assert len({prompt.split for prompt in prompts}) == 1
    assert len({prompt.source_key for prompt in prompts}) == 1
    assert prompts[0].split == split_of(cast.project.seed, prompts[0].source_key, "")
    other = prompt_write(member=cast.second_labeler, **entered(text="Another?")).prompt
    assert other.source_key != prompts[0].source_key


def test_a_held_out_labelers_prompt_is_for_testing(cast: Cast):
    for number in range(5):
        assert prompt_write(member=cast.held_out_labeler, **entered(text=f"Q{number}?")).prompt.split == "test"


def test_the_same_twice_is_one_and_anothers_is_refused_without_a_name(cast: Cast):
    first = prompt_write(member=cast.labeler, **entered())
    again = prompt_write(member=cast.labeler, **entered(text="Why is the sky blue?\n"))
    assert (again.prompt, again.new) == (first.prompt, False)
    with pytest.raises(RuleBroken, match="the project has this prompt already") as refusal:
        prompt_write(member=cast.second_labeler, **entered())
    assert refusal.value.code == "duplicate_prompt"
    make_prompt(
        cast.project, "Imported?", content_sha256=conversation_hash([{"content": "Imported?", "role": "user"}], None)
    )
    with pytest.raises(RuleBroken, match="already"):
        prompt_write(member=cast.labeler, **entered(text="Imported?"))
    assert Prompt.objects.count() == 2


def test_the_same_text_with_other_sources_is_another_prompt(cast: Cast):
    assert prompt_write(member=cast.labeler, **entered()).new
    assert prompt_write(member=cast.labeler, **entered(context="Light scatters.")).new


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": " \n "}, "text"),
        ({"text": "x" * 20_001}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": 5}, "text"),
        ({"context": "x" * 100_001}, "context"),
        ({"use_case": "poem"}, "use_case"),
        ({"use_case": ""}, "use_case"),
    ],
)
def test_a_broken_rule_is_named(cast: Cast, fields: dict[str, object], field: str):
    with pytest.raises(RuleBroken) as broken:
        prompt_write(member=cast.labeler, **entered(**fields))
    assert broken.value.field == field
    assert not Prompt.objects.exists()


def test_variety_counts_by_use_case(cast: Cast):
    for number, use_case in enumerate(["chat", "chat", "extract"]):
        prompt_write(member=cast.labeler, **entered(text=f"{number}?", use_case=use_case))
    counts = {variety.use_case: (variety.count, variety.share) for variety in diversity_of(cast.labeler)}
    assert (counts["chat"], counts["extract"], counts["generation"]) == ((2, 67), (1, 33), (0, 0))
    assert sum(INSTRUCTGPT_SHARES.values()) == pytest.approx(100, abs=0.15)


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_store_one(cast: Cast):
    def store(_: int) -> bool:
        try:
            return prompt_write(member=cast.labeler, **entered()).new
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        new = list(pool.map(store, range(4)))
    assert sorted(new) == [False, False, False, True]
    assert Prompt.objects.count() == 1


def test_tasks_can_be_made_of_what_labelers_wrote(cast: Cast):
    written = prompt_write(member=cast.labeler, **entered()).prompt
    imported = make_prompt(cast.project)
    assert prompts_matching(cast.project, written=True) == [written]
    assert prompts_matching(cast.project, written=False) == [imported]
    made = tasks_create(
        actor=cast.manager.user,
        project=cast.project,
        kind="demonstrate",
        prompts=prompts_matching(cast.project, written=True),
    )
    (task,) = made.created
    task.refresh_from_db()
    assert task.writers == [cast.labeler.pk]


def test_everybody_labels_what_the_others_wrote(cast: Cast):
    """Each labeler empties the queue; whatever is left for one is what they wrote."""
    writers = [cast.labeler, cast.second_labeler, cast.adjudicator]
    for number in range(9):
        prompt_write(member=writers[number % 3], **entered(text=f"Question {number}?"))
    tasks_create(
        actor=cast.manager.user,
        project=cast.project,
        kind="demonstrate",
        prompts=prompts_matching(cast.project),
        terms=Terms(required=2),
    )
    for member in writers:
        while (assignment := assignment_claim(member=member, kind="demonstrate")) is not None:
            judgment_submit(assignment=assignment, body={"text": "A reply."})
    for task in Task.objects.all():
        who = set(task.assignments.values_list("membership", flat=True))
        assert who == {member.pk for member in writers} - set(task.writers)
        assert task.open_slots == 0
