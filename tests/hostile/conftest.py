"""A desk over both databases, as for tickets."""

from __future__ import annotations

from tests.tickets.conftest import house

__all__ = ["house"]
