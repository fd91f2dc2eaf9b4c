-- A random display order of k candidates, so that a letter tells nothing: its entries are places, counted from 0.
-- Shuffled while it grows (Durstenfeld 1964, inside out), because a sorted query costs seven times as much.
CREATE FUNCTION labeling_shuffled(k integer) RETURNS smallint[] LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    places smallint[] := '{}';
    at integer;
BEGIN
    FOR place IN 0 .. k - 1 LOOP
        at := 1 + floor(random() * (place + 1));
        places[place + 1] := coalesce(places[at], place);
        places[at] := place;
    END LOOP;
    RETURN places;
END $$;

-- Who may take a task, apart from what they did with it before.
CREATE FUNCTION labeling_is_for(
    sensitive boolean, cohort varchar, requires varchar[], writers bigint[],
    member_id bigint, member_accepts boolean, member_cohort varchar, member_skills varchar[]
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT (member_accepts OR NOT sensitive) AND (cohort IS NULL OR cohort = member_cohort)
        AND requires <@ member_skills AND NOT member_id = ANY (writers)
$$;

-- Take one slot of a task. Without `patient`, false may only mean that somebody else holds the row this moment. With it,
-- a row that was waited for in vain is let go at once: nobody waits for a second task while they hold a first one.
CREATE FUNCTION labeling_slot_take(wanted bigint, patient boolean) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF NOT patient THEN
        UPDATE labeling_task SET open_slots = open_slots - 1 WHERE open_slots > 0 AND id = (
            SELECT id FROM labeling_task WHERE id = wanted AND state = 'open' AND open_slots > 0
            FOR NO KEY UPDATE SKIP LOCKED);
        RETURN FOUND;
    END IF;
    BEGIN
        UPDATE labeling_task SET open_slots = open_slots - 1
        WHERE id = wanted AND state = 'open' AND open_slots > 0;
        IF FOUND THEN
            RETURN true;
        END IF;
        RAISE SQLSTATE 'LR001';
    EXCEPTION WHEN SQLSTATE 'LR001' THEN
        -- Unlimited ones (gold) have no counter.
        RETURN EXISTS (SELECT FROM labeling_task WHERE id = wanted AND state = 'open' AND required IS NULL);
    END;
END $$;

-- "OFFSET 0" and "+ 0", here and in the search: whether this member had a task is looked up among the few who had it.
-- As a join, or by the member's key, a plan made while the table was small would read all that they ever judged.

-- The next task of one lane of one priority, its slot taken; null when all that can be had is behind other people's locks
-- or there is none. The member's cursor ends at the earliest task they may take, whoever holds its row: so nothing
-- takeable is ever passed.
CREATE FUNCTION labeling_lane_take(
    member projects_membership, wanted_kind varchar, band smallint, wanted_lane smallint, today timestamptz,
    cur labeling_queuecursor
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    lane_start CONSTANT bigint := CASE WHEN wanted_lane = 0 THEN -4611686018427387904 ELSE 0 END;
    lane_end CONSTANT bigint := CASE WHEN wanted_lane = 0 THEN -1 ELSE 9223372036854775806 END;
    known CONSTANT boolean := cur.id IS NOT NULL;
    -- Numbers are given out before they are committed, so a cursor may have passed what nobody could see yet. What it
    -- passed in the last two periods is looked at again.
    rewinds CONSTANT boolean := known AND cur.rewound_at < today - interval '10 minutes';
    begins bigint;
    after bigint;
    earliest bigint;
    last_seen bigint;
    batch integer := 3;
    seen integer;
    looked_twice boolean := false;
    found_task record;
    taken bigint;
BEGIN
    begins := CASE WHEN rewinds THEN cur.rewind_to WHEN known THEN cur.position ELSE lane_start END;
    after := begins;
    LOOP
        seen := 0;
        FOR found_task IN
            SELECT task.id, task.position FROM labeling_task task
            WHERE task.project_id = member.project_id AND task.kind = wanted_kind AND task.priority = band
                AND task.position >= after AND task.position <= lane_end
                AND task.state = 'open' AND task.open_slots > 0 AND task.purpose = 'production'
                AND labeling_is_for(task.sensitive, task.cohort, task.requires, task.writers,
                                    member.id, member.accepts_sensitive, member.cohort, member.skills)
                AND NOT EXISTS (
                    SELECT FROM labeling_assignment own
                    WHERE own.task_id = task.id AND own.membership_id + 0 = member.id
                        AND own.state IN ('submitted', 'skipped', 'leased', 'reserved') OFFSET 0)
            ORDER BY task.position LIMIT batch
        LOOP
            seen := seen + 1;
            earliest := coalesce(earliest, found_task.position);
            after := found_task.position + 1;
            IF labeling_slot_take(found_task.id, false) THEN
                taken := found_task.id;
                EXIT;
            END IF;
        END LOOP;
        EXIT WHEN taken IS NOT NULL OR (seen < batch AND (earliest IS NOT NULL OR looked_twice));
        IF seen = 0 AND earliest IS NULL THEN
            -- Nothing for this member: step over all there is, as it was before one more look.
            SELECT task.position INTO last_seen FROM labeling_task task
            WHERE task.project_id = member.project_id AND task.kind = wanted_kind AND task.priority = band
                AND task.position >= after AND task.position <= lane_end
                AND task.state = 'open' AND task.open_slots > 0
            ORDER BY task.priority, task.position DESC LIMIT 1;
            EXIT WHEN NOT FOUND;
            looked_twice := true;
        ELSE
            batch := 16;
        END IF;
    END LOOP;
    after := coalesce(earliest, last_seen + 1, begins);
    IF NOT known THEN
        INSERT INTO labeling_queuecursor (membership_id, kind, priority, lane, position, rewound_at, rewind_to, rewind_next)
        VALUES (member.id, wanted_kind, band, wanted_lane, after, today, lane_start, after);
    ELSIF rewinds THEN
        UPDATE labeling_queuecursor
        SET position = after, rewound_at = today, rewind_to = cur.rewind_next, rewind_next = cur.position
        WHERE id = cur.id;
    ELSIF after - cur.position >= 8 OR (earliest IS NULL AND after > cur.position) THEN
        UPDATE labeling_queuecursor SET position = after WHERE id = cur.id;
    END IF;
    RETURN taken;
END $$;

-- Whether a lane of returned tasks is worth a look: it is empty nearly always.
CREATE FUNCTION labeling_any_returned(home bigint, wanted_kind varchar, band smallint, cur labeling_queuecursor)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM labeling_task task
        WHERE task.project_id = home AND task.kind = wanted_kind AND task.priority = band
            AND task.position >= coalesce(least(cur.position, cur.rewind_to), -4611686018427387904) AND task.position < 0
            AND task.state = 'open' AND task.open_slots > 0);
END $$;

-- The next task of the priorities between two, ends excluded: those that this member has no cursors in.
CREATE FUNCTION labeling_gap_take(
    member projects_membership, wanted_kind varchar, upper_end integer, lower_end integer, today timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    band smallint;
    taken bigint;
BEGIN
    LOOP
        SELECT task.priority INTO band FROM labeling_task task
        WHERE task.project_id = member.project_id AND task.kind = wanted_kind
            AND task.priority < upper_end AND task.priority > lower_end
            AND task.state = 'open' AND task.open_slots > 0
        ORDER BY task.priority DESC, task.position LIMIT 1;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        taken := coalesce(labeling_lane_take(member, wanted_kind, band, 0::smallint, today, NULL),
                          labeling_lane_take(member, wanted_kind, band, 1::smallint, today, NULL));
        IF taken IS NOT NULL THEN
            RETURN taken;
        END IF;
        upper_end := band;
    END LOOP;
END $$;

-- The next task by priority, in each priority what was returned before what is fresh. The bands that this member has
-- cursors in are entered at the cursors, so that what is used up at their heads is not walked through again; between
-- them one look finds the bands that are new.
CREATE FUNCTION labeling_queue_take(member projects_membership, wanted_kind varchar, today timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    known record;
    upper_end integer := 32768;
    taken bigint;
BEGIN
    FOR known IN
        SELECT cur.priority, (array_agg(cur) FILTER (WHERE cur.lane = 0))[1] AS returned,
               (array_agg(cur) FILTER (WHERE cur.lane = 1))[1] AS fresh
        FROM labeling_queuecursor cur WHERE cur.membership_id = member.id AND cur.kind = wanted_kind
        GROUP BY cur.priority ORDER BY cur.priority DESC
    LOOP
        taken := coalesce(
            labeling_gap_take(member, wanted_kind, upper_end, known.priority, today),
            CASE WHEN labeling_any_returned(member.project_id, wanted_kind, known.priority, known.returned) THEN
                labeling_lane_take(member, wanted_kind, known.priority, 0::smallint, today, known.returned) END,
            labeling_lane_take(member, wanted_kind, known.priority, 1::smallint, today, known.fresh));
        IF taken IS NOT NULL THEN
            RETURN taken;
        END IF;
        upper_end := known.priority;
    END LOOP;
    RETURN labeling_gap_take(member, wanted_kind, upper_end, -32769, today);
END $$;

-- The truth behind the cursors: from the start, waiting where somebody else is at a row. A task that a cursor had passed
-- sends that cursor back.
CREATE FUNCTION labeling_queue_search(member projects_membership, wanted_kind varchar)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    found_task record;
BEGIN
    LOOP
        SELECT task.id, task.priority, task.position INTO found_task FROM labeling_task task
        WHERE task.project_id = member.project_id AND task.kind = wanted_kind
            AND task.state = 'open' AND task.open_slots > 0 AND task.purpose = 'production'
            AND labeling_is_for(task.sensitive, task.cohort, task.requires, task.writers,
                                member.id, member.accepts_sensitive, member.cohort, member.skills)
            AND NOT EXISTS (
                SELECT FROM labeling_assignment own
                WHERE own.task_id = task.id AND own.membership_id + 0 = member.id
                    AND own.state IN ('submitted', 'skipped', 'leased', 'reserved') OFFSET 0)
        ORDER BY task.priority DESC, task.position LIMIT 1;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        IF labeling_slot_take(found_task.id, true) THEN
            DELETE FROM labeling_queuecursor
            WHERE membership_id = member.id AND kind = wanted_kind AND priority = found_task.priority
                AND lane = (found_task.position >= 0)::integer AND position > found_task.position;
            RETURN found_task.id;
        END IF;
    END LOOP;
END $$;

-- What a labeler gets: the lease they hold, what is reserved for them, their own expired draft, the next task. With
-- `beside`, the same as a reservation beside that lease. The membership is locked first, so one labeler takes one thing
-- at a time. `reason` says why there is none: a rule that was broken, `again` (a slot was returned: ask once more, in a
-- transaction that holds none), `search` (nothing found in passing: ask `thorough`ly), `nothing`. Nobody is told `again`.
CREATE FUNCTION labeling_claim(
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

    -- Not one after the other: what passes over rows may keep the lock of one, and the search waits.
    task := CASE WHEN thorough THEN labeling_queue_search(member, wanted_kind)
                 ELSE labeling_queue_take(member, wanted_kind, today) END;
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
