-- A gold task that this member has not met, of a prompt that they have not met either; null where there is none. The
-- order is each member's own, and it is entered behind `last`, the item they got before: all they met lies before it, so it
-- is not walked through again. Where nothing is left behind it, once more from the start: items were added, or they may
-- take more than they might.
CREATE FUNCTION labeling_gold_pick(member projects_membership, wanted_kind varchar, seed bigint, last bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    found_task record;
    behind CONSTANT bigint := CASE WHEN last IS NOT NULL THEN hashint8extended(last, seed # member.id) END;
BEGIN
    FOR found_task IN
        SELECT task.id, task.prompt_id FROM labeling_task task
        CROSS JOIN LATERAL (SELECT hashint8extended(task.id, seed # member.id) AS place) own_order
        WHERE task.project_id = member.project_id AND task.kind = wanted_kind AND task.purpose = 'gold'
            AND task.state = 'open' AND task.required IS NULL AND task.id IS DISTINCT FROM last
            AND labeling_is_for(task.sensitive, task.cohort, task.requires, task.writers,
                                member.id, member.accepts_sensitive, member.cohort, member.skills)
        ORDER BY own_order.place <= behind NULLS FIRST, own_order.place
    LOOP
        IF NOT EXISTS (
            SELECT FROM labeling_task other JOIN labeling_assignment own ON own.task_id = other.id
            WHERE other.prompt_id = found_task.prompt_id AND own.membership_id = member.id) THEN
            RETURN found_task.id;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
DROP FUNCTION labeling_gold_pick(projects_membership, varchar, bigint);

-- The check that this member gets now instead of a task of the queue: gold, or one of their own tasks again. Null mostly.
-- `at`: how many judgments they will have given before it. A member's judgments are divided into stretches of 1 / rate, and
-- in each stretch a drawn place is the check's: so the share is exact, and nobody knows the place. Where a stretch has no
-- check to give, it passes without one.
CREATE OR REPLACE FUNCTION labeling_check_take(
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
        taken := CASE wanted WHEN 'gold' THEN labeling_gold_pick(member, wanted_kind, home.seed, pace.task_id)
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
