-- Who stands at the door: by a token's hash or as the signed-in user, of a project by its slug or of an assignment by its
-- uid. No row for an unknown, revoked or expired token; a row without a membership for somebody whose this is not.
CREATE FUNCTION labeling_door(token varchar, signed_in bigint, at_slug varchar, at_uid uuid)
RETURNS TABLE (
    user_id bigint, member_id bigint, project_id bigint, slug varchar, role varchar, status varchar,
    assignment bigint, kind varchar, sensitive boolean, accepts_sensitive boolean, display_order smallint[],
    schema_id bigint
) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    caller bigint := signed_in;
BEGIN
    IF token IS NOT NULL THEN
        SELECT person.id INTO caller FROM accounts_apitoken given JOIN accounts_user person ON person.id = given.user_id
        WHERE given.key_sha256 = token AND given.revoked_at IS NULL AND given.expires_at > clock_timestamp()
            AND person.is_active;
        IF NOT FOUND THEN
            RETURN;
        END IF;
    END IF;
    IF at_uid IS NULL THEN
        RETURN QUERY SELECT caller, member.id, project.id, project.slug, member.role, member.status, NULL::bigint,
            NULL::varchar, NULL::boolean, member.accepts_sensitive, NULL::smallint[], NULL::bigint
        FROM projects_project project
        JOIN projects_membership member ON member.project_id = project.id AND member.user_id = caller
        WHERE project.slug = at_slug;
    ELSE
        RETURN QUERY SELECT caller, member.id, project.id, project.slug, member.role, member.status, own.id, task.kind,
            task.sensitive, member.accepts_sensitive, own.display_order, own.schema_id
        FROM labeling_assignment own
        JOIN projects_membership member ON member.id = own.membership_id AND member.user_id = caller
        JOIN projects_project project ON project.id = member.project_id
        JOIN labeling_task task ON task.id = own.task_id WHERE own.uid = at_uid;
    END IF;
    IF NOT FOUND THEN
        user_id := caller;
        RETURN NEXT;
    END IF;
END $$;

-- What lies on a labeler's desk, and nothing of what they must not see. Texts in the order of the letters.
-- VOLATILE: it is asked in the statement that claimed, and must see what that wrote.
CREATE FUNCTION labeling_desk(wanted bigint)
RETURNS TABLE (
    uid uuid, kind varchar, state varchar, lease_expires_at timestamptz, messages text, context text, use_case varchar,
    texts text[], schema_id bigint, guideline integer, draft text, revision integer
) LANGUAGE plpgsql VOLATILE STRICT
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off
SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY SELECT own.uid, task.kind, own.state, own.lease_expires_at, prompt.messages, prompt.context,
        prompt.use_case,
        ARRAY(SELECT completion.body FROM unnest(own.display_order) WITH ORDINALITY AS shown(place, letter)
              JOIN prompts_completion completion ON completion.id = task.candidates[shown.place + 1]
              ORDER BY shown.letter),
        own.schema_id, version.number, own.draft::text, own.draft_revision
    FROM labeling_assignment own
    JOIN labeling_task task ON task.id = own.task_id
    JOIN prompts_prompt prompt ON prompt.id = task.prompt_id
    LEFT JOIN projects_guidelineversion version ON version.id = own.guideline_id
    WHERE own.id = wanted;
END $$;
