"""Files of tickets to rows: CSV, JSON Lines, mailboxes, single mails, folders of those."""

from __future__ import annotations

import csv
import json
import mailbox
import sys
from collections.abc import Iterator
from pathlib import Path

from kb_assist.errors import InputError
from kb_assist.tickets.mail.message import MAX_MAIL_BYTES, read_mail
from kb_assist.tickets.transfer.model import Place, RawRow, RejectedRow

ENDINGS = (".csv", ".jsonl", ".ndjson", ".mbox", ".eml")
_LONGEST_FIELD = 5_000_000


def files_of(path: Path) -> tuple[Path, ...]:
    """The file itself, or all readable files below a folder, in order. Raises InputError."""
    if path.is_file():
        if path.suffix.lower() not in ENDINGS:
            raise InputError(f"{path} is none of {', '.join(ENDINGS)}.")
        return (path,)
    found = sorted(f for f in path.rglob("*") if f.suffix.lower() in ENDINGS and f.is_file())
    if not found:
        raise InputError(f"{path} holds no file that ends in {', '.join(ENDINGS)}.")
    return tuple(found)


def expected_rows(files: tuple[Path, ...]) -> int:
    """About how many rows the files hold, for a progress bar."""
    return sum(_count(path) for path in files)


def _count(path: Path) -> int:
    ending = path.suffix.lower()
    if ending == ".eml":
        return 1
    mark = b"\nFrom " if ending == ".mbox" else b"\n"
    with path.open("rb") as stream:
        return sum(block.count(mark) for block in iter(lambda: stream.read(1 << 20), b""))


def rows_of(path: Path) -> Iterator[RawRow | RejectedRow]:
    """One at a time: files may be larger than memory. Raises InputError for an unreadable file."""
    ending = path.suffix.lower()
    try:
        if ending == ".csv":
            yield from _csv(path)
        elif ending == ".mbox":
            yield from _mailbox(path)
        elif ending == ".eml":
            yield _mail(path)
        else:
            yield from _json_lines(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error


def _json_lines(path: Path) -> Iterator[RawRow | RejectedRow]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            place = Place(path.name, number)
            try:
                values = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except (ValueError, RecursionError) as error:
                yield RejectedRow(place, f"no JSON: {error}")
                continue
            if isinstance(values, dict):
                yield RawRow(place, values)
            else:
                yield RejectedRow(place, "a line must be one JSON object")


def _csv(path: Path) -> Iterator[RawRow | RejectedRow]:
    csv.field_size_limit(min(_LONGEST_FIELD, sys.maxsize))
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        first = stream.readline()
        stream.seek(0)
        separator = max(",;\t", key=first.count)
        reader = csv.DictReader(stream, delimiter=separator)
        try:
            for line in reader:
                place = Place(path.name, reader.line_num)
                if None in line:
                    yield RejectedRow(place, "there are more values than columns")
                else:
                    yield RawRow(place, line)
        except csv.Error as error:
            yield RejectedRow(Place(path.name, reader.line_num), f"{error}; the rest is not read")


def _mailbox(path: Path) -> Iterator[RawRow | RejectedRow]:
    box = mailbox.mbox(path, create=False)
    try:
        for number, key in enumerate(box.iterkeys(), start=1):
            yield RawRow(Place(path.name, number), read_mail(box.get_bytes(key)))
    finally:
        box.close()


def _mail(path: Path) -> RawRow | RejectedRow:
    place = Place(path.name, 1)
    if path.stat().st_size > MAX_MAIL_BYTES:
        return RejectedRow(place, f"larger than {MAX_MAIL_BYTES // 1_000_000} MB")
    return RawRow(place, read_mail(path.read_bytes()))
