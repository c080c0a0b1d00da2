"""Personal API tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kb_assist.auth import accounts, tokens
from kb_assist.auth.model import Permission, Role, Scope, User
from kb_assist.auth.roles import principal_of
from kb_assist.auth.tokens import NewToken, TokenRequest
from kb_assist.storage.db import Database
from tests.auth.conftest import NOW, MakeUser

SEARCH = frozenset({Scope.SEARCH})


def make(
    database: Database, user: User, scopes: frozenset[Scope] = SEARCH, days: int = 30
) -> NewToken | None:
    with database.write() as connection:
        return tokens.create(connection, user, TokenRequest("script", scopes, days), at=NOW)


def used(database: Database, secret: str, days: float = 0) -> tokens.TokenUse | None:
    with database.read() as connection:
        return tokens.use(connection, secret, at=NOW + timedelta(days=days))


def test_a_token_names_its_owner_until_it_expires(database: Database, make_user: MakeUser) -> None:
    user = make_user()
    made = make(database, user)

    assert made is not None
    assert made.secret.startswith("kba_")
    assert used(database, made.secret, 29.9) == tokens.TokenUse(user, made.token)
    assert used(database, made.secret, 30) is None


def test_the_database_keeps_no_secret(database: Database, make_user: MakeUser) -> None:
    made = make(database, make_user())
    assert made is not None
    with database.read() as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM api_tokens").all())

    assert made.secret not in rows
    assert made.secret[:8] in rows


@pytest.mark.parametrize("secret", ["", "kba_", "kba_unknown", "something else"])
def test_other_secrets_are_nobodys(database: Database, secret: str) -> None:
    assert used(database, secret) is None


def test_a_revoked_token_is_dead_and_only_its_owner_can_revoke(
    database: Database, make_user: MakeUser
) -> None:
    owner, other = make_user("lena"), make_user("emil")
    made = make(database, owner)
    assert made is not None
    with database.write() as connection:
        assert not tokens.revoke(connection, other, made.token.id, at=NOW)
        assert tokens.revoke(connection, owner, made.token.id, at=NOW)
        assert not tokens.revoke(connection, owner, made.token.id, at=NOW)
        assert tokens.of_user(connection, owner.id) == []

    assert used(database, made.secret) is None


def test_tokens_of_a_disabled_account_are_dead(database: Database, make_user: MakeUser) -> None:
    user = make_user()
    made = make(database, user)
    assert made is not None
    with database.write() as connection:
        accounts.disable(connection, user, at=NOW)

    assert used(database, made.secret) is None


@pytest.mark.parametrize("days", [0, 367, -1])
def test_every_token_expires_within_a_year(
    database: Database, make_user: MakeUser, days: int
) -> None:
    assert make(database, make_user(), days=days) is None


def test_scopes_the_role_cannot_use_are_left_out(database: Database, make_user: MakeUser) -> None:
    user = make_user()
    made = make(database, user, frozenset({Scope.SEARCH, Scope.ADMIN}))

    assert made is not None
    assert made.token.scopes == SEARCH
    assert make(database, user, frozenset({Scope.ADMIN})) is None


def test_a_token_may_do_what_both_role_and_scope_allow(make_user: MakeUser) -> None:
    agent = principal_of(make_user(role=Role.L1_AGENT), [Scope.TICKETS_WRITE])

    assert agent.may(Permission.TICKET_WORK)
    assert not agent.may(Permission.SEARCH)
    assert not agent.may(Permission.BULK)
    assert not agent.may(Permission.TOKENS_OWN)


def test_the_last_use_is_remembered(database: Database, make_user: MakeUser) -> None:
    user = make_user()
    made = make(database, user)
    assert made is not None
    with database.write() as connection:
        tokens.touch(connection, made.token.id, at=NOW)
        [kept] = tokens.of_user(connection, user.id)

    assert kept.last_used_at == NOW
