"""Settings of `make run`: this machine only, embedded services, demo accounts allowed."""

from __future__ import annotations

import secrets

from django.core.exceptions import ImproperlyConfigured

from collab.settings import guards
from collab.settings.base import *  # noqa: F403  # the Django way to extend settings
from collab.settings.base import DATA_DIR, ENV, STATIC_ROOT

if fault := guards.development_fault(ENV):
    raise ImproperlyConfigured(fault)


def _own_secret_key() -> str:
    """Return this data directory's secret key, made at first use and readable by its owner only."""
    path = DATA_DIR / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="utf-8")
    return path.read_text(encoding="utf-8")


SECRET_KEY = ENV.secret_key or _own_secret_key()
ALLOWED_HOSTS = ENV.allowed_hosts or [*guards.LOOPBACK_NAMES]
LOOPBACK_ONLY = not ENV.development_on_network
DEMO_ACCOUNTS_ALLOWED = True
AUTH_PASSWORD_VALIDATORS = []

# Nothing is collected for a try on one machine: static files are served from where they lie.
WHITENOISE_USE_FINDERS = True
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns where it is not there
