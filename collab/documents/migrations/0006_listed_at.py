"""When a document was last edited, where lists can be put in order by it."""

from __future__ import annotations

import django.utils.timezone
from django.db import migrations, models
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce


def follow_the_log(apps, schema_editor):
    document = apps.get_model("documents", "Document")
    heads = apps.get_model("history", "LogHead").objects.filter(pk=OuterRef("pk"))
    document.objects.update(
        listed_at=Coalesce(Subquery(heads.values("edited_at")[:1]), F("updated_at"))
    )


class Migration(migrations.Migration):
    dependencies = [("documents", "0005_drafts"), ("history", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="document",
            name="listed_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.RunPython(follow_the_log, migrations.RunPython.noop),
    ]
