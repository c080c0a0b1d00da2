"""Addresses that may be followed after a form."""

from __future__ import annotations

from urllib.parse import urlsplit


def same_site(target: str) -> str:
    """Only paths of this site; anything else could lead readers to a forged page."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    # Browsers read a backslash as a slash and drop control characters.
    plain = target.isprintable() and "\\" not in target and not target.startswith("//")
    return target if target.startswith("/") and plain and not parts.netloc else "/"
