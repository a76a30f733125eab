from __future__ import annotations

import pytest

from collab.documents.models import Role
from collab.documents.policy import Action, allowed_actions

VIEWER = {Action.READ}
COMMENTER = VIEWER | {Action.COMMENT}
EDITOR = COMMENTER | {Action.WRITE, Action.RENAME}
OWNER = EDITOR | {Action.MANAGE_MEMBERS, Action.TRASH}
TABLE: list[tuple[Role | None, bool, set[Action]]] = [
    (None, False, set()),
    (None, True, set()),
    (Role.VIEWER, False, VIEWER),
    (Role.VIEWER, True, set()),
    (Role.COMMENTER, False, COMMENTER),
    (Role.COMMENTER, True, set()),
    (Role.EDITOR, False, EDITOR),
    (Role.EDITOR, True, set()),
    (Role.OWNER, False, OWNER),
    (Role.OWNER, True, {Action.RESTORE}),
]


@pytest.mark.parametrize(("role", "is_trashed", "expected"), TABLE)
@pytest.mark.parametrize("action", list(Action))
def test_every_cell_of_the_policy(
    role: Role | None, is_trashed: bool, expected: set[Action], action: Action
) -> None:
    """Each role may do exactly what the table says, in and out of the trash."""
    assert (action in allowed_actions(role, is_trashed=is_trashed)) == (action in expected)


@pytest.mark.parametrize(("role", "is_trashed", "expected"), TABLE)
def test_frozen_means_that_nobody_writes(
    role: Role | None, is_trashed: bool, expected: set[Action]
) -> None:
    """Of what a role may do, reading and sharing are left."""
    written = {Action.WRITE, Action.COMMENT, Action.RENAME, Action.TRASH}
    allowed = allowed_actions(role, is_trashed=is_trashed, is_frozen=True)
    assert allowed == expected - written
