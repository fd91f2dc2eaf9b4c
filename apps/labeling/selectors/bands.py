"""The priorities in which tasks wait, kind by kind."""

# One look into the claim's own index finds the next priority, so that only those in use are visited. The last row of a
# kind has none. Asked with `project` and `kinds`.
BANDS = """
WITH RECURSIVE band AS (
    SELECT wanted.kind, (
        SELECT task.priority FROM labeling_task task
        WHERE task.project_id = %(project)s AND task.kind = wanted.kind AND task.state = 'open' AND task.open_slots > 0
        ORDER BY task.priority DESC, task.position LIMIT 1) AS priority
    FROM unnest(%(kinds)s::varchar[]) AS wanted(kind)
    UNION ALL
    SELECT band.kind, (
        SELECT task.priority FROM labeling_task task
        WHERE task.project_id = %(project)s AND task.kind = band.kind AND task.state = 'open' AND task.open_slots > 0
            AND task.priority < band.priority
        ORDER BY task.priority DESC, task.position LIMIT 1)
    FROM band WHERE band.priority IS NOT NULL
)
"""
