"""People. The user model is our own from the first migration, since a later change is costly."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

#: Eight colours that keep 4.5:1 against white text, one per person, for carets and avatars.
PALETTE = (
    "#1d5fbf",
    "#b3261e",
    "#1b7a43",
    "#8a3ffc",
    "#a3480b",
    "#00707a",
    "#b0186b",
    "#5b6410",
)


class Theme(models.TextChoices):
    """How the pages look to a person; empty: as their system does."""

    LIGHT = "light", _("light")
    DARK = "dark", _("dark")


class User(AbstractUser):  # type: ignore[django-manager-missing]  # of tokens: knox is untyped
    """A person: one who can sign in, or a guest who came by a public link and chose a name.

    A guest has a row, so that what they write has an author; they can never sign in, and see only
    the documents whose links they came by (``collab.documents.policy``).
    """

    display_name = models.CharField(_("display name"), max_length=80, blank=True)
    color = models.CharField(
        _("colour"),
        max_length=7,
        blank=True,
        validators=[RegexValidator(r"^#[0-9a-f]{6}$")],
        help_text=_("Colour of the caret and the avatar, as #rrggbb. Empty: one is chosen."),
    )
    #: WebP of a fixed size, made by ``avatars.py``.
    avatar = models.FileField(_("picture"), upload_to="avatars", blank=True)
    language = models.CharField(
        _("language"), max_length=16, blank=True, choices=settings.LANGUAGES
    )
    theme = models.CharField(_("theme"), max_length=8, blank=True, choices=Theme.choices)
    is_guest = models.BooleanField(_("guest"), default=False, editable=False)

    class Meta(AbstractUser.Meta):
        """Names for the admin."""

        verbose_name = _("person")  # type: ignore[assignment]
        verbose_name_plural = _("people")  # type: ignore[assignment]
        # Not of this model's rows: see rights.py.
        permissions = [("read_text", _("Can read what people write"))]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(is_guest=True, is_staff=True), name="no_guest_is_staff"
            )
        ]

    @property
    def shown_name(self) -> str:
        """The name that others see."""
        return self.display_name or self.get_full_name() or self.username

    @property
    def avatar_url(self) -> str:
        """Where the picture is; empty where there is none."""
        name = self.avatar.name or ""
        return reverse("avatar", args=[name.rpartition("/")[2]]) if name else ""

    @property
    def shown_color(self) -> str:
        """The colour that others see, as ``#rrggbb``."""
        return self.color or PALETTE[(self.pk or 0) % len(PALETTE)]


#: Digits of a token's hash that name it in addresses.
SHORT_ID_CHARS = 16


class TokenScope(models.TextChoices):
    """What a program may do with a person's token."""

    READ = "read", _("read")
    WRITE = "write", _("read and write")


class ApiToken(AbstractAuthToken):  # type: ignore[misc]  # knox is untyped
    """A personal API token: kept as a hash, named by its person, for reading or for writing too."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="api_tokens",
        verbose_name=_("person"),
    )
    name = models.CharField(_("name"), max_length=80, blank=True)
    scope = models.CharField(
        _("scope"), max_length=8, choices=TokenScope.choices, default=TokenScope.WRITE
    )
    #: To the minute; see ``tokens.py``.
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        """Newest first."""

        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created"]

    @property
    def short_id(self) -> str:
        """The beginning of the hash: enough to tell one's own tokens apart."""
        return str(self.digest)[:SHORT_ID_CHARS]

    def __str__(self) -> str:
        return f"{self.user} · {self.name or self.created.date().isoformat()}"


class SecondStep(Authenticator):  # type: ignore[misc]  # allauth is untyped
    """An authenticator app, recovery codes or a passkey, by a name that can be translated."""

    class Meta:
        """The same rows."""

        proxy = True
        verbose_name = _("second step or passkey")
        verbose_name_plural = _("second steps and passkeys")

    def __str__(self) -> str:
        return f"{self.user} · {self.get_type_display()}"


class Counter(models.Model):
    """A counter of attempts, or a code that was used: see ``counters.py``, which alone reads it."""

    key = models.CharField(primary_key=True, max_length=255)
    #: JSON.
    value = models.TextField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key


class WaitingLetter(models.Model):
    """A letter that the mail server has not taken yet: see ``mail_queue.py``."""

    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=255)
    #: Letters may hold an address that resets a password: no page shows these two.
    text = models.TextField()
    html = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now, db_index=True)
    attempts = models.PositiveIntegerField(default=0)
    #: What the mail server, or the network, said at the last attempt.
    error = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"{self.to} · {self.created_at:%Y-%m-%d %H:%M}"
