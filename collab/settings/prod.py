"""Settings of a public server. What is missing is said at start, in a sentence."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from collab.settings.base import *  # noqa: F403  # the Django way to extend settings
from collab.settings.base import ENV

if len(ENV.secret_key) < 32:
    raise ImproperlyConfigured("Set SECRET_KEY to a random string of at least 32 characters.")
if not ENV.allowed_hosts or "*" in ENV.allowed_hosts:
    raise ImproperlyConfigured("Set ALLOWED_HOSTS to the host names that this server answers to.")
if ENV.debug:
    raise ImproperlyConfigured("DEBUG must not be on under the production settings.")

if ENV.behind_tls_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
