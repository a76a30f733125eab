from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """What a page says of its edit is kept with the note on it."""

    dependencies = [("history", "0007_merging")]

    operations = [
        migrations.AddField(
            "mergenote",
            "is_undo",
            models.BooleanField(null=True, verbose_name="undo or redo"),
        ),
        migrations.AddField(
            "mergenote",
            "upto",
            models.PositiveBigIntegerField(null=True, verbose_name="last record seen by the page"),
        ),
    ]
