-- The rules of a new assignment: as before, and a repeat is only for those who judged the original.
CREATE OR REPLACE FUNCTION labeling_assignment_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    task record;
BEGIN
    SELECT wanted.project_id, cardinality(wanted.candidates) AS k, member.project_id AS home, wanted.repeats_id AS original,
           NEW.membership_id = ANY (wanted.writers) AS own_text
    INTO task FROM labeling_task wanted LEFT JOIN projects_membership member ON member.id = NEW.membership_id
    WHERE wanted.id = NEW.task_id;
    IF cardinality(NEW.display_order) <> task.k
        OR NOT NEW.display_order @> ARRAY(SELECT generate_series(0, task.k - 1)::smallint) THEN
        RAISE EXCEPTION 'the display order is a permutation of the task''s candidates'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_order_is_permutation';
    ELSIF task.home IS DISTINCT FROM task.project_id THEN
        RAISE EXCEPTION 'a labeler takes tasks of their own project'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_within_project';
    ELSIF task.own_text THEN
        RAISE EXCEPTION 'nobody labels a text they wrote'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_not_own_prompt';
    ELSIF task.original IS NOT NULL AND NOT EXISTS (
        SELECT FROM labeling_assignment own
        WHERE own.membership_id = NEW.membership_id AND own.task_id = task.original AND own.state = 'submitted') THEN
        RAISE EXCEPTION 'a task is repeated to those who judged it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'assignment_repeats_own';
    END IF;
    RETURN NEW;
END $$;

-- A number from 0 up to 1 that only who knows the project's seed can foretell. `labeling.domain.checks` draws the same.
CREATE FUNCTION labeling_check_draw(seed bigint, member_id bigint, sort varchar, number integer)
RETURNS double precision LANGUAGE sql STABLE AS $$
    SELECT ('x' || left(encode(sha256(convert_to(concat_ws(':', seed, member_id, sort, number), 'UTF8')), 'hex'), 8))
           ::bit(32)::bigint / 4294967296::double precision
$$;

