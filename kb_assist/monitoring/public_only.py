"""Connections to public addresses only, decided by where the socket leads and not by a name.

A name may resolve to another address between looking it up and connecting.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import ClassVar

from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from kb_assist.monitoring.web import PlainConnection, SecuredConnection, WebAdapter


class InternalAddressError(Exception):
    """The connection leads into an internal network."""


def refuse_internal(connected: socket.socket) -> socket.socket:
    """The same socket; raises InternalAddressError, before anything was sent, and closes it."""
    peer = str(connected.getpeername()[0]).split("%")[0]
    if not is_public(peer):
        connected.close()
        raise InternalAddressError
    return connected


def is_public(address: str) -> bool:
    """Whether an address can be reached from everywhere."""
    found = ipaddress.ip_address(address)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_global


class _Plain(PlainConnection):
    def _new_conn(self) -> socket.socket:
        return refuse_internal(super()._new_conn())


class _Secured(SecuredConnection):
    def _new_conn(self) -> socket.socket:
        return refuse_internal(super()._new_conn())


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecuredPool(HTTPSConnectionPool):
    ConnectionCls = _Secured


class PublicOnly(WebAdapter):
    """Sends a request; raises InternalAddressError instead where it would lead inside."""

    pools: ClassVar = {"http": _PlainPool, "https": _SecuredPool}
