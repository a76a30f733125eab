"""Records of the log that cannot be read are in quarantine, too: each once."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operations", "0003_log_lag")]

    operations = [
        migrations.AddField(
            model_name="quarantinedupdate",
            name="record_seq",
            field=models.PositiveBigIntegerField(
                default=None, null=True, verbose_name="unreadable record"
            ),
        ),
        migrations.AddConstraint(
            model_name="quarantinedupdate",
            constraint=models.UniqueConstraint(
                fields=("document", "record_seq"), name="a_record_in_quarantine_once"
            ),
        ),
    ]
