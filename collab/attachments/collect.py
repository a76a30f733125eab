"""The collector: files that were uploaded and that no state of the document ever showed.

The rule: an attachment is removed when ``ATTACHMENT_GRACE_S`` after its upload no record of its
document's log names it. A record that names it may be shown by history for ever, so from then on it
is kept as long as its document. Each attachment is looked for once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Func, IntegerField, Value
from django.utils import timezone

from collab.attachments.models import Attachment
from collab.attachments.services import attachment_mark_used, attachment_remove
from collab.history.models import UpdateRecord

#: Between two turns.
EVERY_S = 600.0
#: Looked at in one turn; the rest waits for the next.
BATCH = 50


class BytesPosition(Func):
    """Where a byte string begins in another, from 1; 0 where it is not in there."""

    function = "INSTR"
    output_field = IntegerField()

    def __init__(self, haystack: str, needle: bytes) -> None:
        super().__init__(haystack, Value(needle))

    def as_postgresql(self, compiler: Any, connection: Any, **more: Any) -> tuple[str, Any]:
        """Say it as PostgreSQL has it for bytea."""
        template = "POSITION(%(expressions)s)"
        reverse = self.copy()
        reverse.set_source_expressions(list(reversed(self.get_source_expressions())))
        return reverse.as_sql(compiler, connection, template=template, arg_joiner=" IN ", **more)


def is_named_in_log(attachment: Attachment, *, after_seq: int = 0) -> bool:
    """Return whether a record after ``after_seq`` names the attachment.

    Yjs writes strings as they are, in UTF-8.
    """
    records = UpdateRecord.objects.filter(
        document_id=attachment.document_id,
        seq__gt=after_seq,
        created_at__gte=attachment.created_at,
    )
    needle = str(attachment.pk).encode("ascii")
    return records.annotate(at=BytesPosition("update", needle)).filter(at__gt=0).exists()


def collect_unused() -> None:
    """Remove what was never used; note what was."""
    before = timezone.now() - timedelta(seconds=settings.ENV.attachment_grace_s)
    due = Attachment.objects.filter(used_at=None, created_at__lt=before)
    for attachment in due.order_by("created_at")[:BATCH]:
        if is_named_in_log(attachment):
            attachment_mark_used(attachment=attachment)
        else:
            attachment_remove(attachment=attachment)
