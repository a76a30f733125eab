"""The only reader of the process environment. Every name here is described in docs/settings.md."""

from __future__ import annotations

import os
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import environ

BASE_DIR = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Environment:
    """What the process environment says, typed, with the embedded defaults filled in."""

    secret_key: str
    debug: bool
    allowed_hosts: list[str]
    trusted_origins: list[str]
    database_url: str
    redis_url: str
    data_dir: Path
    behind_tls_proxy: bool
    num_proxies: int
    allow_plain_http: bool
    development_on_network: bool
    base_url: str
    language: str
    time_zone: str
    room_idle_s: float
    room_sweep_s: float
    room_compare_s: float
    commit_interval_ms: int
    commit_max_waiting_bytes: int
    checkpoint_every: int
    max_frame_bytes: int
    max_reader_frame_bytes: int
    max_frame_parts: int
    max_update_bytes: int
    max_document_bytes: int
    max_peers_per_room: int
    max_peers: int
    max_peers_per_person: int
    max_peers_per_address: int
    max_room_peers_per_person: int
    max_room_peers_per_address: int
    members_share: float
    peer_frames_per_s: int
    peer_burst_frames: int
    slow_peer_s: float
    drain_spread_s: float
    census_s: float
    watchdog_s: float
    quarantine_keep: int
    quarantine_keep_days: int
    quarantine_max_bytes: int
    history_checkpoint_every: int
    erase_at_once_records: int
    revision_idle_s: float
    revision_max_s: float
    revision_max_records: int
    revision_author_s: float
    upload_max_bytes: int
    body_idle_s: float
    trash_keep_days: int
    import_max_files: int
    attachment_max_bytes: int
    attachment_quota_bytes: int
    attachment_grace_s: float
    attachment_storage: str
    api_throttle: str
    export_processes: int
    export_wait_s: float
    export_timeout_s: float
    export_memory_bytes: int
    export_max_bytes: int
    import_max_bytes: int
    import_max_unpacked_bytes: int
    import_max_entries: int
    import_max_ratio: int
    import_max_chars: int
    sign_up_open: bool
    email: dict[str, object]
    email_from: str
    invitation_days: int
    webhook_allow_private: bool
    webhook_timeout_s: float
    webhook_attempts: int
    webhook_retry_s: float
    webhook_edit_s: float
    webhook_disable_days: int
    webhook_log_days: int
    webhook_max_per_person: int
    webhook_max_waiting: int
    webhook_senders: int
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str
    oidc_name: str
    oidc_link_by_email: bool
    impersonation: bool
    metrics_token: str
    metrics_networks: tuple[IPv4Network | IPv6Network, ...]


