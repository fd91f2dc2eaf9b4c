"""Reports that were kept before do not know guideline changes and ties: they are made again within a minute."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("quality", "0002_bias_and_volunteers")]

    operations = [migrations.RunSQL("DELETE FROM quality_agreementreport", migrations.RunSQL.noop)]
