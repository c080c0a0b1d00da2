"""Whom a probe trusts: the authorities of this machine, for the web as for bare TLS."""

from __future__ import annotations

import ssl
from typing import Any

from requests.adapters import HTTPAdapter


def trusting() -> ssl.SSLContext:
    """The store of the system, or what SSL_CERT_FILE and SSL_CERT_DIR name."""
    return ssl.create_default_context()


class SystemTrust(HTTPAdapter):
    """Sends a request of requests, which would ask a list of its own instead."""

    def build_connection_pool_key_attributes(
        self, *args: Any, **values: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        host, secured = super().build_connection_pool_key_attributes(*args, **values)
        return host, {**secured, "ssl_context": trusting()}

    def cert_verify(self, conn: Any, *_: Any) -> None:
        """Verified by the context above alone; the list of requests would be added to it."""
        conn.cert_reqs = "CERT_REQUIRED"
