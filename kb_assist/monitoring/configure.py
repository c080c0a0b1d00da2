"""Adds, changes and switches off tools on the pages; every change is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from kb_assist.errors import N_, InputError, NotFoundError
from kb_assist.monitoring import store
from kb_assist.monitoring.definition import Fault, FaultyToolError, tool_of
from kb_assist.monitoring.model import Tool
from kb_assist.monitoring.store import Stored, ToolChange

# What a file may say and a page may not: it would send a file of the server to any address.
_ONLY_IN_FILES = "authorization_file"


def add_tool(
    connection: Connection, values: Mapping[str, Any], *, by: str, now: datetime
) -> Stored:
    """``values`` as in the file. One that the file no longer has keeps its history.

    Raises FaultyToolError with every fault.
    """
    wanted = _checked(connection, values)
    others = [one for one in store.stored(connection) if one.watched.tool.key == wanted.key]
    if any(one.active or one.source == store.PAGE for one in others):
        raise FaultyToolError([Fault("key", N_("another tool has it"))])
    made = store.put(connection, wanted, now)
    store.note_change(connection, made.watched.id, ToolChange(now, by, "added", wanted))
    return made


def change_tool(
    connection: Connection, tool_id: int, values: Mapping[str, Any], *, by: str, now: datetime
) -> Stored:
    """The key stays. Raises NotFoundError, FaultyToolError, and InputError for one of the file."""
    known = editable(connection, tool_id)
    wanted = _checked(connection, {**values, "key": known.watched.tool.key})
    made = store.put(connection, wanted, now)
    store.note_change(connection, tool_id, ToolChange(now, by, "changed", wanted))
    if not known.active:
        store.set_active(connection, tool_id, active=False)
    return made


def switch_tool(
    connection: Connection, tool_id: int, *, active: bool, by: str, now: datetime
) -> None:
    """Its history stays. Raises NotFoundError, and InputError for a tool of the file."""
    known = editable(connection, tool_id)
    tool = known.watched.tool
    if known.source == store.FILE:
        # The secret was for what the file says; it says nothing any more.
        tool = replace(tool, authorization_file="")
        store.put(connection, tool, now)
    store.set_active(connection, tool_id, active=active)
    kind = "enabled" if active else "disabled"
    store.note_change(connection, tool_id, ToolChange(now, by, kind, tool))


def found(connection: Connection, tool_id: int) -> Stored:
    """Raises NotFoundError."""
    for one in store.stored(connection):
        if one.watched.id == tool_id:
            return one
    raise NotFoundError(N_("There is no tool %(number)s.", number=tool_id))


def editable(connection: Connection, tool_id: int) -> Stored:
    """Raises NotFoundError, and InputError for a tool of the file."""
    known = found(connection, tool_id)
    if not known.is_editable:
        raise InputError(N_("This tool is in the file of tools and is changed there."))
    return known


def _checked(connection: Connection, values: Mapping[str, Any]) -> Tool:
    if values.get(_ONLY_IN_FILES):
        raise InputError(N_("A secret for a probe can only be named in the file of tools."))
    others = [one.watched.tool for one in store.stored(connection) if one.active]
    return tool_of(values, others)
