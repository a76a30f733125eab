"""What a process counts for Prometheus: names, helps, buckets. See docs/metrics.md.

Counted where it happens, by one call; shown by ``realtime/health.py``. Workers behind one port
(``serve --workers``) count into files of one directory, so that whichever is asked answers for all:
``PROMETHEUS_MULTIPROC_DIR`` is set by their supervisor before this is imported.
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.values import MutexValue, ValueClass

# When each counter began is a second series for each, and says what a restart says.
disable_created_metrics()  # type: ignore[no-untyped-call]
_own = CollectorRegistry()
#: From a tenth of a loop's turn to what a person takes for broken, in seconds.
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_RECORDS = (1, 2, 5, 10, 20, 50, 100, 200, 500)


def _counter(name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
    return Counter(name, text, labels, namespace="scriptorium", registry=_own)


def _histogram(
    name: str, text: str, buckets: tuple[float, ...], labels: tuple[str, ...] = ()
) -> Histogram:
    return Histogram(name, text, labels, namespace="scriptorium", registry=_own, buckets=buckets)


def _gauge(name: str, text: str, mode: str = "livesum") -> Gauge:
    return Gauge(name, text, namespace="scriptorium", registry=_own, multiprocess_mode=mode)  # type: ignore[arg-type]  # a Literal


# -- what goes on, counted as it happens --------------------------------------------------------

edits_accepted = _counter("edits_accepted", "Updates that were applied to a live document.")
edits_refused = _counter(
    "edits_refused", "Updates that were not: read_only, not_admitted.", ("reason",)
)
sockets_opened = _counter("sockets_opened", "Sockets that entered a room.")
sockets_closed = _counter("sockets_closed", "Sockets that the server closed.", ("code",))
sockets_unknown = _counter("sockets_unknown", "Sockets asked for at an address that has none.")
rooms_broken = _counter("rooms_broken", "Rooms thrown away and rebuilt from the log.")
bus_gaps = _counter("bus_gaps", "Records of other processes that the layer lost; read in the log.")
commits_failed = _counter("commits_failed", "Batches that the database did not take.")
background_ended = _counter(
    "background_ended", "Times that work ended that should go on; it was begun again.", ("work",)
)
rescues_written = _counter(
    "rescues_written", "Records that write back words which another edit would have taken along."
)
rescues_failed = _counter(
    "rescues_failed", "Times that a document could not be looked into for such words."
)

load_seconds = _histogram("room_load_seconds", "How long a document takes to load.", _SECONDS)
commit_seconds = _histogram("commit_seconds", "How long a batch takes to be durable.", _SECONDS)
commit_records = _histogram("commit_records", "Updates in a batch.", _RECORDS)
ack_seconds = _histogram(
    "ack_seconds",
    "From an update's arrival at the log's queue until its author is told that it is saved; "
    "the oldest of each batch.",
    _SECONDS,
)
rescue_seconds = _histogram(
    "rescue_seconds", "How long it takes to look into a document for lost words.", _SECONDS
)
http_seconds = _histogram(
    "http_request_seconds", "How long requests take.", _SECONDS, ("route", "method")
)
http_requests = _counter("http_requests", "Requests answered.", ("route", "method", "status"))

# -- how things stand, taken every second -------------------------------------------------------

rooms = _gauge("rooms", "Open documents, in each process that has them.")
sockets = _gauge("sockets", "Sockets in rooms.")
waiting_updates = _gauge("log_waiting_updates", "Updates accepted and not committed yet.")
log_lag_seconds = _gauge(
    "log_lag_seconds", "How long the oldest of them has waited, in the worst process.", "livemax"
)
loop_lag_seconds = _gauge(
    "loop_lag_seconds", "How late the event loop was in the last second, at worst.", "livemax"
)
memory_bytes = _gauge("resident_memory_bytes", "Memory of the server processes together.")
processes = _gauge("processes", "Server processes that answer here.")


def exposition() -> bytes:
    """Return all of it in Prometheus' text format."""
    if ValueClass is MutexValue:
        return generate_latest(_own)
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return generate_latest(together)
