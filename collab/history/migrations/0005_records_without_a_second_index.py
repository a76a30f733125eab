# Django would copy the whole table on SQLite to drop an index. Its name is that of 0001.

import django.db.models.deletion
from django.db import migrations, models

INDEX = "history_updaterecord_document_id_4f6ec4eb"


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0001_initial"),
        ("history", "0004_erasures"),
    ]

    operations = [
        migrations.RunSQL(
            f"DROP INDEX {INDEX}",
            f"CREATE INDEX {INDEX} ON history_updaterecord (document_id)",
            state_operations=[
                migrations.AlterField(
                    model_name="updaterecord",
                    name="document",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="records",
                        to="documents.document",
                    ),
                ),
            ],
        ),
    ]
