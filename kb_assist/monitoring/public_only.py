"""Connections to public addresses only, decided by where the socket leads and not by a name.

A name may resolve to another address between looking it up and connecting.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import ClassVar

from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from kb_assist.monitoring.web import PlainConnection, SecuredConnection, WebAdapter

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Local NAT64, Teredo, site-local and IPv4-compatible ones: no server that all can reach has these,
# and not every Python knows it.
_INSIDE = tuple(
    ipaddress.IPv6Network(one) for one in ("64:ff9b:1::/48", "2001::/32", "fec0::/10", "::/96")
)


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
    found = _behind(ipaddress.ip_address(address))
    return found.is_global and not found.is_multicast and not any(found in one for one in _INSIDE)


def _behind(address: _Address) -> _Address:
    """The IPv4 address that some of IPv6 stand for: gateways carry what is sent to them there."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


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
