"""Changes to who is let into a document besides single members: groups, the link, invitations,
requests, another owner. As in ``services.py`` callers ask ``policy`` first, and open rooms hear.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from collab.accounts.mail import letter_send_on_commit
from collab.accounts.models import User
from collab.audit.services import audit_record
from collab.documents import letters, policy
from collab.documents.models import (
    AccessRequest,
    Document,
    GroupMembership,
    Invitation,
    LinkReach,
    LinkVisit,
    Membership,
    Role,
)
from collab.documents.services import MemberError, document_lock, member_set, ring_access

if TYPE_CHECKING:
    from django.contrib.auth.models import Group

#: What signs the address in an invitation, so that no other signature of ours passes for one.
INVITATION_SALT = "collab.documents.invitation"
#: The same of an address that the owner has copied.
COPIED_SALT = "collab.documents.invitation.copied"
#: More would be a mailing list: an owner who needs it makes a group or a link.
MAX_INVITATIONS = 200


# -- groups -------------------------------------------------------------------------------------


@transaction.atomic
def group_set(*, document: Document, group: Group, role: Role, actor: User) -> GroupMembership:
    """Give everybody in ``group`` a role in the document, in place of the one they may have.

    Raises:
        MemberError: the role is the owner's.
    """
    if role is Role.OWNER:
        raise MemberError(_("A document has one owner."))
    row, _made = GroupMembership.objects.update_or_create(
        document=document, group=group, defaults={"role": role.value}
    )
    _note("group.set", document, actor, subject=group.name, role=role.value)
    ring_access(document)
    return row


@transaction.atomic
def group_remove(*, document: Document, group_id: int, actor: User) -> bool:
    """Take the group's role away. Return whether it had one."""
    rows = GroupMembership.objects.filter(document=document, group_id=group_id)
    row = rows.select_related("group").first()
    if row is None:
        return False
    row.delete()
    _note("group.remove", document, actor, subject=row.group.name)
    ring_access(document)
    return True


# -- the link -----------------------------------------------------------------------------------


@transaction.atomic
def link_set(
    *,
    document: Document,
    reach: LinkReach,
    role: Role,
    expires_at: datetime | None,
    password: str | None,
    actor: User,
) -> None:
    """Say whom the document's address lets in, as what, and until when.

    Args:
        document: whose link it is.
        reach: whom it lets in.
        role: as what.
        expires_at: until when; None: for good.
        password: another one; empty: none; None: as it is.
        actor: who says so.

    Raises:
        MemberError: the role is the owner's, or the end is another and has passed.
    """
    if role is Role.OWNER:
        raise MemberError(_("A link makes nobody an owner."))
    is_new_end = expires_at is not None and expires_at != document.link_expires_at
    if is_new_end and expires_at <= timezone.now():  # type: ignore[operator]  # it is one
        raise MemberError(_("This moment has passed: choose one in the future."))
    document.link_reach, document.link_role = reach, role
    document.link_expires_at = expires_at
    if password is not None:
        document.link_password = make_password(password) if password else ""
    if password:
        document.link_epoch += 1
    document.save(
        update_fields=[
            "link_reach",
            "link_role",
            "link_expires_at",
            "link_password",
            "link_epoch",
            "updated_at",
        ]
    )
    _note(
        "link.set",
        document,
        actor,
        reach=reach.value,
        role=role.value,
        expires_at=expires_at.isoformat() if expires_at else None,
        has_password=bool(document.link_password),
    )
    ring_access(document)


def link_password_fits(*, document: Document, password: str) -> bool:
    """Return whether ``password`` opens the link; any does where it has none."""
    return not document.link_password or check_password(password, document.link_password)


def link_visit(*, document: Document, user: User) -> None:
    """Note that ``user`` came by the link, and gave the password where it has one."""
    LinkVisit.objects.update_or_create(
        document=document, user=user, defaults={"epoch": document.link_epoch}
    )


