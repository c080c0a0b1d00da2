"""Lines under the name of their group, in the order in which people look for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, TypeVar

from kb_assist.text import fold

T = TypeVar("T")


def by_group(
    lines: Sequence[T], group: Callable[[T], str], order: Callable[[T], Any]
) -> list[tuple[str, list[T]]]:
    """One heading for a group, whether it is written “Netz” or “netz”; within it by ``order``."""

    def place(line: T) -> str:
        return in_order(group(line))

    found = groupby(sorted(lines, key=lambda line: (place(line), order(line))), key=place)
    parts = [list(part) for _, part in found]
    return [(min(group(line).strip() for line in part), part) for part in parts]


def in_order(name: str) -> str:
    """By which a name is sorted: capitals and umlauts make no difference."""
    return fold(name.strip())
