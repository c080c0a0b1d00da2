"""Signing in by password and by single sign-on, sessions, lock-out."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from kb_assist.auth import accounts, lockout, sessions, store
from kb_assist.auth.external import Identity, sign_in_external
from kb_assist.auth.model import EventKind, Role, User
from kb_assist.auth.passwords import Passwords
from kb_assist.auth.sessions import Lifetime
from kb_assist.auth.sign_in import NotSignedIn, Refusal, SignedIn, sign_in, sign_out
from kb_assist.storage.db import Database
from tests.auth.conftest import NOW, PASSWORD, MakeUser

MINUTE = timedelta(minutes=1)
LIFETIME = Lifetime(idle=60 * MINUTE, total=600 * MINUTE)


def attempt(database: Database, passwords: Passwords, password: str, **given: object) -> object:
    arguments = {"login": "lena", "at": NOW} | given
    return sign_in(database, passwords, password=password, **arguments)  # type: ignore[arg-type]


def resumed(database: Database, key: str, after: timedelta) -> User | None:
    with database.read() as connection:
        session = sessions.resume(connection, key, LIFETIME, at=NOW + after)
    return session.user if session else None


def test_the_right_password_begins_a_session(
    database: Database, passwords: Passwords, make_user: MakeUser
) -> None:
    make_user()
    result = attempt(database, passwords, PASSWORD, login=" LENA ")

    assert isinstance(result, SignedIn)
    user = resumed(database, result.key, MINUTE)
    assert user is not None
    assert user.last_sign_in_at == NOW


@pytest.mark.parametrize("login", ["lena", "nobody"])
def test_a_wrong_password_and_an_unknown_login_look_alike(
    database: Database, passwords: Passwords, make_user: MakeUser, login: str
) -> None:
    make_user()
    results = [attempt(database, passwords, "wrong", login=login) for _ in range(6)]
    wrong, locked = NotSignedIn(Refusal.WRONG), NotSignedIn(Refusal.LOCKED, NOW + MINUTE)

    assert results == [wrong] * 4 + [locked] * 2


def test_an_unknown_login_takes_as_long(database: Database, make_user: MakeUser) -> None:
    slow = Passwords(time_cost=3, memory_kib=4096)
    make_user()

    def seconds(login: str) -> float:
        started = time.perf_counter()
        attempt(database, slow, "wrong", login=login, at=NOW)
        return time.perf_counter() - started

    known = min(seconds("lena") for _ in range(3))
    unknown = min(seconds("nobody") for _ in range(3))
    assert unknown > known / 3


def test_a_lock_ends_by_itself_grows_and_is_forgotten_after_success(
    database: Database, passwords: Passwords, make_user: MakeUser
) -> None:
    user = make_user()
    for _ in range(lockout.LOCK_AFTER):
        attempt(database, passwords, "wrong")
    while_locked = attempt(database, passwords, PASSWORD)
    later = NOW + 2 * MINUTE
    longer = attempt(database, passwords, "wrong", at=later)
    right = attempt(database, passwords, PASSWORD, at=later + 3 * MINUTE)
    fresh = attempt(database, passwords, "wrong", at=later + 4 * MINUTE)
    with database.read() as connection:
        kinds = [event.kind for event in store.events_of(connection, user.id)]

    assert while_locked == NotSignedIn(Refusal.LOCKED, NOW + MINUTE)
    assert longer == NotSignedIn(Refusal.LOCKED, later + 2 * MINUTE)
    assert isinstance(right, SignedIn)
    assert fresh == NotSignedIn(Refusal.WRONG)
    assert kinds.count(EventKind.LOCKED) == 2


def test_a_disabled_account_is_told_so_only_with_its_password(
    database: Database, passwords: Passwords, make_user: MakeUser
) -> None:
    user = make_user()
    key = attempt(database, passwords, PASSWORD).key  # type: ignore[attr-defined]
    with database.write() as connection:
        accounts.disable(connection, user, at=NOW)

    assert attempt(database, passwords, PASSWORD) == NotSignedIn(Refusal.DISABLED)
    assert attempt(database, passwords, "wrong") == NotSignedIn(Refusal.WRONG)
    assert resumed(database, key, MINUTE) is None


def test_a_hash_of_older_parameters_is_renewed(database: Database, make_user: MakeUser) -> None:
    make_user()
    newer = Passwords(time_cost=2, memory_kib=16)
    attempt(database, newer, PASSWORD)
    with database.read() as connection:
        known = store.credentials(connection, "lena")

    assert known is not None
    assert not newer.outdated(known.password_hash or "")
    assert isinstance(attempt(database, newer, PASSWORD), SignedIn)


@pytest.mark.parametrize(("after", "alive"), [(59, True), (60, False)])
def test_an_idle_session_ends(
    database: Database, make_user: MakeUser, after: int, alive: bool
) -> None:
    user = make_user()
    with database.write() as connection:
        key = sessions.start(connection, user.id, at=NOW)

    assert (resumed(database, key, after * MINUTE) is not None) is alive


def test_a_session_in_use_lives_until_its_total_lifetime(
    database: Database, make_user: MakeUser
) -> None:
    user = make_user()
    with database.write() as connection:
        key = sessions.start(connection, user.id, at=NOW)
        sessions.touch(connection, key, at=NOW + 580 * MINUTE)

    assert resumed(database, key, 599 * MINUTE) is not None
    assert resumed(database, key, 600 * MINUTE) is None


def test_signing_out_ends_this_session_only(database: Database, make_user: MakeUser) -> None:
    user = make_user()
    with database.write() as connection:
        here, there = (sessions.start(connection, user.id, at=NOW) for _ in range(2))
        sign_out(connection, user, here, at=NOW)

    assert resumed(database, here, MINUTE) is None
    assert resumed(database, there, MINUTE) is not None


def test_the_database_never_holds_a_key(database: Database, make_user: MakeUser) -> None:
    user = make_user()
    with database.write() as connection:
        key = sessions.start(connection, user.id, at=NOW)
        rows = connection.exec_driver_sql("SELECT * FROM user_sessions").all()

    assert key not in str(rows)


def test_expired_sessions_are_deleted(database: Database, make_user: MakeUser) -> None:
    user = make_user()
    with database.write() as connection:
        sessions.start(connection, user.id, at=NOW)
        living = sessions.start(connection, user.id, at=NOW + 30 * MINUTE)
        sessions.purge(connection, LIFETIME, at=NOW + 60 * MINUTE)
        left = connection.exec_driver_sql("SELECT count(*) FROM user_sessions").scalar_one()

    assert left == 1
    assert resumed(database, living, 60 * MINUTE) is not None


def identity(subject: str = "s1", role: Role | None = None, login: str = "lena") -> Identity:
    return Identity("https://id.example.com", subject, login, "Lena", "lena@example.com", role)


def test_an_identity_gets_an_account_once(database: Database) -> None:
    with database.write() as connection:
        first = sign_in_external(connection, identity(), default_role=Role.L1_AGENT, at=NOW)
        again = sign_in_external(connection, identity(), default_role=Role.L1_AGENT, at=NOW)

    assert isinstance(first, SignedIn)
    assert isinstance(again, SignedIn)
    assert first.user.id == again.user.id
    assert first.key != again.key
    assert not first.user.has_password


def test_an_identity_never_takes_over_an_account_of_the_same_login(
    database: Database, make_user: MakeUser
) -> None:
    mine = make_user("lena", Role.ADMIN)
    with database.write() as connection:
        result = sign_in_external(connection, identity(), default_role=Role.L1_AGENT, at=NOW)

    assert isinstance(result, SignedIn)
    assert result.user.id != mine.id
    assert (result.user.login, result.user.role) == ("lena-2", Role.L1_AGENT)


def test_the_role_follows_the_identity(database: Database) -> None:
    with database.write() as connection:
        sign_in_external(connection, identity(role=Role.L1_AGENT), default_role=None, at=NOW)
        moved = sign_in_external(
            connection, identity(role=Role.L2_AGENT), default_role=None, at=NOW
        )

    assert isinstance(moved, SignedIn)
    assert moved.user.role is Role.L2_AGENT


def test_without_a_role_and_a_default_nobody_is_admitted(database: Database) -> None:
    with database.write() as connection:
        result = sign_in_external(connection, identity(), default_role=None, at=NOW)

    assert result == NotSignedIn(Refusal.WRONG)


def test_a_disabled_identity_stays_out(database: Database) -> None:
    with database.write() as connection:
        first = sign_in_external(connection, identity(), default_role=Role.L1_AGENT, at=NOW)
        assert isinstance(first, SignedIn)
        accounts.disable(connection, first.user, at=NOW)
        again = sign_in_external(connection, identity(), default_role=Role.L1_AGENT, at=NOW)

    assert again == NotSignedIn(Refusal.DISABLED)
