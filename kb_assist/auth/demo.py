"""Invented people to try kb-assist with."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from kb_assist.auth import accounts, store
from kb_assist.auth.model import Role, SupportLevel, User
from kb_assist.auth.passwords import Passwords

GROUPS: tuple[tuple[str, SupportLevel], ...] = (
    ("Service Desk", SupportLevel.L1),
    ("Second Level", SupportLevel.L2),
    ("Netzwerk L3", SupportLevel.L3),
    ("Messaging L3", SupportLevel.L3),
    ("Server und Identität L3", SupportLevel.L3),
    ("SAP Basis L3", SupportLevel.L3),
)


@dataclass(frozen=True, slots=True)
class DemoPerson:
    login: str
    name: str
    role: Role
    groups: tuple[str, ...]


PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson("lena.l1", "Lena Beispiel", Role.L1_AGENT, ("Service Desk",)),
    DemoPerson("emil.l1", "Emil Muster", Role.L1_AGENT, ("Service Desk",)),
    DemoPerson("omar.l2", "Omar Beispiel", Role.L2_AGENT, ("Second Level",)),
    DemoPerson("mia.l2", "Mia Muster", Role.L2_AGENT, ("Second Level",)),
    DemoPerson("ines.l3", "Ines Beispiel", Role.L3_AGENT, ("Netzwerk L3", "Messaging L3")),
    DemoPerson("jonas.l3", "Jonas Muster", Role.L3_AGENT, ("Server und Identität L3",)),
    DemoPerson("carla.owner", "Carla Beispiel", Role.CONTENT_OWNER, ("Second Level",)),
    DemoPerson("admin", "Ada Admin", Role.ADMIN, ()),
)


@dataclass(frozen=True, slots=True)
class DemoAccounts:
    """``password`` is the one of all created people; None when there were all of them before."""

    created: tuple[User, ...]
    password: str | None


def create_demo_accounts(
    connection: Connection, passwords: Passwords, *, at: datetime
) -> DemoAccounts:
    """Create the groups and people that are missing; existing ones stay as they are."""
    groups = {name: store.ensure_group(connection, name, level) for name, level in GROUPS}
    missing = [p for p in PEOPLE if store.user_by_login(connection, p.login) is None]
    if not missing:
        return DemoAccounts((), None)
    password = readable_password()
    made = []
    for person in missing:
        members = tuple(groups[name].id for name in person.groups)
        email = f"{person.login}@example.com"
        new = accounts.NewAccount(person.login, person.name, person.role, email, members, password)
        user = accounts.create(connection, passwords, new, at=at)
        assert isinstance(user, User), user
        made.append(user)
    return DemoAccounts(tuple(made), password)


def readable_password() -> str:
    """Four groups that can be read out on the phone; about 80 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
