"""The letters about sharing. Each function returns what is said; ``sharing.py`` sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from collab.accounts.mail import Letter
from collab.accounts.selectors import proved_address

if TYPE_CHECKING:
    from collab.accounts.models import User
    from collab.documents.models import Document


def invitation(*, document: Document, by: User, role: str, address: str) -> Letter:
    """To somebody who may have no account yet."""
    words = {"name": by.shown_name, "title": document, "role": role}
    return Letter(
        _("%(name)s invites you to “%(title)s”") % words,
        (
            _("%(name)s shares the document “%(title)s” with you, as %(role)s.") % words,
            _("Open it with the button. If you have no account yet, you can make one there."),
        ),
        (_("Open the document"), address),
    )


def shared(*, document: Document, by: User, role: str, address: str) -> Letter:
    """To somebody who has been made a member."""
    words = {"name": by.shown_name, "title": document, "role": role}
    return Letter(
        _("%(name)s shares “%(title)s” with you") % words,
        (_("%(name)s shares the document “%(title)s” with you, as %(role)s.") % words,),
        (_("Open the document"), address),
    )


def asked(*, document: Document, by: User, text: str, address: str) -> Letter:
    """To the owner: somebody asks for access."""
    words = {"name": by.shown_name, "title": document, "address": proved_address(by) or by.username}
    said = (_("They write: %(text)s") % {"text": text},) if text else ()
    return Letter(
        _("%(name)s asks for access to “%(title)s”") % words,
        (
            _("%(name)s (%(address)s) would like to open your document “%(title)s”.") % words,
            *said,
            _("Open the document and choose Share to answer."),
        ),
        (_("Answer"), address),
    )


def answered(*, document: Document, role: str | None, address: str) -> Letter:
    """To the one who asked."""
    words = {"title": document, "role": role}
    if role is None:
        return Letter(
            _("Your request for “%(title)s”") % words,
            (_("The owner has not given you access to this document."),),
        )
    return Letter(
        _("You have access to “%(title)s”") % words,
        (_("You can open the document now, as %(role)s.") % words,),
        (_("Open the document"), address),
    )


def transferred(*, document: Document, by: User, address: str) -> Letter:
    """To the new owner."""
    words = {"name": by.shown_name, "title": document}
    return Letter(
        _("“%(title)s” is yours now") % words,
        (_("%(name)s has made you the owner of the document “%(title)s”.") % words,),
        (_("Open the document"), address),
    )
