"""A desk over both databases, as for tickets."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

from kb_assist.tickets.desk import Desk
from tests.tickets.conftest import House, house

__all__ = ["at_once", "house"]


def at_once(house: House, verb: Callable[[Desk], int]) -> set[int]:
    """What two get of whom the second begins before the first is done."""
    got: set[int] = set()

    def other() -> None:
        with house.desk() as desk:
            got.add(verb(desk))

    second = Thread(target=other)
    with house.desk() as desk:
        got.add(verb(desk))
        second.start()
        # Long enough to make one of its own, were it not made to wait.
        second.join(0.5)
    second.join()
    return got
