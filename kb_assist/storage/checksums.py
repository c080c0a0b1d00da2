"""Whether two databases hold the same rows, whatever kinds they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from kb_assist.storage import full_text, rows
from kb_assist.storage.schema import complete_metadata
from kb_assist.storage.types import storable

_DIGEST_BYTES = 16
# PostgreSQL's search leaves out what is longer.
_LONGEST_WORD_BYTES = 2_046


@dataclass(frozen=True, slots=True)
class Sum:
    """Number of rows, and the sum of their hashes: alike in any order of the rows."""

    rows: int
    digest: str


def checksums(
    connection: Connection, counted: Callable[[int], None] = lambda rows: None
) -> dict[str, Sum]:
    """Of every table; ``counted`` is told how many rows have been read so far."""
    found: dict[str, Sum] = {}
    done = 0
    for name, lines in _tables(connection):
        count, total = 0, 0
        for line in lines:
            digest = hashlib.sha256(_line(line)).digest()[:_DIGEST_BYTES]
            total += int.from_bytes(digest)
            count += 1
        total %= 1 << (8 * _DIGEST_BYTES)
        found[name] = Sum(count, f"{total:0{2 * _DIGEST_BYTES}x}")
        done += count
        counted(done)
    return found


def differences(one: Mapping[str, Sum], other: Mapping[str, Sum]) -> list[str]:
    """The tables that are not alike, each with what differs; empty when all are."""
    return [
        f"{name}: {_difference(one.get(name), other.get(name))}"
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    ]


def _difference(one: Sum | None, other: Sum | None) -> str:
    if one is None or other is None:
        return "only one of them has this table"
    if one.rows != other.rows:
        return f"{one.rows} rows here, {other.rows} there"
    return f"{one.rows} rows in both, with another content"


def _tables(connection: Connection) -> Iterator[tuple[str, Iterator[list[Any]]]]:
    for table in complete_metadata().sorted_tables:
        yield table.name, (list(row) for row in rows.read(connection, table, ordered=False))
    yield full_text.TABLE, ([ticket, _words(w)] for ticket, w in full_text.all_words(connection))


def _words(words: list[str]) -> list[str]:
    """Without order and repetition, of which the databases keep only what their search needs."""
    return sorted({word for word in words if len(word.encode()) <= _LONGEST_WORD_BYTES})


def _line(row: list[Any]) -> bytes:
    alike = [_alike(rows.plain(value)) for value in row]
    return json.dumps(alike, sort_keys=True, separators=(",", ":")).encode()


def _alike(value: Any) -> Any:
    """One form for what databases give back in several: 1.0 in JSON becomes 1 in PostgreSQL."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _alike(one) for key, one in value.items()}
    return [_alike(one) for one in value] if isinstance(value, list) else value
