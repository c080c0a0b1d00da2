"""Writing files so that a reader sees the old or the new content, never half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def write_atomically(path: Path, write: Callable[[Any], None]) -> None:
    """Call ``write`` with a binary stream, then put the file into place.

    The file is on disk before it becomes visible; after a failure the old one is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, staged = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(staged, path)
    finally:
        # In place it has another name.
        Path(staged).unlink(missing_ok=True)
