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


class Kind(StrEnum):
    HTTP = "http"
    TCP = "tcp"
    DNS = "dns"
    TLS = "tls"
    """Only the certificate."""


class Follow(StrEnum):
    """Where a redirect may lead an HTTP probe."""

    NEVER = "never"
    PUBLIC = "public"
    """To the same host and to addresses of the internet, never into the house."""
    ANYWHERE = "anywhere"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a good answer looks like; what is empty is not looked at."""

    status: tuple[int, ...] = (200,)
    body: str = ""
    """A text the first 64 KB must contain."""
    tls_days: int = 0
    """The certificate must be valid for so long."""
    addresses: tuple[str, ...] = ()
    """One of the name's addresses must be one of these."""


@dataclass(frozen=True, slots=True)
class Tool:
    """Something people work with, and how to see whether it works."""

    key: str
    name: str
    name_de: str
    group: str
    """Who looks after it; tools are shown by group."""
    kind: Kind
    target: str
    """An address, ``host:port`` or a name."""
    expected: Expected = Expected()
    interval_seconds: int = 60
    timeout_seconds: float = 5.0
    retries: int = 1
    follow: Follow = Follow.NEVER
    authorization_file: str = ""
    """A file with the value of the Authorization header."""
    depends_on: tuple[str, ...] = ()
    cis: tuple[str, ...] = ()
    article: str = ""
    maintenance: tuple[str, ...] = ()
    paused: bool = False

    def named(self, language: str) -> str:
        return self.name_de if language == "de" else self.name


@dataclass(frozen=True, slots=True)
class Probed:
    """What one probe found."""

    ok: bool
    milliseconds: int
    detail: str = ""
    """Why it failed; holds no secret."""
    certificate_days: int | None = None
    """So long the certificate is valid; None: not looked at."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A tool with what is known about it."""

    id: int
    tool: Tool
    health: Health
    since: datetime | None
    checked_at: datetime | None
    detail: str
    in_maintenance: bool
    """At the newest probe."""
    certificate_days: int | None = None


@dataclass(frozen=True, slots=True)
class Availability:
    """How many probes were good over some days; those in maintenance are left out."""

    good: int
    all: int

    @property
    def percent(self) -> float | None:
        """To two places, rounded down: 100 only where nothing failed. None: not probed."""
        return None if not self.all else 10_000 * self.good // self.all / 100
