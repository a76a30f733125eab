"""The cache of what must not be forgotten before its time: counters of attempts, used codes.

Django's caches make room by throwing out what is still good, so who fills one resets the counters
of others. This one is a table: a row goes when its time is over, never for another. It is what the
libraries that count (allauth) are given where there is no Redis.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection
from django.utils import timezone

from collab.accounts.models import Counter

#: How often rows whose time is over are removed.
EVERY_S = 600.0
#: For what is set without an end.
FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)

# Both databases know this form; whether a row was written says who came first.
_ADD = """
    INSERT INTO accounts_counter (key, value, expires_at) VALUES (%s, %s, %s)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
    WHERE accounts_counter.expires_at <= %s
"""


class CounterCache(BaseCache):
    """Keeps values that JSON can hold in the database."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def _key(self, key: str, version: int | None) -> str:
        made: str = self.make_and_validate_key(key, version=version)
        return made

    def _end(self, timeout: Any) -> datetime:
        seconds = self.get_backend_timeout(timeout)
        return FOR_EVER if seconds is None else datetime.fromtimestamp(seconds, UTC)

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Keep ``value`` unless there is one; of several at once, one is told that it did."""
        row = [self._key(key, version), json.dumps(value), self._adapted(self._end(timeout))]
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [*row, self._adapted(timezone.now())])
            return bool(cursor.rowcount > 0)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return what is kept."""
        live = Counter.objects.filter(expires_at__gt=timezone.now())
        found = live.filter(key=self._key(key, version)).values_list("value", flat=True).first()
        return default if found is None else json.loads(found)

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        """Keep ``value``."""
        Counter.objects.bulk_create(
            [Counter(self._key(key, version), json.dumps(value), self._end(timeout))],
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["value", "expires_at"],
        )

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep what is there for longer."""
        live = Counter.objects.filter(expires_at__gt=timezone.now())
        rows = live.filter(key=self._key(key, version)).update(expires_at=self._end(timeout))
        return rows > 0

    def delete(self, key: str, version: int | None = None) -> bool:
        """Forget one."""
        return Counter.objects.filter(key=self._key(key, version)).delete()[0] > 0

    def clear(self) -> None:
        """Forget all."""
        Counter.objects.all().delete()

    @staticmethod
    def _adapted(moment: datetime) -> Any:
        return connection.ops.adapt_datetimefield_value(moment)


def forget_old_counters() -> None:
    """Remove the rows whose time is over; a chore."""
    Counter.objects.filter(expires_at__lte=timezone.now()).delete()
