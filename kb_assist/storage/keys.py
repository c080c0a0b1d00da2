"""The key that signs cookies and forms, the same on every web node."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy import Connection, delete, select

from kb_assist.errors import SettingsError
from kb_assist.storage.tables.nodes import node_keys
from kb_assist.storage.upsert import upsert

_COOKIES = "cookies"
_k = node_keys.c


def shared_key(connection: Connection, configured: str | None) -> str:
    """The key of all nodes: the configured one, or one that the first node makes.

    Raises SettingsError for a node that is configured otherwise than the first one was.
    """
    offered = configured or secrets.token_hex(32)
    mine = {
        "name": _COOKIES,
        "digest": hashlib.sha256(f"kb-assist {offered}".encode()).hexdigest(),
        "secret": None if configured else offered,
    }
    connection.execute(upsert(connection, node_keys).values(mine).on_conflict_do_nothing())
    held = connection.execute(select(node_keys).where(_k.name == _COOKIES)).one()
    if configured is None and held.secret is not None:
        return str(held.secret)
    if held.digest != mine["digest"]:
        raise SettingsError(
            "The key that signs cookies differs from that of the other nodes.",
            remedy="Give every node the same KB_ASSIST_SECRET_KEY. To change it, stop all nodes"
            " and run: kb-assist db forget-key",
        )
    return offered


def forget_key(connection: Connection) -> bool:
    """The next node that starts decides about the key; False when there was none."""
    return connection.execute(delete(node_keys).where(_k.name == _COOKIES)).rowcount == 1
