"""What the server processes say of themselves, for administrators to see.

None of it is truth that anything depends on. Reports come every few seconds, and a row that was not
renewed for a while is passed over, then removed (``services.py``). What broke a document is kept
for a while (``quarantine.py``).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from collab.documents.models import Document


class ServerProcess(models.Model):
    """A running server process."""

    #: Drawn by the process at its start: process ids are used again, hosts share names.
    id = models.CharField(primary_key=True, max_length=32, editable=False)
    host = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(_("process id"))
    started_at = models.DateTimeField(_("started"))
    seen_at = models.DateTimeField(_("last heard of"), db_index=True)
    memory_bytes = models.PositiveBigIntegerField(_("memory"), default=0)
    #: Updates that were accepted and are not committed yet.
    waiting_updates = models.PositiveIntegerField(_("updates waiting for the log"), default=0)
    #: How long the oldest of them had waited at the last report.
    log_lag_ms = models.PositiveIntegerField(_("log lag, ms"), default=0)
    #: How late the event loop was at worst since the last report.
    loop_lag_ms = models.PositiveIntegerField(_("event loop lag, ms"), default=0)
    #: Work that ended and should go on: {name: {"count", "why", "is_stopped"}}.
    ended_work = models.JSONField(_("work that has ended"), default=dict)

    class Meta:
        """Names for the admin."""

        verbose_name = _("server process")
        verbose_name_plural = _("server processes")
        ordering = ["host", "pid"]

    def __str__(self) -> str:
        return f"{self.host} {self.pid}"


class LiveRoom(models.Model):
    """A document that is open in a process."""

    process = models.ForeignKey(
        ServerProcess, on_delete=models.CASCADE, related_name="rooms", verbose_name=_("process")
    )
    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="live_rooms", verbose_name=_("document")
    )
    opened_at = models.DateTimeField(_("opened"))
    #: A list of {"user_id", "name", "access", "since"}, one for each socket.
    peers = models.JSONField(_("people"), default=list)
    seq = models.PositiveBigIntegerField(_("last stored record"), default=0)
    waiting_updates = models.PositiveIntegerField(_("updates waiting for the log"), default=0)
    size_bytes = models.PositiveBigIntegerField(_("size of the document"), default=0)

    class Meta:
        """One room for each document in each process."""

        verbose_name = _("live room")
        verbose_name_plural = _("live rooms")
        ordering = ["document", "process"]
        constraints = [
            models.UniqueConstraint(fields=["process", "document"], name="one_room_per_process")
        ]

    def __str__(self) -> str:
        return str(self.document)


class HourlyEdits(models.Model):
    """How many records the log took in an hour: the chart of the dashboard.

    Counted as they come, since counting them in the log would read all of it.
    """

    hour = models.DateTimeField(_("hour"), primary_key=True)
    records = models.PositiveBigIntegerField(_("records"), default=0)

    class Meta:
        """Oldest first."""

        verbose_name = _("edits of an hour")
        verbose_name_plural = _("edits by hour")
        ordering = ["hour"]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}:00 {self.records}"


class QuarantinedUpdate(models.Model):
    """An update that passed the gate and broke the document in memory.

    It is in no log, but for one that a log had all the same: the document is opened without it.
    """

    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="+", verbose_name=_("document")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("sender"),
    )
    #: The state that it was applied to is what the log makes up to here, at least.
    after_seq = models.PositiveBigIntegerField(_("after record"))
    #: Of one that is in the log.
    record_seq = models.PositiveBigIntegerField(_("unreadable record"), null=True, default=None)
    #: Empty where there were more than QUARANTINE_MAX_BYTES.
    update = models.BinaryField(_("update"))
    size_bytes = models.PositiveBigIntegerField(_("size"))
    error = models.TextField(_("error"))
    created_at = models.DateTimeField(_("time"), auto_now_add=True, db_index=True)

    class Meta:
        """Newest first."""

        verbose_name = _("quarantined update")
        verbose_name_plural = _("quarantined updates")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "record_seq"], name="a_record_in_quarantine_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.document_id} after {self.after_seq}"
