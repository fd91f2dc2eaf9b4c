"""A project with a long queue, filled by SQL from a few real questions, and a labeler who has done much already."""

from collections.abc import Sequence

from django.db import connection

from apps.accounts.models import User
from apps.core.domain.canonical import canonical_text, sha256_hex
from apps.labeling.models import Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.projects.models import Membership, Project
from apps.projects.services import guideline_publish, member_add, project_create
from apps.prompts.models import Completion, Prompt
from bench.texts import K, Question

PASSWORD = "only for benchmarks"
MARK = "[task 0]"

# Prompt n is a copy of question n modulo their number, told apart by its mark.
_PROMPTS = """
INSERT INTO prompts_prompt (id, uid, project_id, messages, context, use_case, sensitive, language, source, metadata,
                            source_key, split, content_sha256, external_ids, author_id)
SELECT %(prompts)s + n, uuidv7(), project_id, replace(messages, '[task 0]', '[task ' || n || ']'), context,
       use_case, sensitive, language, source, metadata, source_key, split,
       encode(sha256(convert_to(content_sha256 || n, 'UTF8')), 'hex'), external_ids, author_id
FROM generate_series(1, %(tasks)s) n JOIN prompts_prompt ON id = (%(originals)s::bigint[])[1 + n %% %(size)s]
"""
_COMPLETIONS = """
INSERT INTO prompts_completion (id, uid, prompt_id, body, body_sha256, origin, finish_reason, source_name)
SELECT %(completions)s + (n - 1) * %(k)s + row_number() OVER (PARTITION BY n ORDER BY c.id), uuidv7(),
       %(prompts)s + n, body, body_sha256, origin, finish_reason, source_name
FROM generate_series(1, %(tasks)s) n
JOIN prompts_completion c ON c.prompt_id = (%(originals)s::bigint[])[1 + n %% %(size)s]
"""
_TASKS = """
INSERT INTO labeling_task (uid, project_id, prompt_id, kind, purpose, state, candidates, candidate_set, required,
                           open_slots, priority, sensitive, metadata, writers, requires)
SELECT uuidv7(), %(project)s, %(prompts)s + n, 'rank', 'production', 'open', c.ids, c.ids, r.required,
       r.required, 0, false, '{}', '{}', '{}'
FROM generate_series(1, %(tasks)s) n,
     LATERAL (SELECT array_agg(%(completions)s + (n - 1) * %(k)s + i) AS ids FROM generate_series(1, %(k)s) i) c,
     LATERAL (SELECT CASE WHEN n <= %(overlap)s THEN 2 ELSE 1 END AS required) r
"""


def empty() -> None:
    """Nothing of an earlier length stays, not even its numbers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = 'public'"
                       " AND tablename <> 'django_migrations'")  # fmt: skip
        cursor.execute(f"TRUNCATE {cursor.fetchone()[0]} RESTART IDENTITY CASCADE")


def make_project() -> tuple[Project, Membership]:
    boss = User.objects.create_user("manager@bench.local", PASSWORD)
    project = project_create(actor=boss, slug="bench", name="Bench", seed=1, overlap_share=0)
    guideline_publish(actor=boss, project=project, body="# Be fair\n\nRead all of it.", requires_acknowledgement=False)
    labeler = member_add(
        actor=boss, project=project, email="labeler@bench.local", role="labeler", password=PASSWORD, status="active"
    )
    return project, Membership.objects.select_related("project", "user").get(pk=labeler.pk)


def fill(project: Project, questions: Sequence[Question], *, tasks: int, overlap: int) -> None:
    """`tasks` ranking tasks, the first `overlap` of which want two labelers: they stay open after the first."""
    originals = [_original(project, question) for question in questions]
    last_prompt = Prompt.objects.latest("id").pk
    last_completion = Completion.objects.latest("id").pk
    values = {
        "project": project.pk, "prompts": last_prompt, "completions": last_completion, "originals": originals,
        "size": len(originals), "tasks": tasks, "overlap": overlap, "k": K,
    }  # fmt: skip
    with connection.cursor() as cursor:
        for statement in (_PROMPTS, _COMPLETIONS, _TASKS):
            cursor.execute(statement, values)
        for name in ("prompts_prompt", "prompts_completion"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))")
        cursor.execute("VACUUM ANALYZE")


def _original(project: Project, question: Question) -> int:
    messages = [*question.messages[:-1], {"role": "user", "content": f"{MARK} {question.messages[-1]['content']}"}]
    text = canonical_text(messages)
    prompt = Prompt.objects.create(project=project, messages=text, split="train", content_sha256=sha256_hex(text))
    for number, reply in enumerate(question.replies):
        Completion.objects.create(
            prompt=prompt, body=reply, body_sha256=sha256_hex(reply), origin="external", source_name=f"model-{number}"
        )
    return prompt.pk


def judge(member: Membership, count: int) -> None:
    """As many judgments as that by `member`, through the services."""
    for _ in range(count):
        assignment = assignment_claim(member=member, kind=Task.Kind.RANK)
        if assignment is None:
            raise RuntimeError("the queue is too short for so many judgments")
        judgment_submit(assignment=assignment, body={"tiers": {letter: 1 + at for at, letter in enumerate("ABCD")}})
