"""Tools that are kept in the database and changed on the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from kb_assist.errors import InputError, NotFoundError
from kb_assist.monitoring import configure, store
from kb_assist.storage.db import Database
from tests.fakes import FrozenClock
from tests.monitoring.conftest import tool

NOW = FrozenClock().now()
ERP: dict[str, Any] = {
    "key": "erp",
    "name": "ERP",
    "kind": "tcp",
    "target": "erp.nordwind.example:3200",
}


def test_a_tool_of_the_pages_lives_beside_those_of_the_file(database: Database) -> None:
    with database.write() as connection:
        store.sync(connection, [tool("mail")], NOW)
        configure.add_tool(connection, {**ERP, "depends_on": ["mail"]}, by="Ada", now=NOW)
        store.sync(connection, [tool("mail")], NOW)
        assert [one.tool.key for one in store.watched(connection)] == ["erp", "mail"]
        store.sync(connection, [], NOW)
        assert [one.tool.key for one in store.watched(connection)] == ["erp"]


def test_every_change_is_kept_with_its_author(database: Database) -> None:
    with database.write() as connection:
        made = configure.add_tool(connection, ERP, by="Ada", now=NOW)
        key = made.watched.id
        later = NOW + timedelta(hours=1)
        changed = {**ERP, "key": "other", "target": "erp2.nordwind.example:3200"}
        configure.change_tool(connection, key, changed, by="Omar", now=later)
        configure.switch_tool(connection, key, active=False, by="Omar", now=later)
        assert store.watched(connection) == ()
        configure.switch_tool(connection, key, active=True, by="Ada", now=later)
        (one,) = store.watched(connection)
        told = [
            (change.kind, change.by, change.tool.target)
            for change in store.changes(connection, key)
        ]
    assert (one.tool.key, one.tool.target) == ("erp", "erp2.nordwind.example:3200")
    assert told[-1] == ("added", "Ada", "erp.nordwind.example:3200")
    assert [kind for kind, _, _ in told] == ["enabled", "disabled", "changed", "added"]


def test_a_change_leaves_a_tool_off_that_was_switched_off(database: Database) -> None:
    with database.write() as connection:
        key = configure.add_tool(connection, ERP, by="Ada", now=NOW).watched.id
        configure.switch_tool(connection, key, active=False, by="Ada", now=NOW)
        configure.change_tool(connection, key, {**ERP, "name": "ERP 2"}, by="Ada", now=NOW)
        assert store.watched(connection) == ()


def test_control_characters_are_left_out(database: Database) -> None:
    values = {**ERP, "name": "E\x00RP\x1b", "cis": ["SRV\x00-1"]}
    with database.write() as connection:
        made = configure.add_tool(connection, values, by="Ada", now=NOW).watched.tool
    assert (made.name, made.cis) == ("ERP", ("SRV-1",))


def gone_from_the_file(connection: Connection) -> int:
    """Its id. It was of the page before the file had it."""
    made = configure.add_tool(connection, ERP, by="Ada", now=NOW)
    store.sync(connection, [tool("erp", authorization_file="/run/secrets/erp")], NOW)
    store.sync(connection, [], NOW)
    return made.watched.id


def test_a_tool_that_the_file_no_longer_has_is_added_again_with_its_history(
    database: Database,
) -> None:
    with database.write() as connection:
        key = gone_from_the_file(connection)
        made = configure.add_tool(connection, {**ERP, "name": "ERP 2"}, by="Omar", now=NOW)
        store.sync(connection, [], NOW)
        assert [one.tool.name for one in store.watched(connection)] == ["ERP 2"]
        assert [one.by for one in store.changes(connection, key)] == ["Omar", "Ada"]
        with pytest.raises(InputError, match="another tool has it"):
            configure.add_tool(connection, ERP, by="Ada", now=NOW)
    assert made.watched.id == key


def test_a_tool_that_the_file_no_longer_has_is_switched_on_without_its_secret(
    database: Database,
) -> None:
    with database.write() as connection:
        key = gone_from_the_file(connection)
        configure.switch_tool(connection, key, active=True, by="Omar", now=NOW)
        store.sync(connection, [], NOW)
        (one,) = store.watched(connection)
    assert (one.tool.target, one.tool.authorization_file) == ("127.0.0.1:1", "")


def test_a_tool_that_the_file_no_longer_has_is_changed_and_stays_off(database: Database) -> None:
    with database.write() as connection:
        key = gone_from_the_file(connection)
        configure.change_tool(connection, key, ERP, by="Omar", now=NOW)
        assert store.watched(connection) == ()
        assert configure.found(connection, key).source == store.PAGE


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"target": "erp"}, "target"),
        ({"interval": 1}, "interval"),
        ({"depends_on": ["moon"]}, "no tool “moon”"),
        ({"depends_on": ["erp"]}, "itself"),
        ({"kind": "dns", "target": "https://erp.example"}, "must be a name"),
        ({"kind": "http", "target": "https://erp.example:99999"}, "target"),
        ({"maintenance": ["noon"]}, "“noon”"),
        ({"maintenance": ["sun 02:00-02:00"]}, "does not end after it begins"),
        ({"maintenance": ["2026-11-04T02:00/2026-11-03T22:00"]}, "does not end after it begins"),
        ({"maintenance": ["2026-11-04T02:00/2026-11-04T02:00"]}, "does not end after it begins"),
        ({"kind": "http", "target": "https://token@erp.example/"}, "user name"),
        ({"kind": "http", "target": "https://ada:hush@erp.example/"}, "user name"),
        ({"target": "token@erp.example:3200"}, "must be host:port"),
        ({"kind": "dns", "target": "token@erp.example"}, "must be a name"),
        ({"status": []}, "status"),
        ({"addresses": ["192.0.2.10", "not an ip"]}, "“not an ip” is no IP address"),
        ({"addresses": ["192.0.2.300"], "interval": 1}, "“192.0.2.300”"),
        ({"name": "  "}, "name: is needed"),
        ({"key": "E R P"}, "key"),
        ({"name": "\x00\x1b"}, "name: is needed"),
        ({"colour": "red"}, "colour"),
        ({"authorization_file": "/run/secrets/erp"}, "file of tools"),
    ],
)
def test_it_is_checked_as_in_the_file(
    database: Database, values: dict[str, Any], fault: str
) -> None:
    with database.write() as connection, pytest.raises(InputError, match=fault):
        configure.add_tool(connection, ERP | values, by="Ada", now=NOW)


def test_a_circle_of_tools_is_refused(database: Database) -> None:
    with database.write() as connection:
        store.sync(connection, [tool("mail"), tool("web", depends_on=("mail",))], NOW)
        made = configure.add_tool(connection, ERP | {"depends_on": ["web"]}, by="Ada", now=NOW)
        portal = {**ERP, "key": "portal", "depends_on": ["erp", "web"]}
        configure.add_tool(connection, portal, by="Ada", now=NOW)
        with pytest.raises(InputError, match="erp → portal → erp"):
            configure.change_tool(
                connection, made.watched.id, ERP | {"depends_on": ["portal"]}, by="Ada", now=NOW
            )


def test_tools_of_the_file_are_not_changed_here(database: Database) -> None:
    with database.write() as connection:
        store.sync(connection, [tool("mail")], NOW)
        (one,) = store.watched(connection)
        with pytest.raises(InputError):
            configure.change_tool(connection, one.id, ERP, by="Ada", now=NOW)
        with pytest.raises(InputError):
            configure.switch_tool(connection, one.id, active=False, by="Ada", now=NOW)
        with pytest.raises(InputError):
            configure.add_tool(connection, {**ERP, "key": "mail"}, by="Ada", now=NOW)
        with pytest.raises(NotFoundError):
            configure.found(connection, 99)
