-- Where a long walk begins: the first task of the fresh lane, from a place on, that this member may take and never took.
-- There a task's position is its id, so both indexes are read side by side, in one order, instead of asking for each task
-- whether it was theirs: a hundred pages where that touches ten thousand. Null where there is none.
CREATE FUNCTION labeling_first_fresh(
    member projects_membership, wanted_kind varchar, band smallint, begins bigint
) RETURNS bigint LANGUAGE plpgsql SET enable_mergejoin = on SET enable_nestloop = off AS $$
BEGIN
    RETURN (
        SELECT task.position FROM labeling_task task
        LEFT JOIN (
            SELECT own.task_id FROM labeling_assignment own
            WHERE own.membership_id = member.id AND own.task_id >= begins
                AND own.state IN ('submitted', 'skipped', 'leased', 'reserved')
        ) had ON had.task_id = task.position
        WHERE task.project_id = member.project_id AND task.kind = wanted_kind AND task.priority = band
            AND task.position >= begins AND task.position >= 0
            AND task.state = 'open' AND task.open_slots > 0 AND task.purpose = 'production'
            AND labeling_is_for(task.sensitive, task.cohort, task.requires, task.writers,
                                member.id, member.accepts_sensitive, member.cohort, member.skills)
            AND had.task_id IS NULL
        ORDER BY task.position LIMIT 1);
END $$;

-- The next task of one lane of one priority, its slot taken; null when all that can be had is behind other people's locks
-- or there is none. The member's cursor ends at the earliest task they may take, whoever holds its row: so nothing
-- takeable is ever passed.
CREATE OR REPLACE FUNCTION labeling_lane_take(
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
    IF wanted_lane = 1 AND (rewinds OR NOT known) THEN
        after := coalesce(labeling_first_fresh(member, wanted_kind, band, begins), begins);
    END IF;
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
