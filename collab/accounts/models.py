"""People. The user model is our own from the first migration, since a later change is costly."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

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


class User(AbstractUser):
    """A person who can sign in."""

    display_name = models.CharField(_("display name"), max_length=80, blank=True)
    color = models.CharField(
        _("colour"),
        max_length=7,
        blank=True,
        validators=[RegexValidator(r"^#[0-9a-f]{6}$")],
        help_text=_("Colour of the caret and the avatar, as #rrggbb. Empty: one is chosen."),
    )

    class Meta(AbstractUser.Meta):
        """Names for the admin."""

        verbose_name = _("person")  # type: ignore[assignment]
        verbose_name_plural = _("people")  # type: ignore[assignment]

    @property
    def shown_name(self) -> str:
        """The name that others see."""
        return self.display_name or self.get_full_name() or self.username

    @property
    def shown_color(self) -> str:
        """The colour that others see, as ``#rrggbb``."""
        return self.color or PALETTE[(self.pk or 0) % len(PALETTE)]
