"""The trash is emptied when its time has come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from collab.audit.models import AuditEntry
from collab.documents.models import Document
from collab.documents.upkeep import purge_what_is_due
from collab.history.services import document_seed
from tests.factories import make_document

pytestmark = pytest.mark.django_db


def test_what_lay_there_long_enough_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, fresh, due = make_document(), make_document(), make_document(title="due")
    document_seed(document=due, author=due.owner)
    now = timezone.now()
    Document.objects.filter(pk=fresh.pk).update(trashed_at=now - timedelta(days=29))
    Document.objects.filter(pk=due.pk).update(trashed_at=now - timedelta(days=31))
    monkeypatch.setattr(settings, "ENV", replace(settings.ENV, trash_keep_days=0))
    purge_what_is_due()
    assert Document.objects.count() == 3
    monkeypatch.setattr(settings, "ENV", replace(settings.ENV, trash_keep_days=30))
    purge_what_is_due()
    assert set(Document.objects.all()) == {kept, fresh}
    (entry,) = AuditEntry.objects.all()
    assert (entry.action, entry.subject, entry.actor) == ("document.purge", "due", None)
