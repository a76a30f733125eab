"""Which files a document names; all are indexed anew, in the background, to find out."""

from django.db import migrations, models


def index_anew(apps, schema_editor):
    apps.get_model("search", "IndexedDocument").objects.update(seq=0)


class Migration(migrations.Migration):
    dependencies = [("search", "0001_initial")]

    operations = [
        # Null, so that SQLite adds a column: a table made anew would lose its trigger.
        migrations.AddField(
            model_name="indexeddocument", name="files", field=models.JSONField(null=True)
        ),
        migrations.RunPython(index_anew, migrations.RunPython.noop),
    ]
