"""Settings of a public server. What is missing is said at start, in a sentence."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from collab.settings import guards
from collab.settings.base import *  # noqa: F403  # the Django way to extend settings
from collab.settings.base import ENV

for fault in guards.public_faults(ENV):
    raise ImproperlyConfigured(fault)

# Commands work without it: who sets a server up has no proxy yet.
SERVING_FAULT = guards.plain_http_fault(ENV)
_scheme = "https" if ENV.behind_tls_proxy else "http"
PUBLIC_URL = ENV.base_url or f"{_scheme}://{ENV.allowed_hosts[0]}"

if ENV.behind_tls_proxy:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
if not ENV.allow_plain_http or ENV.behind_tls_proxy:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
