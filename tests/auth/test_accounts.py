"""Creating and changing accounts, on both databases."""

from __future__ import annotations

import pytest

from kb_assist.auth import accounts, demo, sessions, store
from kb_assist.auth.accounts import NewAccount, PasswordChange
from kb_assist.auth.model import AccountFault, EventKind, Refused, Role, SupportLevel, User
from kb_assist.auth.passwords import Passwords
from kb_assist.storage.db import Database
from tests.auth.conftest import NOW, PASSWORD, MakeUser


def kinds(database: Database, user: User) -> list[EventKind]:
    with database.read() as connection:
        return [event.kind for event in store.events_of(connection, user.id)]


def test_an_account_is_found_by_its_login_in_any_case(
    database: Database, make_user: MakeUser
) -> None:
    made = make_user("Lena.L1")
    with database.read() as connection:
        assert store.user_by_login(connection, " LENA.l1 ") == made

    assert made.login == "lena.l1"
    assert kinds(database, made) == [EventKind.CREATED]


def test_every_fault_of_a_new_account_is_told(
    database: Database, passwords: Passwords, make_user: MakeUser
) -> None:
    make_user("lena")
    with database.write() as connection:
        bad = accounts.create(
            connection, passwords, NewAccount("a b", " ", Role.ADMIN, password="short"), at=NOW
        )
        taken = accounts.create(
            connection, passwords, NewAccount("LENA", "Lena", Role.ADMIN), at=NOW
        )

    assert bad == Refused(
        (AccountFault.LOGIN_INVALID, AccountFault.NAME_MISSING, AccountFault.PASSWORD_SHORT)
    )
    assert taken == Refused((AccountFault.LOGIN_TAKEN,))


def test_changing_the_password_needs_the_old_one_and_ends_all_sessions(
    database: Database, passwords: Passwords, make_user: MakeUser
) -> None:
    user = make_user()
    with database.write() as connection:
        sessions.start(connection, user.id, at=NOW)
    change = PasswordChange("wrong", "another long phrase")
    wrong = accounts.change_password(database, passwords, user, change, at=NOW)
    change = PasswordChange(PASSWORD, "another long phrase")
    right = accounts.change_password(database, passwords, user, change, at=NOW)
    with database.read() as connection:
        known = store.credentials(connection, user.login)
        left = connection.exec_driver_sql("SELECT count(*) FROM user_sessions").scalar_one()

    assert wrong == Refused((AccountFault.PASSWORD_WRONG,))
    assert right is None
    assert known is not None
    assert passwords.matches(known.password_hash, "another long phrase")
    assert left == 0
    assert kinds(database, user)[0] is EventKind.PASSWORD_CHANGED


def test_guessing_the_present_password_is_locked_too(
    database: Database, passwords: Passwords, make_user: MakeUser
) -> None:
    user = make_user()
    for _ in range(5):
        wrong = PasswordChange("wrong", "another long phrase")
        accounts.change_password(database, passwords, user, wrong, at=NOW)
    right = PasswordChange(PASSWORD, "another long phrase")

    assert accounts.change_password(database, passwords, user, right, at=NOW) == Refused(
        (AccountFault.LOCKED,)
    )


def test_the_last_administrator_stays(database: Database, make_user: MakeUser) -> None:
    first = make_user("first", Role.ADMIN)
    refused = Refused((AccountFault.LAST_ADMIN,))
    with database.write() as connection:
        assert accounts.disable(connection, first, at=NOW) == refused
        assert accounts.set_role(connection, first, Role.L1_AGENT, at=NOW) == refused
    make_user("second", Role.ADMIN)
    with database.write() as connection:
        assert accounts.disable(connection, first, at=NOW) is None


def test_a_new_role_is_kept_with_the_old_one_in_the_log(
    database: Database, make_user: MakeUser
) -> None:
    user = make_user()
    with database.write() as connection:
        accounts.set_role(connection, user, Role.L2_AGENT, at=NOW)
    with database.read() as connection:
        changed = store.user(connection, user.id)
        event = store.events_of(connection, user.id)[0]

    assert changed is not None
    assert changed.role is Role.L2_AGENT
    assert event.facts == {"before": "l1_agent", "after": "l2_agent"}


def test_groups_are_set_as_a_whole(database: Database, make_user: MakeUser) -> None:
    user = make_user()
    with database.write() as connection:
        desk = store.ensure_group(connection, "Service Desk", SupportLevel.L1)
        second = store.ensure_group(connection, "Second Level", SupportLevel.L2)
        store.set_groups(connection, user.id, [desk.id, second.id])
        store.set_groups(connection, user.id, [second.id, second.id])
        assert store.ensure_group(connection, "Second Level", SupportLevel.L3) == second
        [member] = [each for each in store.all_users(connection) if each.id == user.id]

    assert member.groups == (second,)


def test_demo_accounts_are_created_once(database: Database, passwords: Passwords) -> None:
    with database.write() as connection:
        first = demo.create_demo_accounts(connection, passwords, at=NOW)
        again = demo.create_demo_accounts(connection, passwords, at=NOW)
        everybody = store.all_users(connection)

    assert {user.role for user in everybody} == set(Role)
    assert len(first.created) == len(everybody) == len(demo.PEOPLE)
    assert first.password is not None
    assert again == demo.DemoAccounts((), None)
    assert all(user.email.endswith("@example.com") for user in everybody)


@pytest.mark.parametrize("role", list(Role))
def test_a_disabled_account_can_be_enabled_again(
    database: Database, make_user: MakeUser, role: Role
) -> None:
    make_user("boss", Role.ADMIN)
    user = make_user("x1", role)
    with database.write() as connection:
        assert accounts.disable(connection, user, at=NOW) is None
        accounts.enable(connection, user, at=NOW)
        found = store.user(connection, user.id)

    assert found == user
