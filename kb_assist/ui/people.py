"""Who is who on ticket pages: names of people and groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from kb_assist.auth import store
from kb_assist.auth.model import Group, SupportLevel, User
from kb_assist.tickets.model import Level, Ticket


@dataclass(frozen=True, slots=True)
class People:
    users: Mapping[int, User]
    groups: Mapping[int, Group]

    @property
    def assignable(self) -> list[User]:
        """Active people, by name."""
        return [user for user in self.users.values() if user.active]

    def user_name(self, user_id: int | None) -> str:
        """Empty for nobody."""
        user = None if user_id is None else self.users.get(user_id)
        return user.display_name if user else ""

    def group_name(self, group_id: int | None) -> str:
        group = None if group_id is None else self.groups.get(group_id)
        return group.name if group else ""

    def open_to(self, ticket: Ticket) -> list[Group]:
        """Groups that the ticket can be assigned to; to L3 goes a hand-over with its dossier."""
        return [
            group
            for group in self.groups.values()
            if group.support_level is not SupportLevel.L3
            or ticket.level is Level.L3
            or group.id == ticket.group_id
        ]

    def above(self, level: str) -> list[Group]:
        """Groups that a ticket of this support level can be handed over to, nearest first."""
        higher = [g for g in self.groups.values() if g.support_level.value > level]
        return sorted(higher, key=lambda group: (group.support_level.value, group.name))


def people(connection: Connection) -> People:
    return People(
        users={user.id: user for user in store.all_users(connection)},
        groups={group.id: group for group in store.all_groups(connection)},
    )
