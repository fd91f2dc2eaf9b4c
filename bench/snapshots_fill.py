"""A project in which much was ranked: filled by SQL from a few real questions, as imports and labelers would leave it."""

from collections.abc import Sequence

import orjson
from django.db import connection

from apps.accounts.models import User
from apps.core.domain.canonical import canonical_text
from apps.projects.models import JudgmentSchema, Project
from apps.projects.services import guideline_publish, member_add, project_create
from bench.texts import K, Question

LABELERS = 20
# Questions and replies longer than that are left out: the others are 2.2 kB a ranking.
LONGEST = 4200

_ORIGINALS = """
CREATE TEMPORARY TABLE original AS
SELECT row_number() OVER () - 1 AS number, o->>'messages' AS messages, o->'replies' AS replies
FROM jsonb_array_elements(%(originals)s::jsonb) o
"""
# UUIDv7 in the order of n, a hundred a millisecond.
_UID = """
CREATE OR REPLACE FUNCTION pg_temp.uid7(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(1793000000000 + n / 100), 12, '0') || '7' || lpad(to_hex(n %% 100 * 40 + kind), 3, '0') || '8'
            || substr(md5(kind || ' ' || n), 1, 15))::uuid $$
"""
_PROMPTS = """
INSERT INTO prompts_prompt (id, uid, project_id, messages, use_case, sensitive, language, metadata, source,
                            source_key, split, content_sha256, external_ids)
SELECT %(first)s + n, pg_temp.uid7(1, n), %(project)s, messages, (ARRAY['chat','open_qa','rewrite'])[1 + n %% 3], false,
       'en', '{}', jsonb_build_object('organisation', n %% 5000), '',
       (ARRAY['train','train','train','train','train','train','train','train','validation','test'])[1 + n %% 10],
       encode(sha256(convert_to(n::text, 'UTF8')), 'hex'), ARRAY['line-' || n]
FROM generate_series(%(start)s, %(stop)s) n JOIN original o ON o.number = n %% %(size)s
"""
_COMPLETIONS = """
INSERT INTO prompts_completion (id, uid, prompt_id, body, body_sha256, origin, finish_reason, source_name)
SELECT %(first)s + n * %(k)s + i, pg_temp.uid7(2 + i, n), %(first)s + n, o.replies->>i, md5(n || ' ' || i), 'external',
       '', 'model-' || i
FROM generate_series(%(start)s, %(stop)s) n JOIN original o ON o.number = n %% %(size)s,
     generate_series(0, %(k)s - 1) i
"""
_TASKS = """
INSERT INTO labeling_task (id, uid, project_id, prompt_id, kind, purpose, state, candidates, candidate_set, required,
                           open_slots, priority, sensitive, metadata, external_candidate_ids, position, requires, writers)
SELECT %(first)s + n, pg_temp.uid7(11, n), %(project)s, %(first)s + n, 'rank', 'production', 'open', c.ids, c.ids, 1, 0, 0,
       false, '{}', ARRAY['a', 'b', 'c', 'd'], n, '{}', '{}'
FROM generate_series(%(start)s, %(stop)s) n,
     LATERAL (SELECT array_agg(%(first)s + n * %(k)s + i) AS ids FROM generate_series(0, %(k)s - 1) i) c
"""
_ASSIGNMENTS = """
INSERT INTO labeling_assignment (id, uid, task_id, membership_id, schema_id, guideline_id, state, display_order,
                                 active_seconds, draft_revision, skip_reason, skip_code)
SELECT %(first)s + n, pg_temp.uid7(12, n), %(first)s + n, (%(members)s::bigint[])[1 + n %% %(labelers)s], %(schema)s,
       %(guideline)s, 'submitted', '{2,0,3,1}', 95, 1, '', ''
FROM generate_series(%(start)s, %(stop)s) n
"""
_JUDGMENTS = """
INSERT INTO labeling_judgment (id, uid, task_id, assignment_id, schema_id, guideline_id, cohort, note, prompt_flags,
                               use_case, surplus, rendering, proposal, active_seconds, content_sha256, submitted_at)
SELECT %(first)s + n, pg_temp.uid7(13, n), %(first)s + n, %(first)s + n, %(schema)s, %(guideline)s, 'training', '', '{}',
       'chat', false, 'rendered', false, 60 + n %% 300, md5('judgment ' || n), now() - interval '1 hour'
FROM generate_series(%(start)s, %(stop)s) n
"""
_RANKINGS = """
INSERT INTO labeling_ranking (judgment_id, tiers)
SELECT %(first)s + n, CASE n %% 3 WHEN 0 THEN '{1,2,3,4}' WHEN 1 THEN '{2,1,2,3}' ELSE '{4,3,2,1}' END::smallint[]
FROM generate_series(%(start)s, %(stop)s) n
"""
_RATINGS = """
INSERT INTO labeling_ratings (judgment_id, values)
SELECT %(first)s + n, jsonb_build_array(
    jsonb_build_object('overall', 1 + n %% 7, 'flags', jsonb_build_object('hallucination', 'yes')),
    jsonb_build_object('overall', 1 + (n + 1) %% 7), jsonb_build_object('overall', 1 + (n + 2) %% 7),
    jsonb_build_object('overall', 1 + (n + 5) %% 7))
FROM generate_series(%(start)s, %(stop)s) n
"""
_STATEMENTS = (_PROMPTS, _COMPLETIONS, _TASKS, _ASSIGNMENTS, _JUDGMENTS, _RANKINGS, _RATINGS)


def fill(questions: Sequence[Question], rankings: int, labelers: int = LABELERS) -> Project:
    """A project with that many rankings of K candidates, rated too, by so many labelers."""
    project = _project(labelers)
    originals = [
        {"messages": canonical_text(question.messages), "replies": question.replies}
        for question in questions
        if sum(len(one["content"]) for one in question.messages) + sum(map(len, question.replies)) < LONGEST
    ]
    values = {
        "project": project.pk, "size": len(originals), "k": K, "first": 1000, "labelers": labelers,
        "members": list(project.memberships.filter(role="labeler").order_by("id").values_list("pk", flat=True)),
        "schema": JudgmentSchema.objects.filter(project=project).latest("number").pk,
        "guideline": project.guidelines.latest("number").pk,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ORIGINALS, {"originals": orjson.dumps(originals).decode()})
        cursor.execute(_UID.replace("%%", "%"))
        # A million rows one after another: what the triggers and keys would look up is right by construction.
        cursor.execute("SET session_replication_role = replica")
        for start in range(1, rankings + 1, 100_000):
            part = values | {"start": start, "stop": min(rankings, start + 99_999)}
            for statement in _STATEMENTS:
                cursor.execute(statement, part)
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM ANALYZE")
    return project


def _project(labelers: int) -> Project:
    boss = User.objects.create_user("manager@bench.local", "only for benchmarks")
    project = project_create(actor=boss, slug="bench", name="Bench", seed=1, overlap_share=0)
    guideline_publish(actor=boss, project=project, body="# Be fair\n\nRead all of it.", requires_acknowledgement=False)
    for number in range(labelers):
        member_add(
            actor=boss, project=project, email=f"labeler{number}@bench.local", role="labeler",
            password="only for benchmarks", status="active",
        )  # fmt: skip
    return project
