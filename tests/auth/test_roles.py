"""The table of permissions, and what passwords must be."""

from __future__ import annotations

import pytest

from kb_assist.auth.model import AccountFault, Permission, Role, Scope
from kb_assist.auth.passwords import Passwords, faults_of
from kb_assist.auth.roles import GUEST, PERMISSIONS, SCOPES, scopes_for


def test_every_role_and_scope_is_in_the_table() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert set(SCOPES) == set(Scope)


def test_every_permission_belongs_to_somebody() -> None:
    assert PERMISSIONS[Role.ADMIN] == set(Permission)


def test_each_level_may_do_what_the_level_before_may() -> None:
    l1, l2, l3 = (PERMISSIONS[role] for role in (Role.L1_AGENT, Role.L2_AGENT, Role.L3_AGENT))

    assert l1 < l2 < l3


def test_only_administrators_manage_accounts_and_webhooks() -> None:
    for role in set(Role) - {Role.ADMIN}:
        assert not PERMISSIONS[role] & {Permission.ACCOUNTS_MANAGE, Permission.WEBHOOKS_MANAGE}


def test_a_guest_may_only_read() -> None:
    assert {Permission.SEARCH, Permission.REMARK} == GUEST


def test_no_token_manages_accounts_or_tokens() -> None:
    forbidden = {Permission.ACCOUNT_OWN, Permission.TOKENS_OWN, Permission.ACCOUNTS_MANAGE}

    assert not any(permissions & forbidden for permissions in SCOPES.values())


def test_the_scopes_offered_are_those_that_give_something() -> None:
    assert Scope.ADMIN not in scopes_for(Role.L1_AGENT)
    assert scopes_for(Role.ADMIN) == tuple(Scope)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", AccountFault.PASSWORD_SHORT),
        ("x" * 201, AccountFault.PASSWORD_LONG),
        ("aaaaaaaaaaaa", AccountFault.PASSWORD_COMMON),
        ("Password123!", AccountFault.PASSWORD_COMMON),
        ("2026Willkommen!", AccountFault.PASSWORD_COMMON),
        ("Lena.L1-2026", AccountFault.PASSWORD_COMMON),
    ],
)
def test_a_weak_password_is_refused(password: str, fault: AccountFault) -> None:
    assert faults_of(password, login="lena.l1") == (fault,)


def test_a_long_sentence_is_a_good_password() -> None:
    assert faults_of("vier blaue Stühle am See", login="lena") == ()


def test_composed_and_decomposed_letters_are_the_same_password(passwords: Passwords) -> None:
    assert passwords.matches(passwords.hash("Stühle am See"), "Stu\u0308hle am See")


def test_no_password_matches_no_hash_and_broken_ones(passwords: Passwords) -> None:
    assert not passwords.matches(None, "nobody has this password")
    assert not passwords.matches("$argon2id$broken", "x")
