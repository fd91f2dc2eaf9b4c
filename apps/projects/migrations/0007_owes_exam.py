from django.db import migrations, models

QUALIFYING = "UPDATE projects_membership SET owes_exam = true WHERE status = 'qualifying'"


class Migration(migrations.Migration):
    """Who is to sit the exam before they work is known as such until somebody decides, whatever becomes of their status."""

    dependencies = [("projects", "0006_checks_now_and_then")]
    operations = [
        migrations.AddField(
            "membership",
            "owes_exam",
            models.BooleanField(
                db_default=False, default=False, editable=False,
                help_text="To sit the exam before they work, and nobody has let them in yet.",
            ),
        ),
        migrations.RunSQL(QUALIFYING, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "membership",
            models.CheckConstraint(
                condition=~models.Q(status="active", owes_exam=True), name="membership_let_in_before_active"
            ),
        ),
    ]  # fmt: skip
