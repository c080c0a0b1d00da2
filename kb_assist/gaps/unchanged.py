"""Whether a run would read the very same as the last one; pure but for one small file.

Groups are about all tickets at once, so a run over one new ticket costs as much as one over many.
A run over none need not cost anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from kb_assist.files import write_atomically


def digest(*facts: Any) -> str:
    """Equal for equal facts in any process, whatever the order of their sets and mappings."""
    return hashlib.sha256(repr(_ordered(facts)).encode()).hexdigest()


def is_last(file: Path, mark: str) -> bool:
    """Whether ``mark`` is what the last run left; the file may be deleted at any time."""
    try:
        return file.read_text(encoding="utf-8") == mark
    except (OSError, UnicodeDecodeError):
        return False


def leave(file: Path, mark: str) -> None:
    write_atomically(file, lambda stream: stream.write(mark.encode()))


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return sorted((str(key), _ordered(held)) for key, held in value.items())
    if isinstance(value, Set):
        return sorted(map(str, value))
    if is_dataclass(value):
        return [_ordered(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, list | tuple):
        return [_ordered(held) for held in value]
    return value