def is_link_expired(document: Document) -> bool:
    """Return whether the document's link would let somebody in, had its time not passed."""
    is_over = document.link_expires_at is not None and document.link_expires_at <= timezone.now()
    return is_over and not document.is_trashed and document.link_reach != LinkReach.RESTRICTED


@transaction.atomic
def guest_create(*, name: str, language: str) -> User:
    """Make a guest of this name: somebody who can be an author, and can never sign in."""
    guest = User(display_name=name, is_guest=True, language=language)
    guest.set_unusable_password()
    guest.username = f"guest-{timezone.now():%Y%m%d}-{secrets.token_hex(6)}"
    guest.save()
    return guest


# -- invitations --------------------------------------------------------------------------------


@transaction.atomic
def invitation_create(
    *, document: Document, email: str, role: Role, actor: User, base_url: str
) -> Invitation:
    """Invite whoever reads ``email``; a letter goes out. A second time: another role, a new letter.

    Raises:
        MemberError: the role is the owner's, or there are too many invitations.
    """
    if role is Role.OWNER:
        raise MemberError(_("A document has one owner."))
    email = email.lower()
    others = document.invitations.exclude(email=email)
    if others.count() >= MAX_INVITATIONS:
        raise MemberError(
            _("A document has at most %(most)d open invitations.") % {"most": MAX_INVITATIONS}
        )
    invitation, _made = Invitation.objects.update_or_create(
        document=document,
        email=email,
        defaults={
            "role": role.value,
            "invited_by": actor,
            "expires_at": timezone.now() + timedelta(days=settings.ENV.invitation_days),
        },
    )
    address = base_url + reverse("invitation", args=[invitation_token(invitation)])
    letter_send_on_commit(
        to=email,
        language="",
        write=lambda: letters.invitation(
            document=document, by=actor, role=str(role.label), address=address
        ),
    )
    _note("invitation.create", document, actor, subject=email, role=role.value)
    return invitation


def invitation_token(invitation: Invitation, *, proves: bool = True) -> str:
    """Return what stands in the invitation's address.

    Args:
        invitation: which.
        proves: whether who holds it is taken for the reader of the address: for the letter alone,
            which goes to that mailbox. What the owner copies and hands on proves nothing.
    """
    salt = INVITATION_SALT if proves else COPIED_SALT
    return signing.dumps([invitation.pk, invitation.email], salt=salt)


def invitation_find(token: str) -> Invitation | None:
    """Return the open invitation of this token; None where it is forged, withdrawn or too old."""
    found = invitation_and_proof(token)
    return None if found is None else found[0]


def invitation_and_proof(token: str) -> tuple[Invitation, bool] | None:
    """Return the same, and whether the token stood in the letter itself."""
    for salt, proves in ((INVITATION_SALT, True), (COPIED_SALT, False)):
        try:
            key, email = signing.loads(token, salt=salt)
        except (signing.BadSignature, ValueError):
            continue
        open_ones = Invitation.objects.filter(
            expires_at__gt=timezone.now(), document__trashed_at=None
        ).select_related("document", "invited_by")
        found = open_ones.filter(pk=key, email=email).first()
        return None if found is None else (found, proves)
    return None


@transaction.atomic
def invitation_withdraw(*, invitation: Invitation, actor: User) -> None:
    """Take an invitation back: the letter opens nothing any more."""
    invitation.delete()
    _note("invitation.withdraw", invitation.document, actor, subject=invitation.email)


@transaction.atomic
def invitation_accept(*, invitation: Invitation, user: User) -> bool:
    """Make ``user`` a member as the invitation says; a stronger role that they have stays.

    Return whether the invitation was still open: its letter lets in one person, however many open
    it at the same moment.
    """
    # The row is locked and looked at again: who waited for the lock finds it gone.
    open_one = Invitation.objects.select_for_update().filter(pk=invitation.pk)
    if open_one.first() is None:
        return False
    document = invitation.document
    own = document.memberships.filter(user=user).values_list("role", flat=True)
    best = policy.strongest([invitation.role, *own])
    if user.pk != document.owner_id and not user.is_guest and best is not None:
        member_set(document=document, user=user, role=best, actor=invitation.invited_by)
    invitation.delete()
    return True


