"""How long the oldest update of a process had waited at its last report."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("operations", "0002_quarantine")]

    operations = [
        migrations.AddField(
            model_name="serverprocess",
            name="log_lag_ms",
            field=models.PositiveIntegerField(default=0, verbose_name="log lag, ms"),
        ),
    ]
