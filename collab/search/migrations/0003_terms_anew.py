from django.db import migrations


def read_anew(apps, schema_editor):
    """Let the upkeep index everything again: emoji, long letters and notes have other terms now."""
    apps.get_model("search", "IndexedDocument").objects.update(seq=0)


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0002_files"),
    ]

    operations = [
        migrations.RunPython(read_anew, migrations.RunPython.noop),
    ]