def invitations_accept_all(*, user: User, email: str) -> None:
    """Turn every open invitation to ``email``, which is proved to be ``user``'s, into a role."""
    open_ones = Invitation.objects.filter(email=email.lower(), expires_at__gt=timezone.now())
    for invitation in open_ones.select_related("document", "invited_by"):
        invitation_accept(invitation=invitation, user=user)


# -- requests -----------------------------------------------------------------------------------


@transaction.atomic
def access_request_create(*, document: Document, user: User, message: str, base_url: str) -> None:
    """Ask the owner for access; asking again sends no second letter."""
    message = message.strip()[:500]
    _request, is_new = AccessRequest.objects.get_or_create(
        document=document, user=user, defaults={"message": message}
    )
    if not is_new:
        return
    owner, address = document.owner, _address(document, base_url)
    letter_send_on_commit(
        to=owner.email,
        language=owner.language,
        write=lambda: letters.asked(document=document, by=user, text=message, address=address),
    )


@transaction.atomic
def access_request_answer(
    *, request: AccessRequest, role: Role | None, actor: User, base_url: str
) -> None:
    """Give the one who asked a role, or none; they are told by a letter.

    Raises:
        MemberError: the role is the owner's.
    """
    document, user = request.document, request.user
    if not AccessRequest.objects.select_for_update().filter(pk=request.pk).exists():
        return  # somebody has answered at this moment
    if role is not None:
        member_set(document=document, user=user, role=role, actor=actor)
    else:
        _note("request.decline", document, actor, subject=user.username)
    request.delete()
    label = None if role is None else str(role.label)
    letter_send_on_commit(
        to=user.email,
        language=user.language,
        write=lambda: letters.answered(
            document=document, role=label, address=_address(document, base_url)
        ),
    )


# -- another owner ------------------------------------------------------------------------------


@transaction.atomic
def document_transfer(*, document: Document, to: User, actor: User, base_url: str = "") -> None:
    """Make ``to`` the owner; who was it becomes an editor.

    Raises:
        MemberError: the person cannot own a document, or it changed hands at this moment.
    """
    given, expected = document, document.owner_id
    document = document_lock(given)
    if document.owner_id != expected:
        raise MemberError(_("The document has another owner since a moment ago."))
    if to.is_guest or not to.is_active:
        raise MemberError(_("This person cannot own a document."))
    before = document.owner
    if before.pk == to.pk:
        return
    document.owner = given.owner = to
    document.save(update_fields=["owner", "updated_at"])
    Membership.objects.filter(document=document, user=to).delete()
    Membership.objects.update_or_create(
        document=document, user=before, defaults={"role": Role.EDITOR}
    )
    AccessRequest.objects.filter(document=document, user=to).delete()
    _note("document.transfer", document, actor, subject=to.username, before=before.username)
    ring_access(document)
    if base_url:
        address = _address(document, base_url)
        letter_send_on_commit(
            to=to.email,
            language=to.language,
            write=lambda: letters.transferred(document=document, by=actor, address=address),
        )


def member_tell(*, document: Document, user: User, role: Role, actor: User, base_url: str) -> None:
    """Send a new member a letter."""
    address = _address(document, base_url)
    letter_send_on_commit(
        to=user.email,
        language=user.language,
        write=lambda: letters.shared(
            document=document, by=actor, role=str(role.label), address=address
        ),
    )


def _address(document: Document, base_url: str) -> str:
    return base_url + reverse("document", args=[document.pk])


def _note(
    action: str, document: Document, actor: User, *, subject: str = "", **more: object
) -> None:
    audit_record(
        action=action,
        actor=actor,
        subject=subject or document.title,
        document_id=document.pk,
        **more,
    )
