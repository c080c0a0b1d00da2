"""A desk over both databases, with groups and people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from kb_assist.storage.db import Database
from kb_assist.storage.tables.accounts import groups, users
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.model import Actor, ActorKind
from kb_assist.tickets.targets import Policy
from tests.tickets.builders import MONDAY

LENA = Actor(ActorKind.USER, "Lena", 1)
OMAR = Actor(ActorKind.USER, "Omar", 2)
INES = Actor(ActorKind.USER, "Ines", 3)
SERVICE_DESK, SECOND_LEVEL, NETWORK = 1, 2, 3

Sit = Callable[..., AbstractContextManager[Desk]]


@dataclass
class House:
    """Opens a desk per step, each a transaction of its own, with time passing in between."""

    database: Database
    now: datetime = MONDAY

    @contextmanager
    def desk(self, actor: Actor = LENA, *, after: timedelta = timedelta()) -> Iterator[Desk]:
        """``after`` has passed since the step before."""
        self.now += after
        with self.database.write() as connection:
            yield Desk(connection, actor, self.now, Policy())


@pytest.fixture
def house(database: Database) -> House:
    with database.write() as connection:
        connection.execute(
            insert(groups),
            [
                {"id": SERVICE_DESK, "name": "Service Desk", "support_level": "l1"},
                {"id": SECOND_LEVEL, "name": "Second Level", "support_level": "l2"},
                {"id": NETWORK, "name": "Netzwerk L3", "support_level": "l3"},
            ],
        )
        connection.execute(
            insert(users),
            [
                {
                    "id": actor.user_id,
                    "login": actor.name.lower(),
                    "display_name": actor.name,
                    "role": f"l{actor.user_id}_agent",
                    "created_at": MONDAY,
                }
                for actor in (LENA, OMAR, INES)
            ],
        )
    return House(database)


@pytest.fixture
def desk(house: House) -> Iterator[Desk]:
    """One open transaction."""
    with house.desk() as opened:
        yield opened


def as_(desk: Desk, actor: Actor, *, later: timedelta = timedelta()) -> Desk:
    """The same transaction in another's hands."""
    return replace(desk, actor=actor, now=desk.now + later)
