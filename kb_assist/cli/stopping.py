"""Stops a server on SIGTERM without a failed request."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from typing import Any

from waitress.channel import HTTPChannel

from kb_assist.edge.draining import Draining

_LONGEST_SECONDS = 30.0
_LOOK_EVERY_SECONDS = 0.1


def stop_gently(draining: Draining, sockets: Mapping[int, Any], drain_seconds: float) -> None:
    """From SIGTERM on ``/readyz`` is 503; after ``drain_seconds`` the server ends with what it has
    in hand, at the latest half a minute later.

    ``sockets``: the server's map, which it changes. Call it in the main thread.
    """
    if not hasattr(signal, "SIGALRM"):
        return
    ends_at = 0.0

    def begin(*_: object) -> None:
        nonlocal ends_at
        if draining.is_begun:
            return
        draining.begin()
        ends_at = time.monotonic() + drain_seconds + _LONGEST_SECONDS
        first = max(drain_seconds, _LOOK_EVERY_SECONDS)
        signal.setitimer(signal.ITIMER_REAL, first, _LOOK_EVERY_SECONDS)

    def look(*_: object) -> None:
        channels = [one for one in list(sockets.values()) if isinstance(one, HTTPChannel)]
        unsent = any(channel.requests or channel.total_outbufs_len for channel in channels)
        if time.monotonic() >= ends_at or not (draining.in_hand or unsent):
            signal.setitimer(signal.ITIMER_REAL, 0)
            # The server's loop takes this for its end.
            raise SystemExit(0)

    signal.signal(signal.SIGTERM, begin)
    signal.signal(signal.SIGALRM, look)