-- A gold task that this member has not met, of a prompt that they have not met either; null where there is none. The
-- order is each member's own.
CREATE FUNCTION labeling_gold_pick(member projects_membership, wanted_kind varchar, seed bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    found_task record;
BEGIN
    FOR found_task IN
        SELECT task.id, task.prompt_id FROM labeling_task task
        WHERE task.project_id = member.project_id AND task.kind = wanted_kind AND task.purpose = 'gold'
            AND task.state = 'open' AND task.required IS NULL
            AND labeling_is_for(task.sensitive, task.cohort, task.requires, task.writers,
                                member.id, member.accepts_sensitive, member.cohort, member.skills)
        ORDER BY hashint8extended(task.id, seed # member.id)
    LOOP
        IF NOT EXISTS (
            SELECT FROM labeling_task other JOIN labeling_assignment own ON own.task_id = other.id
            WHERE other.prompt_id = found_task.prompt_id AND own.membership_id = member.id) THEN
            RETURN found_task.id;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- A task that this member judged before, old enough and not repeated to them yet: the first one after a drawn moment of
-- their past, else the last one before it. Of either side a few are looked at. Null where there is none.
CREATE FUNCTION labeling_retest_pick(
    member projects_membership, wanted_kind varchar, home projects_project, draw double precision, today timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    earliest timestamptz;
    latest timestamptz;
    begins timestamptz;
    original bigint;
BEGIN
    SELECT own.seen_at INTO latest FROM labeling_assignment own
    WHERE own.membership_id = member.id AND own.state = 'submitted'
    ORDER BY own.seen_at DESC OFFSET home.retest_after_judgments LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    latest := least(latest, today - make_interval(hours => home.retest_after_hours));
    SELECT own.seen_at INTO earliest FROM labeling_assignment own
    WHERE own.membership_id = member.id AND own.state = 'submitted' ORDER BY own.seen_at LIMIT 1;
    IF earliest > latest THEN
        RETURN NULL;
    END IF;
    begins := earliest + draw * (latest - earliest);
    SELECT task.id INTO original FROM (
        (SELECT own.task_id, own.seen_at, 0 AS side FROM labeling_assignment own
         WHERE own.membership_id = member.id AND own.state = 'submitted' AND own.seen_at >= begins AND own.seen_at <= latest
         ORDER BY own.seen_at LIMIT 16)
        UNION ALL
        (SELECT own.task_id, own.seen_at, 1 FROM labeling_assignment own
         WHERE own.membership_id = member.id AND own.state = 'submitted' AND own.seen_at < begins
         ORDER BY own.seen_at DESC LIMIT 16)
    ) judged JOIN labeling_task task ON task.id = judged.task_id
    WHERE task.kind = wanted_kind AND task.purpose = 'production' AND task.repeats_id IS NULL AND task.state = 'open'
        AND labeling_is_for(task.sensitive, task.cohort, task.requires, task.writers,
                            member.id, member.accepts_sensitive, member.cohort, member.skills)
        AND NOT EXISTS (
            SELECT FROM labeling_task again JOIN labeling_assignment own ON own.task_id = again.id
            WHERE again.repeats_id = task.id AND own.membership_id = member.id)
    ORDER BY judged.side, abs(extract(epoch FROM judged.seen_at - begins)) LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN labeling_repeat_of(original);
END $$;

-- The task that repeats another: one for all who judged it, without slots, so that the queue never offers it.
CREATE FUNCTION labeling_repeat_of(original bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
    -- The time, the version, and what is random: a UUIDv7, like any other task's.
    fresh_uid CONSTANT uuid := (
        lpad(to_hex(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
        || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid;
BEGIN
    INSERT INTO labeling_task (
        uid, project_id, prompt_id, kind, purpose, state, candidates, candidate_set, required, open_slots, priority,
        sensitive, writers, cohort, requires, repeats_id, metadata)
    SELECT fresh_uid, project_id, prompt_id, kind, 'production', 'open', candidates, candidate_set, NULL, NULL, priority,
           sensitive, writers, cohort, requires, id, '{}'
    FROM labeling_task WHERE id = original
    ON CONFLICT (repeats_id) WHERE repeats_id IS NOT NULL DO NOTHING RETURNING id INTO made;
    IF made IS NULL THEN
        SELECT id INTO STRICT made FROM labeling_task WHERE repeats_id = original;
    END IF;
    RETURN made;
END $$;

-- The check that this member gets now instead of a task of the queue: gold, or one of their own tasks again. Null mostly.
-- `at`: how many judgments they will have given before it. A member's judgments are divided into stretches of 1 / rate, and
-- in each stretch a drawn place is the check's: so the share is exact, and nobody knows the place. Where a stretch has no
-- check to give, it passes without one.
CREATE FUNCTION labeling_check_take(
    member projects_membership, wanted_kind varchar, home_id bigint, at integer, today timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    home projects_project;
    pace labeling_checkpace;
    wanted varchar;
    rate double precision;
    draw double precision;
    taken bigint;
BEGIN
    SELECT * INTO STRICT home FROM projects_project WHERE id = home_id;
    -- What they gave back, or let lapse, comes again: like any other task.
    FOR pace IN SELECT * FROM labeling_checkpace known WHERE known.membership_id = member.id AND known.task_id IS NOT NULL
    LOOP
        SELECT task.id INTO taken FROM labeling_assignment own JOIN labeling_task task ON task.id = own.task_id
        WHERE own.membership_id = member.id AND own.task_id = pace.task_id AND own.state IN ('released', 'expired')
            AND task.kind = wanted_kind AND task.state = 'open'
            AND labeling_is_for(task.sensitive, task.cohort, task.requires, task.writers,
                                member.id, member.accepts_sensitive, member.cohort, member.skills);
        IF FOUND THEN
            RETURN taken;
        END IF;
    END LOOP;
    FOREACH wanted IN ARRAY ARRAY['gold', 'retest'] LOOP
        rate := CASE wanted WHEN 'gold' THEN home.gold_rate ELSE home.retest_rate END;
        CONTINUE WHEN rate = 0;
        SELECT * INTO pace FROM labeling_checkpace known WHERE known.membership_id = member.id AND known.sort = wanted;
        IF NOT FOUND THEN
            INSERT INTO labeling_checkpace (membership_id, sort, drawn, begins) VALUES (member.id, wanted, 0, at)
            RETURNING * INTO pace;
        END IF;
        draw := labeling_check_draw(home.seed, member.id, wanted, pace.drawn);
        CONTINUE WHEN at < floor(pace.begins + draw / rate);
        -- Another number of the same draw for what is taken, so that it does not hang together with when.
        taken := CASE wanted WHEN 'gold' THEN labeling_gold_pick(member, wanted_kind, home.seed)
                 ELSE labeling_retest_pick(member, wanted_kind, home,
                                           labeling_check_draw(home.seed, member.id, 'which', pace.drawn), today) END;
        -- Whoever did other work for long has no arrears.
        UPDATE labeling_checkpace
        SET drawn = pace.drawn + 1, begins = greatest(pace.begins + 1 / rate, at), task_id = coalesce(taken, task_id)
        WHERE id = pace.id;
        IF taken IS NOT NULL THEN
            RETURN taken;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- What a labeler gets: the lease they hold, what is reserved for them, their own expired draft, the next task. With
-- `beside`, the same as a reservation beside that lease. The membership is locked first, so one labeler takes one thing
-- at a time. `reason` says why there is none: a rule that was broken, `again` (a slot was returned: ask once more, in a
-- transaction that holds none), `search` (nothing found in passing: ask `thorough`ly), `nothing`. Nobody is told `again`.
CREATE OR REPLACE FUNCTION labeling_claim(
    claimant bigint, wanted_kind varchar, beside bigint, thorough boolean,
    OUT reason varchar, OUT detail jsonb, OUT assignment bigint
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off
SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    member projects_membership;
    project record;
    held_id bigint;
    held_task bigint;
    held_fits boolean := false;
    untouched boolean := false;
    today timestamptz;
    new_state varchar := CASE WHEN beside IS NULL THEN 'leased' ELSE 'reserved' END;
    until timestamptz;
    task bigint;
BEGIN
    IF claimant IS NULL THEN
        reason := 'again';
        RETURN;
    END IF;
    SELECT * INTO STRICT member FROM projects_membership WHERE id = claimant FOR NO KEY UPDATE;
    SELECT home.state, home.lease_minutes, home.labeler_quota, home.labeler_daily_quota,
           home.gold_rate > 0 OR home.retest_rate > 0 AS checks,
           version.id AS guideline, version.number, version.track,
           version.requires_acknowledgement AND NOT EXISTS (
               SELECT FROM projects_guidelineacknowledgement read
               WHERE read.membership_id = member.id AND read.guideline_id = version.id) AS unread,
           (SELECT schema.id FROM projects_judgmentschema schema
            WHERE schema.project_id = home.id AND schema.published_at IS NOT NULL
            ORDER BY schema.number DESC LIMIT 1) AS form,
           EXISTS (SELECT FROM labeling_assignment own WHERE own.membership_id = member.id AND own.state = 'leased')
           OR EXISTS (SELECT FROM labeling_assignment own WHERE own.membership_id = member.id AND own.state = 'reserved')
           OR EXISTS (SELECT FROM labeling_assignment own
                      WHERE own.membership_id = member.id AND own.state = 'expired' AND own.draft IS NOT NULL) AS keeps_work
    INTO STRICT project FROM projects_project home LEFT JOIN LATERAL (
        SELECT * FROM projects_guidelineversion written
        WHERE written.project_id = home.id AND written.track = 'collection' AND written.published_at IS NOT NULL
        ORDER BY written.number DESC LIMIT 1) version ON true
    WHERE home.id = member.project_id;
    today := clock_timestamp();
    until := today + CASE WHEN beside IS NULL THEN make_interval(mins => project.lease_minutes) ELSE interval '2 minutes' END;

    IF project.state <> 'active' THEN
        reason := 'project_not_active';
        detail := jsonb_build_object('state', project.state);
        RETURN;
    ELSIF project.unread THEN
        reason := 'guideline_unacknowledged';
        detail := jsonb_build_object('number', project.number, 'track', project.track);
        RETURN;
    END IF;

    IF project.keeps_work THEN
        SELECT own.id, own.task_id, own.draft IS NULL,
               labeling_is_for(task_of.sensitive, task_of.cohort, task_of.requires, task_of.writers,
                               member.id, member.accepts_sensitive, member.cohort, member.skills)
               AND task_of.kind = wanted_kind AND task_of.state = 'open'
        INTO held_id, held_task, untouched, held_fits
        FROM labeling_assignment own JOIN labeling_task task_of ON task_of.id = own.task_id
        WHERE own.membership_id = member.id AND own.state = 'reserved' FOR NO KEY UPDATE OF own;
    END IF;
    IF beside IS NOT NULL THEN
        IF NOT held_fits AND held_id IS NOT NULL THEN  -- they turned to another kind, or may not take it any more
            UPDATE labeling_assignment SET state = 'released', lease_expires_at = NULL WHERE id = held_id;
            UPDATE labeling_task SET open_slots = open_slots + 1 WHERE id = held_task AND required IS NOT NULL;
            reason := 'again';
            RETURN;
        END IF;
        IF NOT EXISTS (SELECT FROM labeling_assignment WHERE id = beside AND membership_id = member.id
                       AND state = 'leased' AND lease_expires_at > today) THEN
            reason := 'nothing';
            RETURN;
        END IF;
    ELSIF project.keeps_work THEN
        DECLARE
            lease record;
        BEGIN
            SELECT own.id, own.task_id, task_of.sensitive INTO lease
            FROM labeling_assignment own JOIN labeling_task task_of ON task_of.id = own.task_id
            WHERE own.membership_id = member.id AND own.state = 'leased' FOR NO KEY UPDATE OF own;
            IF FOUND AND lease.sensitive AND NOT member.accepts_sensitive THEN  -- accepted once, withdrawn since
                UPDATE labeling_assignment SET state = 'released', lease_expires_at = NULL WHERE id = lease.id;
                UPDATE labeling_task SET open_slots = open_slots + 1 WHERE id = lease.task_id AND required IS NOT NULL;
                reason := 'again';
                RETURN;
            ELSIF FOUND THEN  -- its clock wound up; also one that lapsed but nobody reaped
                UPDATE labeling_assignment SET lease_expires_at = until, seen_at = today, guideline_id = project.guideline
                WHERE id = lease.id;
                assignment := lease.id;
                RETURN;
            END IF;
        END;
    END IF;

    -- The lease beside counts as if it were submitted: what is reserved comes after it.
    IF project.labeler_quota IS NOT NULL
        AND member.judgments + (beside IS NOT NULL)::integer >= project.labeler_quota THEN
        reason := 'quota_reached';
        detail := jsonb_build_object('quota', 'total', 'limit', project.labeler_quota);
        RETURN;
    END IF;
    IF project.labeler_daily_quota IS NOT NULL AND (
        SELECT count(*) FROM labeling_assignment own
        WHERE own.membership_id = member.id AND own.state = 'submitted'
            AND own.seen_at >= date_trunc('day', today AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
    ) + (beside IS NOT NULL)::integer >= project.labeler_daily_quota THEN
        reason := 'quota_reached';
        detail := jsonb_build_object('quota', 'daily', 'limit', project.labeler_daily_quota);
        RETURN;
    END IF;

    IF held_fits THEN
        -- Lapsed but not reaped, its slot is still taken, so it counts.
        assignment := held_id;
    ELSIF project.keeps_work THEN
        untouched := false;
        FOR held_id, held_task IN
            SELECT own.id, own.task_id FROM labeling_assignment own
            JOIN labeling_task task_of ON task_of.id = own.task_id
            WHERE own.membership_id = member.id AND own.state = 'expired' AND own.draft IS NOT NULL
                AND task_of.kind = wanted_kind AND task_of.state = 'open'
                AND labeling_is_for(task_of.sensitive, task_of.cohort, task_of.requires, task_of.writers,
                                    member.id, member.accepts_sensitive, member.cohort, member.skills)
            ORDER BY own.draft_saved_at DESC FOR NO KEY UPDATE OF own
        LOOP
            IF labeling_slot_take(held_task, true) THEN
                assignment := held_id;
                EXIT;
            END IF;
        END LOOP;
    END IF;
    IF assignment IS NOT NULL THEN
        -- The same row, held again: same order, same draft; the schema in force, unless there is work on an older one.
        UPDATE labeling_assignment
        SET state = new_state, lease_expires_at = until, seen_at = today, guideline_id = project.guideline,
            schema_id = CASE WHEN untouched THEN project.form ELSE schema_id END
        WHERE id = assignment;
        RETURN;
    END IF;

    -- Gold and repeats are for rankings. What is reserved comes after one judgment more.
    IF project.checks AND wanted_kind = 'rank' THEN
        task := labeling_check_take(
            member, wanted_kind, member.project_id, member.judgments + (beside IS NOT NULL)::integer, today);
    END IF;
    -- Not one after the other: what passes over rows may keep the lock of one, and the search waits.
    IF task IS NULL THEN
        task := CASE WHEN thorough THEN labeling_queue_search(member, wanted_kind)
                     ELSE labeling_queue_take(member, wanted_kind, today) END;
    END IF;
    IF task IS NULL THEN
        reason := CASE WHEN thorough OR beside IS NOT NULL THEN 'nothing' ELSE 'search' END;
        RETURN;
    END IF;
    INSERT INTO labeling_assignment AS own (
        uid, task_id, membership_id, guideline_id, schema_id, state, display_order, lease_expires_at, seen_at,
        active_seconds, draft_revision, skip_code, skip_reason)
    SELECT gen_random_uuid(), task, member.id, project.guideline, project.form, new_state,
           labeling_shuffled(cardinality(candidates)),
           until, today, 0, 0, '', ''
    FROM labeling_task WHERE id = task
    ON CONFLICT (membership_id, task_id) DO UPDATE
    SET state = excluded.state, lease_expires_at = until, seen_at = today, guideline_id = excluded.guideline_id,
        schema_id = CASE WHEN own.draft IS NULL THEN excluded.schema_id ELSE own.schema_id END
    RETURNING own.id INTO assignment;
END $$;
