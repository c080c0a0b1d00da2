"""The key that a script sends with its request."""

from __future__ import annotations

import hmac

from flask import request


def bearer() -> str | None:
    """The bearer token of the request; None: it sends none. Clients write the word as they like."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def brings(key: str) -> bool:
    """Whether the request comes with this key as its bearer token; takes equally long if not."""
    given = bearer()
    return given is not None and hmac.compare_digest(given.encode(), key.encode())