def read() -> Environment:
    """Return the environment's settings.

    Raises:
        environ.ImproperlyConfigured: a value does not have the form that it needs.
    """
    env = _Env()
    return Environment(
        secret_key=env.str("SECRET_KEY", default=""),
        debug=env.bool("DEBUG", default=False),
        allowed_hosts=env.list("ALLOWED_HOSTS", default=[]),
        trusted_origins=env.list("TRUSTED_ORIGINS", default=[]),
        database_url=env.str("DATABASE_URL", default=""),
        redis_url=env.str("REDIS_URL", default=""),
        data_dir=Path(env.str("DATA_DIR", default=str(BASE_DIR / "data"))).resolve(),
        behind_tls_proxy=env.bool("BEHIND_TLS_PROXY", default=False),
        num_proxies=env.int("NUM_PROXIES", default=0),
        allow_plain_http=env.bool("ALLOW_PLAIN_HTTP", default=False),
        development_on_network=env.bool("DEVELOPMENT_ON_NETWORK", default=False),
        base_url=env.str("BASE_URL", default="").rstrip("/"),
        language=env.str("LANGUAGE_DEFAULT", default="en"),
        time_zone=env.str("TIME_ZONE", default="UTC"),
        room_idle_s=env.float("ROOM_IDLE_S", default=30.0),
        room_sweep_s=env.float("ROOM_SWEEP_S", default=5.0),
        room_compare_s=env.float("ROOM_COMPARE_S", default=60.0),
        commit_interval_ms=env.int("COMMIT_INTERVAL_MS", default=40),
        commit_max_waiting_bytes=env.int("COMMIT_MAX_WAITING_BYTES", default=64 * 1024 * 1024),
        checkpoint_every=env.int("CHECKPOINT_EVERY", default=500),
        max_frame_bytes=env.int("MAX_FRAME_BYTES", default=8 * 1024 * 1024),
        max_reader_frame_bytes=env.int("MAX_READER_FRAME_BYTES", default=64 * 1024),
        max_frame_parts=env.int("MAX_FRAME_PARTS", default=300_000),
        max_update_bytes=env.int("MAX_UPDATE_BYTES", default=1024 * 1024),
        max_document_bytes=env.int("MAX_DOCUMENT_BYTES", default=64 * 1024 * 1024),
        max_peers_per_room=env.int("MAX_PEERS_PER_ROOM", default=500),
        max_peers=env.int("MAX_PEERS", default=10_000),
        max_peers_per_person=env.int("MAX_PEERS_PER_PERSON", default=500),
        max_peers_per_address=env.int("MAX_PEERS_PER_ADDRESS", default=5_000),
        max_room_peers_per_person=env.int("MAX_ROOM_PEERS_PER_PERSON", default=100),
        max_room_peers_per_address=env.int("MAX_ROOM_PEERS_PER_ADDRESS", default=250),
        members_share=env.float("MEMBERS_SHARE", default=0.2),
        peer_frames_per_s=env.int("PEER_FRAMES_PER_S", default=500),
        peer_burst_frames=env.int("PEER_BURST_FRAMES", default=5_000),
        slow_peer_s=env.float("SLOW_PEER_S", default=30.0),
        drain_spread_s=env.float("DRAIN_SPREAD_S", default=1.0),
        census_s=env.float("CENSUS_S", default=3.0),
        watchdog_s=env.float("WATCHDOG_S", default=30.0),
        quarantine_keep=env.int("QUARANTINE_KEEP", default=200),
        quarantine_keep_days=env.int("QUARANTINE_KEEP_DAYS", default=30),
        quarantine_max_bytes=env.int("QUARANTINE_MAX_BYTES", default=64 * 1024),
        history_checkpoint_every=env.int("HISTORY_CHECKPOINT_EVERY", default=2000),
        erase_at_once_records=env.int("ERASE_AT_ONCE_RECORDS", default=2000),
        revision_idle_s=env.float("REVISION_IDLE_S", default=600.0),
        revision_max_s=env.float("REVISION_MAX_S", default=3_600.0),
        revision_max_records=env.int("REVISION_MAX_RECORDS", default=5_000),
        revision_author_s=env.float("REVISION_AUTHOR_S", default=300.0),
        upload_max_bytes=env.int("REQUEST_MAX_BYTES", default=10 * 1024 * 1024),
        body_idle_s=env.float("BODY_IDLE_S", default=30.0),
        trash_keep_days=env.int("TRASH_KEEP_DAYS", default=30),
        import_max_files=env.int("IMPORT_MAX_FILES", default=500),
        attachment_max_bytes=env.int("ATTACHMENT_MAX_BYTES", default=25 * 1024 * 1024),
        attachment_quota_bytes=env.int("ATTACHMENT_QUOTA_BYTES", default=2 * 1024**3),
        attachment_grace_s=env.float("ATTACHMENT_GRACE_S", default=7 * 24 * 3600.0),
        attachment_storage=env.str("ATTACHMENT_STORAGE", default=""),
        api_throttle=env.str("API_THROTTLE", default="600/min"),
        export_processes=env.int("EXPORT_PROCESSES", default=2),
        export_wait_s=env.float("EXPORT_WAIT_S", default=15.0),
        export_timeout_s=env.float("EXPORT_TIMEOUT_S", default=30.0),
        export_memory_bytes=env.int("EXPORT_MEMORY_BYTES", default=2 * 1024 * 1024 * 1024),
        export_max_bytes=env.int("EXPORT_MAX_BYTES", default=100 * 1024 * 1024),
        import_max_bytes=env.int("IMPORT_MAX_BYTES", default=25 * 1024 * 1024),
        import_max_unpacked_bytes=env.int("IMPORT_MAX_UNPACKED_BYTES", default=200 * 1024 * 1024),
        import_max_entries=env.int("IMPORT_MAX_ENTRIES", default=5_000),
        import_max_ratio=env.int("IMPORT_MAX_RATIO", default=200),
        import_max_chars=env.int("IMPORT_MAX_CHARS", default=5_000_000),
        sign_up_open=env.bool("SIGN_UP_OPEN", default=True),
        email=dict(env.email_url("EMAIL_URL", default="consolemail://")),
        email_from=env.str("EMAIL_FROM", default="Scriptorium <scriptorium@localhost>"),
        invitation_days=env.int("INVITATION_DAYS", default=14),
        webhook_allow_private=env.bool("WEBHOOK_ALLOW_PRIVATE", default=False),
        webhook_timeout_s=env.float("WEBHOOK_TIMEOUT_S", default=10.0),
        webhook_attempts=env.int("WEBHOOK_ATTEMPTS", default=10),
        webhook_retry_s=env.float("WEBHOOK_RETRY_S", default=5.0),
        webhook_edit_s=env.float("WEBHOOK_EDIT_S", default=30.0),
        webhook_disable_days=env.int("WEBHOOK_DISABLE_DAYS", default=5),
        webhook_log_days=env.int("WEBHOOK_LOG_DAYS", default=30),
        webhook_max_per_person=env.int("WEBHOOK_MAX_PER_PERSON", default=20),
        webhook_max_waiting=env.int("WEBHOOK_MAX_WAITING", default=1_000),
        webhook_senders=env.int("WEBHOOK_SENDERS", default=4),
        oidc_issuer=env.str("OIDC_ISSUER", default=""),
        oidc_client_id=env.str("OIDC_CLIENT_ID", default=""),
        oidc_client_secret=env.str("OIDC_CLIENT_SECRET", default=""),
        oidc_name=env.str("OIDC_NAME", default="Single sign-on"),
        oidc_link_by_email=env.bool("OIDC_LINK_BY_EMAIL", default=False),
        impersonation=env.bool("IMPERSONATION", default=False),
        metrics_token=env.str("METRICS_TOKEN", default=""),
        metrics_networks=_networks(env.list("METRICS_NETWORKS", default=[])),
    )


