import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q
from django.utils import timezone


def begin_the_law(apps, schema_editor):
    """Of logs that there are, the law looks into later records only: what is lost there, is."""
    watch = apps.get_model("history", "MergeWatch").objects
    heads = apps.get_model("history", "LogHead").objects.filter(seq__gt=0)
    now = timezone.now()
    rows = []
    for document_id, seq in heads.values_list("pk", "seq").iterator(chunk_size=1000):
        rows.append(watch.model(pk=document_id, since=seq, upto=seq, touched_at=now))
        if len(rows) == 1000:
            watch.bulk_create(rows, ignore_conflicts=True)
            rows = []
    watch.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [
        ("documents", "0008_list_indexes"),
        ("history", "0006_erasure_jobs"),
    ]

    operations = [
        migrations.AlterField(
            model_name="updaterecord",
            name="kind",
            field=models.CharField(
                choices=[
                    ("live", "live"),
                    ("import", "import"),
                    ("api", "API"),
                    ("restore", "restore"),
                    ("merge", "merge of a draft"),
                    ("rescue", "rescue of words"),
                ],
                default="live",
                max_length=8,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="MergeWatch",
            fields=[
                (
                    "document",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="merge_watch",
                        serialize=False,
                        to="documents.document",
                    ),
                ),
                (
                    "since",
                    models.PositiveBigIntegerField(default=0, verbose_name="law since record"),
                ),
                (
                    "upto",
                    models.PositiveBigIntegerField(
                        default=0, verbose_name="looked into up to record"
                    ),
                ),
                (
                    "wanted",
                    models.PositiveBigIntegerField(
                        default=0, verbose_name="to be looked into up to record"
                    ),
                ),
                (
                    "tries",
                    models.PositiveSmallIntegerField(default=0, verbose_name="failures in a row"),
                ),
                (
                    "failure",
                    models.CharField(blank=True, max_length=500, verbose_name="why it failed"),
                ),
                ("touched_at", models.DateTimeField(verbose_name="last wanted or tried")),
            ],
            options={
                "verbose_name": "watch over merging",
                "verbose_name_plural": "watches over merging",
                "indexes": [
                    models.Index(
                        condition=Q(wanted__gt=F("upto")),
                        fields=["touched_at"],
                        name="merge_watches_due",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MergeNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seq", models.PositiveBigIntegerField(verbose_name="record")),
                ("seen", models.BinaryField(null=True, verbose_name="seen by the sender")),
                ("is_meant", models.BooleanField(default=False, verbose_name="meant")),
                (
                    "rescue_seq",
                    models.PositiveBigIntegerField(null=True, verbose_name="rescued by record"),
                ),
                (
                    "document",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="documents.document",
                    ),
                ),
            ],
            options={
                "verbose_name": "note on merging",
                "verbose_name_plural": "notes on merging",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("document", "seq"), name="one_merge_note_per_record"
                    )
                ],
            },
        ),
        migrations.RunPython(begin_the_law, migrations.RunPython.noop),
    ]
