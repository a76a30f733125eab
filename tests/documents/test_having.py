"""Who has access, and by what: the list agrees with the policy."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from collab.accounts.models import User
from collab.documents import policy
from collab.documents.folders import (
    document_move,
    folder_create,
    folder_group_set,
    folder_member_set,
)
from collab.documents.having import folders_named_to, people_with_document, people_with_folder
from collab.documents.models import Role
from collab.documents.sharing import group_set
from tests.factories import make_document, make_user

pytestmark = pytest.mark.django_db


def test_everybody_with_a_role_is_listed_with_the_same_role_and_nobody_else() -> None:
    """By themselves, by a group, by a folder above, by a group of such a folder, by owning it."""
    owner, landlord, member, cousin, aunt, _stranger, away = (make_user() for _ in range(7))
    team, clan = Group.objects.create(name="team"), Group.objects.create(name="clan")
    team.user_set.add(cousin, member, away)
    clan.user_set.add(aunt)
    away.is_active = False
    away.save()
    top = folder_create(owner=landlord, name="Top")
    inner = folder_create(owner=landlord, name="Inner", parent=top)
    document = make_document(owner, members={member: Role.VIEWER})
    document_move(document=document, folder=inner)
    group_set(document=document, group=team, role=Role.COMMENTER, actor=owner)
    folder_member_set(folder=top, user=member, role=Role.EDITOR)
    folder_group_set(folder=inner, group=clan, role=Role.VIEWER)

    people = people_with_document(document)
    listed = {each.user.pk: each.role for each in people}
    everybody = User.objects.all()
    held = policy.roles_of(list(everybody), [document])
    assert listed == {user_id: roles.own for (user_id, _), roles in held.items()}
    assert set(listed) == {each.pk for each in (owner, landlord, member, cousin, aunt)}
    (having,) = (each for each in people if each.user == member)
    assert [(s.role, s.group, s.folder) for s in having.sources] == [
        (Role.VIEWER, "", None),
        (Role.COMMENTER, "team", None),
        (Role.EDITOR, "", top),
    ]
    assert folders_named_to(landlord, people) == {top.pk, inner.pk}
    assert folders_named_to(cousin, people) == set()  # the folder is none of theirs

    in_folder = {each.user.pk: each.role for each in people_with_folder(inner)}
    roles = {
        user.pk: policy.folder_roles_of(user, [inner]).get(inner.pk)
        for user in everybody
        if user.is_active
    }
    assert in_folder == {key: role for key, role in roles.items() if role is not None}
