"""Settings common to all ways of running. What may differ comes from ``env.py``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from collab.formats.limits import Limits
from collab.settings import env as environment
from collab.settings import guards

ENV = environment.read()
BASE_DIR: Path = environment.BASE_DIR
DATA_DIR: Path = ENV.data_dir

# What addresses in letters begin with; empty: with what the visitor's browser asked for, which only
# a server for this machine may believe.
PUBLIC_URL = ENV.base_url
#: Whether only this machine may connect (see dev.py).
LOOPBACK_ONLY = False
#: A sentence where it must not serve; commands beside it work.
SERVING_FAULT: str | None = None

SECRET_KEY = ENV.secret_key
DEBUG = ENV.debug
ALLOWED_HOSTS = ENV.allowed_hosts
CSRF_TRUSTED_ORIGINS = ENV.trusted_origins
CSRF_FAILURE_VIEW = "collab.web.refusals.csrf_failure"
#: Demo accounts may be made only where a settings module says so (see dev.py).
DEMO_ACCOUNTS_ALLOWED = False

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "daphne",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "collab.accounts",
    "collab.audit",
    "collab.documents",
    "collab.history",
    "collab.attachments",
    "collab.search",
    "collab.webhooks",
    "collab.operations",
    "collab.realtime",
    "collab.api",
    "collab.web",
]

MIDDLEWARE = [
    "collab.web.counting.CountingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "collab.web.static_files.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "collab.web.staying.StayingMiddleware",
    "collab.web.guests.GuestMiddleware",
    "collab.web.impersonation.ImpersonationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "collab.web.middleware.ContentSecurityPolicyMiddleware",
]

ROOT_URLCONF = "collab.urls"
ASGI_APPLICATION = "collab.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    },
]

DATABASES = {"default": environment.database(ENV.database_url, DATA_DIR)}
_file = Path(str(DATABASES["default"]["NAME"]))
guards.keep_private(DATA_DIR, [_file] if "sqlite" in str(DATABASES["default"]["ENGINE"]) else [])
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The pub/sub layer costs half of the core layer or less (ADR 0004). It may drop:
# the update log is the truth, the layer only rings.
CHANNEL_LAYERS = {
    "default": (
        {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [ENV.redis_url], "prefix": "scriptorium"},
        }
        if ENV.redis_url
        else {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 10_000}}
    ),
}

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "collab.web.account_adapter.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "collab.web.account_adapter.SocialAccountAdapter"
ACCOUNT_FORMS = {"login": "collab.web.account_forms.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
# An installation may have no mail. An address that is not proved opens nothing; see person_find.
ACCOUNT_EMAIL_VERIFICATION = "optional"
# Signing up says the same whether the address has an account or not: it makes another one, whose
# address is not proved, and opens nothing that the first has.
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_CHANGE_EMAIL = False
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USERNAME_BLACKLIST = ["admin", "root", "server", "system", "scriptorium"]
ACCOUNT_USER_DISPLAY = "collab.web.account_adapter.shown_name"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# A letter goes out after each change of what somebody signs in with.
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Read by accounts/client_address.py only, which says whose address a request is counted by: allauth
# and REST framework are told by it. A proxy that speaks https is one.
NUM_PROXIES = max(ENV.num_proxies, 1 if ENV.behind_tls_proxy else 0)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Scriptorium"
MFA_FORMS = {
    "add_webauthn": "collab.web.account_forms.PasskeyAddForm",
    "edit_webauthn": "collab.web.account_forms.PasskeyNameForm",
}
# Where no mail goes out, no address is ever proved.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# A write with every request would be the price of "last seen".
USERSESSIONS_TRACK_ACTIVITY = False
# Whom their address has joined stays joined when the address changes.
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "APPS": [
            {
                "provider_id": "oidc",
                "name": ENV.oidc_name,
                "client_id": ENV.oidc_client_id,
                "secret": ENV.oidc_client_secret,
                "settings": {"server_url": ENV.oidc_issuer},
            }
        ]
        if ENV.oidc_issuer
        else []
    }
}

vars().update(ENV.email)
DEFAULT_FROM_EMAIL = ENV.email_from
# A mail server that does not answer holds up a request no longer than this, in seconds.
EMAIL_TIMEOUT = 10

# Wrong passwords, used codes, guests and letters are counted in the first, by allauth's limits too:
# where nothing can push a counter out (ADR 0080). Requests to REST are counted in the second.
_redis = {
    "BACKEND": "django.core.cache.backends.redis.RedisCache",
    "LOCATION": ENV.redis_url,
    "KEY_PREFIX": "scriptorium",
}
CACHES = {
    "default": _redis if ENV.redis_url else {"BACKEND": "collab.accounts.counters.CounterCache"},
    "requests": _redis
    if ENV.redis_url
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "requests",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}

LANGUAGE_CODE = ENV.language
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = ENV.time_zone
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "attachments": environment.attachment_storage(ENV.attachment_storage, DATA_DIR),
    # Files under static/editor carry a hash already; rewriting them would break their imports.
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_IMMUTABLE_FILE_TEST = r"^.+/editor/assets/.+$"
MEDIA_ROOT = DATA_DIR / "media"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

DATA_UPLOAD_MAX_MEMORY_SIZE = ENV.upload_max_bytes
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

CONVERSION_LIMITS = Limits(
    processes=ENV.export_processes,
    waiting_s=ENV.export_wait_s,
    timeout_s=ENV.export_timeout_s,
    memory_bytes=ENV.export_memory_bytes,
    output_bytes=ENV.export_max_bytes,
    import_bytes=ENV.import_max_bytes,
    unpacked_bytes=ENV.import_max_unpacked_bytes,
    unpacked_entries=ENV.import_max_entries,
    unpacked_ratio=ENV.import_max_ratio,
    text_chars=ENV.import_max_chars,
)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "collab.api.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["collab.api.throttling.TokenThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": ENV.api_throttle},
    "NUM_PROXIES": NUM_PROXIES,
    "EXCEPTION_HANDLER": "collab.api.errors.problem_handler",
    # `?format=` names a document format in this API, not a renderer.
    "URL_FORMAT_OVERRIDE": None,
}
KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105  # the name of a model
REST_KNOX = {"TOKEN_TTL": timedelta(days=365), "AUTH_HEADER_PREFIX": "Bearer"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Scriptorium",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    # What goes in is described apart from what comes out: it may not be blank, and files are bytes.
    "COMPONENT_SPLIT_REQUEST": True,
    # A body says itself what may be left out.
    "COMPONENT_SPLIT_PATCH": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "PREPROCESSING_HOOKS": ["collab.api.openapi.without_slashes"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "collab.api.openapi.with_problems",
        "collab.api.openapi.in_words",
    ],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "RoleEnum": "collab.documents.models.Role",
        "MemberRoleEnum": "collab.api.schemas.MEMBER_ROLES",
        "RevisionSchemaKindEnum": "collab.api.history_schemas.REVISION_KINDS",
    },
    # The files of the interactive page are served from here: no foreign host.
    "SWAGGER_UI_DIST": "SIDECAR",
    # A link inside the button that opens an operation is one too many for a keyboard.
    "SWAGGER_UI_SETTINGS": {"deepLinking": False},
    "REDOC_DIST": "SIDECAR",
}

UNFOLD = {
    "SITE_TITLE": "Scriptorium",
    "SITE_HEADER": "Scriptorium",
    "SITE_ICON": lambda _request: static("icons/favicon.svg"),
    "SITE_URL": reverse_lazy("home"),
    "SITE_SUBHEADER": _("Administration"),
    # Lapis, as in static/css/tokens.css.
    "COLORS": {
        "primary": {
            "50": "#eef2fd",
            "100": "#e6ebfb",
            "200": "#cfdaff",
            "300": "#b7c8ff",
            "400": "#9db4ff",
            "500": "#5b7be6",
            "600": "#2a4fc4",
            "700": "#2242a8",
            "800": "#233f9c",
            "900": "#262d4b",
            "950": "#10173a",
        },
    },
    "DASHBOARD_CALLBACK": "collab.operations.dashboard.dashboard",
    "STYLES": [lambda _request: static("css/admin.css")],
    "SCRIPTS": [lambda _request: static("js/admin.js")],
    "SIDEBAR": {"show_search": True, "navigation": "collab.operations.sidebar.sidebar"},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "collab.logs.OneLineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django.server": {"level": "WARNING"}, "daphne": {"level": "WARNING"}},
}
