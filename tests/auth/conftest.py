"""Accounts to work with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from kb_assist.auth.accounts import NewAccount, create
from kb_assist.auth.model import Role, User
from kb_assist.auth.passwords import Passwords
from kb_assist.storage.db import Database

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
MakeUser = Callable[..., User]


@pytest.fixture
def make_user(database: Database, passwords: Passwords) -> MakeUser:
    def make(login: str = "lena", role: Role = Role.L1_AGENT, password: str = PASSWORD) -> User:
        with database.write() as connection:
            new = NewAccount(login, login.title(), role, password=password)
            user = create(connection, passwords, new, at=NOW)
        assert isinstance(user, User)
        return user

    return make
