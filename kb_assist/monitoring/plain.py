"""Texts that come from elsewhere, before a form checks them."""

from __future__ import annotations

from typing import Any

from kb_assist.text import normalise


def plain(value: Any) -> Any:
    """Texts without control characters, also within lists and mappings; the rest as it is."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return normalise(value) if isinstance(value, str) else value
