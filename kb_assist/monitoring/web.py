"""The web as a probe meets it: trusted as the system trusts, no answer cut off unnoticed."""

from __future__ import annotations

import socket
import ssl
from http.client import HTTPResponse, IncompleteRead
from io import BufferedReader
from typing import Any, ClassVar

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


def trusting() -> ssl.SSLContext:
    """The store of the system, or what SSL_CERT_FILE and SSL_CERT_DIR name."""
    return ssl.create_default_context()


class _WholeLines(BufferedReader):
    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        # Whoever asks for so many bytes refuses a line that is longer.
        if not line.endswith(b"\n") and len(line) != size:
            raise IncompleteRead(line)
        return line


class _WholeHead(HTTPResponse):
    """The library takes the end of the connection for the end of the head."""

    def __init__(self, sock: socket.socket, *args: Any, **values: Any) -> None:
        super().__init__(sock, *args, **values)
        self.fp = _WholeLines(self.fp.detach())


class PlainConnection(HTTPConnection):
    response_class = _WholeHead


class SecuredConnection(HTTPSConnection):
    response_class = _WholeHead


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = PlainConnection


class _SecuredPool(HTTPSConnectionPool):
    ConnectionCls = SecuredConnection


class WebAdapter(HTTPAdapter):
    """Sends a request of requests, which would ask a list of authorities of its own."""

    pools: ClassVar[dict[str, type[HTTPConnectionPool]]] = {
        "http": _PlainPool,
        "https": _SecuredPool,
    }

    def init_poolmanager(self, *args: Any, **values: Any) -> None:
        super().init_poolmanager(*args, **values)
        self.poolmanager.pool_classes_by_scheme = self.pools

    def build_connection_pool_key_attributes(
        self, *args: Any, **values: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        host, secured = super().build_connection_pool_key_attributes(*args, **values)
        # Reading the store takes longer than most answers: not for plain ones.
        if host["scheme"] == "https":
            secured = {**secured, "ssl_context": trusting()}
        return host, secured

    def cert_verify(self, conn: Any, *_: Any) -> None:
        """Verified by the context above alone; the list of requests would be added to it."""
        conn.cert_reqs = "CERT_REQUIRED"
