"""Which work of a process has ended, and was begun again, by its last report."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operations", "0004_quarantined_records")]

    operations = [
        migrations.AddField(
            model_name="serverprocess",
            name="ended_work",
            field=models.JSONField(default=dict, verbose_name="work that has ended"),
        ),
    ]
