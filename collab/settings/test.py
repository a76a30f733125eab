"""Settings of the tests: quick passwords, hosts of the test client; the rest as it is served."""

from __future__ import annotations

from collab.settings import env as environment
from collab.settings.base import *  # noqa: F403  # the Django way to extend settings
from collab.settings.base import DATA_DIR, ENV, REST_FRAMEWORK

SECRET_KEY = "only-for-tests-0123456789-0123456789"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
DEMO_ACCOUNTS_ALLOWED = True
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = []
# Tests sign in more often than people; the one about the limits sets them again.
ACCOUNT_RATE_LIMITS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "attachments": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
DATABASES = {"default": environment.database(ENV.database_url, DATA_DIR)}
# Threads of the log writer must see the test database, which an in-memory one does not allow.
DATABASES["default"]["TEST"] = {"NAME": None}
if "sqlite" in str(DATABASES["default"]["ENGINE"]):
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
REST_FRAMEWORK = {**REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"user": None}}
# Nothing is collected for a test: static files are looked up where they lie.
WHITENOISE_AUTOREFRESH = True
