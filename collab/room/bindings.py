"""Whose a Yjs client id is: it belongs to the person who wrote under it first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from collab.room.session import Session
from collab.types import ClientId, UserId


class Bindings:
    """The client ids of one document, and the person of each."""

    def __init__(self, known: Mapping[ClientId, UserId]) -> None:
        self._owners = dict(known)

    def bind(self, clients: Iterable[ClientId], owner: UserId) -> None:
        """Give ids to a person; what somebody has stays theirs."""
        for client in clients:
            self._owners.setdefault(client, owner)

    def foreign(self, clients: Iterable[ClientId], user: UserId) -> list[ClientId]:
        """Return those that belong to somebody else."""
        return [client for client in clients if self._owners.get(client, user) != user]

    def are_all_of(self, clients: Iterable[ClientId], user: UserId) -> bool:
        """Return whether every one of them is bound to ``user``."""
        return all(self._owners.get(client) == user for client in clients)

    def claimed_by(
        self, session: Session, writers: frozenset[ClientId], *, is_answer: bool
    ) -> tuple[ClientId, ...]:
        """Return the ids that are the peer's from now on.

        Those that it announced; or, for a peer without awareness, the one id of a live update. An
        answer to sync step 1 may hold what others wrote, so it binds nothing that is not announced.
        """
        unbound = [client for client in writers if client not in self._owners]
        if not unbound:
            return ()
        unbound.sort()
        announced = tuple(client for client in unbound if client in session.own_ids)
        if announced or session.own_ids:
            return announced
        return tuple(unbound) if not is_answer and len(writers) == 1 else ()