class _Env(environ.Env):  # type: ignore[misc]  # django-environ is untyped
    """Names the setting whose value has not the form that it needs."""

    def get_value(self, var: str, *args: Any, **options: Any) -> Any:
        written = self.ENVIRON.get(var)
        cast: Any = options.get("cast", args[0] if args else None)
        try:
            if cast is float and written is not None:
                float(written)  # django-environ drops what is no digit: "5 min" would be 5
            return super().get_value(var, *args, **options)
        except ValueError as error:
            forms: dict[Any, str] = {int: "a whole number", float: "a number"}
            form = forms.get(cast, "another form")
            raise environ.ImproperlyConfigured(
                f"{var} is {written!r}; the setting needs {form} (docs/settings.md)."
            ) from error


def _networks(written: list[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(each.strip()) for each in written)
    except ValueError as error:
        raise environ.ImproperlyConfigured(f"METRICS_NETWORKS: {error}") from error


def database(url: str, data_dir: Path) -> dict[str, object]:
    """Return Django's database setting for ``url``, or SQLite in ``data_dir`` when it is empty."""
    if url:
        config: dict[str, object] = dict(environ.Env.db_url_config(url))
    else:
        config = {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(data_dir / "scriptorium.sqlite3"),
        }
    if "sqlite" in str(config["ENGINE"]):
        # WAL lets readers go on while the log commits; FULL makes a commit durable (0.3 ms more
        # than NORMAL); IMMEDIATE takes the write lock first, so that no transaction fails half-way.
        # What is deleted is overwritten, whoever deletes it: the search's turn may come after an
        # erasure, and nothing erased may stay in the file.
        config["OPTIONS"] = {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": (
                "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
                "PRAGMA secure_delete=ON"
            ),
        }
    elif "postgresql" in str(config["ENGINE"]):
        # A process that hangs or is frozen between two statements must not keep a document locked:
        # its session ends, and it finds out when it goes on. Who waits for a lock tries again.
        bounds = "-c idle_in_transaction_session_timeout=10s -c lock_timeout=5s"
        config["OPTIONS"] = {
            "connect_timeout": 5,
            # A network that swallows packets: found out within 15 s, not in two hours.
            "tcp_user_timeout": 15_000,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "options": bounds,
            **dict(environ.Env.db_url_config(url).get("OPTIONS", {})),
        }
    return config


def attachment_storage(url: str, data_dir: Path) -> dict[str, object]:
    """Return Django's storage setting for ``url``, or a folder in ``data_dir`` when it is empty.

    ``s3://bucket/folder?endpoint=…&region=…``; the keys are where boto3 looks for them
    (``AWS_ACCESS_KEY_ID`` and so on, or the role of the machine).

    Raises:
        environ.ImproperlyConfigured: the address is none of S3.
    """
    if not url:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(data_dir / "attachments")},
        }
    where = urlsplit(url)
    if where.scheme != "s3" or not where.hostname:
        raise environ.ImproperlyConfigured(
            "ATTACHMENT_STORAGE must be s3://bucket/folder?endpoint=…&region=…, or empty."
        )
    more = dict(parse_qsl(where.query))
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": where.hostname,
            "location": where.path.strip("/"),
            "endpoint_url": more.get("endpoint"),
            "region_name": more.get("region"),
            "default_acl": None,
            "file_overwrite": False,
        },
    }


def settings_module() -> str:
    """Return the settings module that this process runs under."""
    return os.environ.get("DJANGO_SETTINGS_MODULE", "collab.settings.dev")


def inherited(**changes: str) -> dict[str, str]:
    """Return the process environment with ``changes``, for a process that this one becomes."""
    return {**os.environ, **changes}
