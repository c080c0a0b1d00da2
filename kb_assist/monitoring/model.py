"""The values of the monitoring area: tools, probes, health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Health(StrEnum):
    """What the debounced probes say about a tool."""

    UNKNOWN = "unknown"
    """Never probed, or only in maintenance."""
    UP = "up"
    UNSTABLE = "unstable"
    """Single probes fail; not enough of them for an outage."""
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Sample:
    """One probe of one tool."""

    at: datetime
    ok: bool
    in_maintenance: bool = False
    """Counts for nothing: neither against the tool nor for it."""
