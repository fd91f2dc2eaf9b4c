"""The reaper: ends the leases and reservations that ran out, and returns their slots."""

from django.db import connection, transaction

# The tasks in the order of their ids, so that nobody who changes several in that order waits for it in a circle.
_REAP = """
WITH lapsed AS (
    SELECT a.id, a.task_id FROM labeling_assignment a JOIN labeling_task t ON t.id = a.task_id
    WHERE a.state IN ('leased', 'reserved') AND a.lease_expires_at <= statement_timestamp() {where}
    FOR NO KEY UPDATE OF a SKIP LOCKED
), ended AS (
    UPDATE labeling_assignment a SET state = 'expired', lease_expires_at = NULL
    FROM lapsed WHERE a.id = lapsed.id RETURNING a.id, a.task_id
), held AS (
    SELECT t.id FROM labeling_task t WHERE t.id IN (SELECT task_id FROM lapsed) ORDER BY t.id FOR NO KEY UPDATE
), returned AS (
    UPDATE labeling_task t SET open_slots = t.open_slots + freed.n
    FROM (SELECT task_id, count(*) AS n FROM ended JOIN held ON held.id = ended.task_id GROUP BY task_id) freed
    WHERE t.id = freed.task_id AND t.required IS NOT NULL RETURNING t.id
)
SELECT count(*) FROM ended
"""
# One at a time of those who lock many tasks: two could lock the same ones in different orders.
REAPER_LOCK = "SELECT pg_advisory_xact_lock(hashtext('labeling.reap_leases'))"


@transaction.atomic
def leases_reap(*, project_id: int | None = None) -> int:
    """End the leases that ran out and return their slots, in one transaction. Returns how many.

    Waits for another reaper: a claim that looks again must see the slots which that one returned.
    """
    with connection.cursor() as cursor:
        cursor.execute(REAPER_LOCK)
        where, values = ("AND t.project_id = %s", [project_id]) if project_id else ("", [])
        cursor.execute(_REAP.format(where=where), values)
        return int(cursor.fetchone()[0])
