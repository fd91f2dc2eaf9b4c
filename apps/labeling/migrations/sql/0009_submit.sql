-- Record what a labeler said, once. `said` is null where it broke a rule: then only what comes before the rules is told.
-- `form`: the schema that it was checked against. `silence`: whether the time since the last sign of life may count as
-- work, because no events were told with this. `reason` says why nothing was recorded: `skipped`, `reserved`,
-- `already_submitted`, `form` (they took it up again under a newer schema meanwhile: check it again). `in_time`: recorded
-- under its lease, so that this transaction holds nothing but the labeler's own rows.
CREATE FUNCTION labeling_submit(
    submitted bigint, said jsonb, digest varchar, form bigint, silence boolean, judgment_uid uuid, audit_uid uuid, request varchar,
    OUT reason varchar, OUT judgment bigint, OUT uid uuid, OUT surplus boolean, OUT fresh boolean,
    OUT in_time boolean
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off
SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    member projects_membership;
    own labeling_assignment;
    today timestamptz;
    active integer;
BEGIN
    SELECT * INTO STRICT member FROM projects_membership
    WHERE id = (SELECT membership_id FROM labeling_assignment WHERE id = submitted) FOR NO KEY UPDATE;
    SELECT * INTO STRICT own FROM labeling_assignment WHERE id = submitted FOR NO KEY UPDATE;
    today := clock_timestamp();
    fresh := false;
    in_time := false;
    IF own.schema_id <> form THEN
        reason := 'form';
        RETURN;
    END IF;
    IF own.state = 'submitted' THEN
        IF digest IS NULL THEN
            RETURN;
        END IF;
        -- What was said before, once more: the judgment that said it, corrected since or the correction itself.
        SELECT said_before.id, said_before.uid, said_before.surplus INTO judgment, uid, surplus
        FROM labeling_judgment said_before
        WHERE said_before.assignment_id = own.id AND said_before.content_sha256 = digest
        ORDER BY said_before.id DESC LIMIT 1;
        IF NOT FOUND THEN
            reason := 'already_submitted';
            SELECT first.uid INTO uid FROM labeling_judgment first
            WHERE first.assignment_id = own.id AND first.supersedes_id IS NULL;
        END IF;
        RETURN;
    ELSIF own.state IN ('skipped', 'reserved') THEN
        reason := own.state;
        RETURN;
    ELSIF digest IS NULL THEN
        RETURN;
    END IF;

    -- After the lease ended the slot is taken back if one is free; else the judgment is kept as surplus.
    in_time := own.state = 'leased';
    surplus := NOT in_time AND NOT labeling_slot_take(own.task_id, true);
    active := own.active_seconds;
    IF silence AND today > own.seen_at AND today - own.seen_at <= interval '1 minute'
        AND NOT EXISTS (SELECT FROM labeling_activitybatch batch WHERE batch.assignment_id = own.id) THEN
        active := active + round(extract(epoch FROM today - own.seen_at));
    END IF;
    INSERT INTO labeling_judgment (
        uid, task_id, assignment_id, schema_id, guideline_id, cohort, note, prompt_flags, use_case, surplus, rendering,
        proposal, active_seconds, content_sha256, submitted_at)
    VALUES (
        judgment_uid, own.task_id, own.id, own.schema_id, own.guideline_id, member.cohort, said ->> 'note',
        said -> 'prompt_flags', said ->> 'use_case', surplus, said ->> 'rendering', (said ->> 'proposal')::boolean,
        active, digest, today)
    RETURNING id INTO judgment;
    IF jsonb_typeof(said -> 'tiers') = 'array' THEN
        INSERT INTO labeling_ranking (judgment_id, tiers)
        VALUES (judgment, ARRAY(SELECT tier::smallint FROM jsonb_array_elements_text(said -> 'tiers') AS tier));
    END IF;
    IF jsonb_typeof(said -> 'ratings') = 'array' THEN
        INSERT INTO labeling_ratings (judgment_id, values) VALUES (judgment, said -> 'ratings');
    END IF;
    UPDATE labeling_assignment
    SET state = 'submitted', lease_expires_at = NULL, draft = NULL, seen_at = today, active_seconds = active
    WHERE id = own.id;
    UPDATE projects_membership SET judgments = judgments + 1 WHERE id = member.id;
    INSERT INTO audit_auditentry (uid, request_id, actor_id, verb, object_type, object_uid, data, project_pk)
    VALUES (audit_uid, request, member.user_id, 'judgment.submitted', 'judgment', judgment_uid::text,
            jsonb_build_object('surplus', surplus), member.project_id);
    uid := judgment_uid;
    fresh := true;
END $$;
