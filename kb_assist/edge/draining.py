"""A node that is about to stop: it says so at ``/readyz`` while it ends what it has begun."""

from __future__ import annotations

import threading

from flask import Flask, g

_KEY = "kb_assist_draining"


class Draining:
    """Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_hand = 0
        self.is_begun = False

    @property
    def in_hand(self) -> int:
        """Requests that are being answered."""
        return self._in_hand

    def begin(self) -> None:
        """From now on load balancers are told to send requests elsewhere; they are served still."""
        self.is_begun = True

    def count(self, change: int) -> None:
        with self._lock:
            self._in_hand += change


def attach(app: Flask) -> None:
    """Called once, before other hooks."""
    draining = Draining()
    app.extensions[_KEY] = draining

    @app.before_request
    def take() -> None:
        g.in_hand = True
        draining.count(1)

    @app.teardown_request
    def leave(_: BaseException | None) -> None:
        if g.pop("in_hand", False):
            draining.count(-1)


def of(app: Flask) -> Draining:
    """The one of an application."""
    found: Draining = app.extensions[_KEY]
    return found
