from django.db import migrations

# Suspended with an exam behind them, of which no acceptance stands: rejected, or suspended before anybody decided.
NOT_ACCEPTED = """
UPDATE projects_membership member SET owes_exam = true
WHERE member.status = 'suspended'
    AND EXISTS (SELECT FROM screening_attempt attempt WHERE attempt.membership_id = member.id)
    AND coalesce((SELECT decision.outcome FROM screening_decision decision
                  JOIN screening_attempt attempt ON attempt.id = decision.attempt_id
                  WHERE attempt.membership_id = member.id ORDER BY attempt.number DESC, decision.number DESC LIMIT 1),
                 'none') NOT IN ('accept_training', 'accept_held_out')
"""


class Migration(migrations.Migration):
    """Who was rejected, or never decided on, does not come back to work by a click."""

    dependencies = [("screening", "0002_referee"), ("projects", "0007_owes_exam")]
    operations = [migrations.RunSQL(NOT_ACCEPTED, migrations.RunSQL.noop)]
