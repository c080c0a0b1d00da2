"""What a store of guide sessions does; the database has one, tests have one in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kb_assist.guides.run import Event


class GuideSessionStore(Protocol):
    """Events and bundles. The caller commits; nothing here is ever updated."""

    def append(self, events: Sequence[Event]) -> bool:
        """Add events of one session, all or none.

        False when one of their numbers is already taken, which means that somebody else was
        faster; nothing is written then.
        """
        ...

    def events(self, session: str) -> list[Event]:
        """All events of a session in order; empty when there is no such session."""
        ...

    def keep_bundle(self, digest: str, content: str) -> None:
        """Keep a bundle's JSON under its digest; does nothing when it is kept already."""
        ...

    def bundle(self, digest: str) -> str | None:
        """The JSON of a bundle, None when it was never kept."""
        ...
