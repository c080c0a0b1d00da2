"""The guides that may be run now: read from the folder, checked, read again when files change."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from kb_assist.articles.model import Problem
from kb_assist.guides.check import Surroundings, check, publishable
from kb_assist.guides.library import GuideFolder, load_folder
from kb_assist.guides.model import Guide
from kb_assist.guides.offer import GuideOffers

log = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 2.0
"""How soon an edited file shows; a look costs a stat per file."""

Signature = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Published:
    """One reading of the folder."""

    guides: Mapping[str, Guide] = field(default_factory=dict)
    """By id; only those that can run."""
    offers: GuideOffers = field(default_factory=lambda: GuideOffers(()))
    problems: tuple[Problem, ...] = ()
    folder: GuideFolder | None = None
    """Everything as it lies there; None when there is no folder."""


class PublishedGuides:
    """Safe to share between threads; nothing is read before the first use."""

    def __init__(self, root: Path, today: Callable[[], date]) -> None:
        self._root = root
        self._today = today
        self._lock = threading.Lock()
        self._held = Published()
        self._seen: tuple[date, Signature] | None = None
        self._looked_at = 0.0

    def now(self) -> Published:
        """What is published; looks for changed files every two seconds."""
        if self._seen is not None and time.monotonic() - self._looked_at < _LOOK_EVERY_SECONDS:
            return self._held
        with self._lock:
            # A new day may be past the day of a review.
            seen = (self._today(), _signature(self._root))
            if seen != self._seen:
                self._held = self._read()
                self._seen = seen
            self._looked_at = time.monotonic()
        return self._held

    def _read(self) -> Published:
        if not self._root.is_dir():
            return Published()
        folder = load_folder(self._root)
        problems = check(folder, Surroundings(self._today()))
        guides = publishable(folder, problems)
        left_out = sorted(set(folder.sources) - set(guides))
        if left_out:
            log.warning("Guides with errors are not offered: %s.", ", ".join(left_out))
        return Published(guides, GuideOffers(guides.values()), tuple(problems), folder)


def _signature(root: Path) -> Signature:
    """Names, times and sizes of the files; empty where there is no folder."""
    if not root.is_dir():
        return ()
    found = []
    for path in sorted(root.iterdir()):
        try:
            status = path.stat()
        except OSError:
            continue  # removed meanwhile
        found.append((path.name, status.st_mtime_ns, status.st_size))
    return tuple(found)
