"""Full-text search over tickets: FTS5 on SQLite, tsvector on PostgreSQL, one behaviour.

Callers hand over terms, not text: stemming is theirs, and so is alike on both databases. Terms are
lower-case letters and digits.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Select, bindparam, column, select, text

TABLE = "ticket_words"

_CREATE = {
    "sqlite": (
        f"CREATE VIRTUAL TABLE {TABLE} USING fts5(words, tokenize='unicode61 remove_diacritics 0')",
        f"CREATE VIRTUAL TABLE {TABLE}_counts USING fts5vocab({TABLE}, row)",
    ),
    "postgresql": (
        f"CREATE TABLE {TABLE} (ticket_id bigint PRIMARY KEY, words tsvector NOT NULL)",
        f"CREATE INDEX ix_{TABLE}_words ON {TABLE} USING gin (words)",
        # Ten thousand common terms instead of one thousand, so that the others are really rare.
        f"ALTER TABLE {TABLE} ALTER COLUMN words SET STATISTICS 1000",
    ),
}


def belongs_to_search(table: str) -> bool:
    """Whether a table of the database is ours and not described in the MetaData."""
    return table == TABLE or table.startswith(f"{TABLE}_")


def creation(dialect: str) -> Sequence[str]:
    """The statements that create the search; for its migration."""
    return _CREATE[dialect]


def write_words(connection: Connection, rows: Mapping[int, Iterable[str]]) -> None:
    """Replace the terms of tickets, by ticket id."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        statement = f"INSERT OR REPLACE INTO {TABLE}(rowid, words) VALUES (:id, :words)"  # noqa: S608
    else:
        statement = (
            f"INSERT INTO {TABLE}(ticket_id, words) VALUES (:id, to_tsvector('simple', :words))"  # noqa: S608
            " ON CONFLICT (ticket_id) DO UPDATE SET words = excluded.words"
        )
    values: list[dict[str, Any]] = [
        {"id": ticket, "words": " ".join(terms)} for ticket, terms in rows.items()
    ]
    connection.execute(text(statement), values)


def all_words(connection: Connection) -> Iterator[tuple[int, list[str]]]:
    """Every ticket's id and terms as ``write_words`` took them (their order may differ)."""
    if connection.dialect.name == "sqlite":
        sql = f"SELECT rowid, words FROM {TABLE} ORDER BY rowid"  # noqa: S608
    else:
        sql = (
            "SELECT ticket_id, string_agg(repeat(lexeme || ' ', cardinality(positions)), '')"  # noqa: S608
            f" FROM {TABLE}, unnest(words) GROUP BY ticket_id ORDER BY ticket_id"
        )
    for ticket, words in connection.execute(text(sql)):
        yield int(ticket), words.split()


def count(connection: Connection) -> int:
    """How many tickets the search holds."""
    return int(connection.execute(text(f"SELECT count(*) FROM {TABLE}")).scalar_one())  # noqa: S608


def erase_words(connection: Connection, tickets: Sequence[int]) -> None:
    key = "rowid" if connection.dialect.name == "sqlite" else "ticket_id"
    statement = text(f"DELETE FROM {TABLE} WHERE {key} IN :ids")  # noqa: S608
    connection.execute(
        statement.bindparams(bindparam("ids", expanding=True)), {"ids": list(tickets)}
    )


def spread(connection: Connection, terms: Sequence[str]) -> dict[str, int]:
    """In about how many tickets each term stands; terms that stand in none are left out.

    Counting a common term takes milliseconds, so counts are remembered for a while.
    """
    known = _counts.setdefault(connection.engine, {})
    now = time.monotonic()
    missing = [t for t in terms if t not in known or known[t][1] < now - _COUNTS_SECONDS]
    if missing:
        fresh = _count(connection, missing)
        if len(known) > _MOST_COUNTS:
            known.clear()
        known.update({term: (fresh.get(term, 0), now) for term in missing})
    return {t: known[t][0] for t in terms if t in known and known[t][0]}


# By database; what is rare today is rare in a quarter of an hour.
_counts: WeakKeyDictionary[Engine, dict[str, tuple[int, float]]] = WeakKeyDictionary()
_COUNTS_SECONDS = 900.0
_MOST_COUNTS = 200_000


def _count(connection: Connection, terms: Sequence[str]) -> dict[str, int]:
    if connection.dialect.name == "sqlite":
        sql = f"SELECT term, doc FROM {TABLE}_counts WHERE term IN :terms"  # noqa: S608
        statement = text(sql).bindparams(bindparam("terms", expanding=True))
    else:
        statement = text(_SPREAD)
    return {row[0]: int(row[1]) for row in connection.execute(statement, {"terms": list(terms)})}


# PostgreSQL keeps no exact counts. Its statistics know the common ones; any other stands in fewer
# tickets than the rarest of those.
_SPREAD = f"""
WITH seen AS (
  SELECT e.term, e.share FROM pg_stats s,
    unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) AS e(term, share)
  WHERE s.tablename = '{TABLE}' AND s.attname = 'words' AND e.term IS NOT NULL)
SELECT t.term, ceil(coalesce(seen.share, (SELECT min(share) FROM seen), 0)
  * greatest(c.reltuples, 1)) + 1
FROM unnest(CAST(:terms AS text[])) AS t(term) LEFT JOIN seen USING (term),
  pg_class c WHERE c.relname = '{TABLE}'
"""  # noqa: S608


def holding_all(dialect: str, words: Sequence[Sequence[str]]) -> Select[Any]:
    """A query for the ids of tickets that hold every word.

    A word is given in all its forms; the first of them may be the beginning of a longer one, unless
    it is so short that half of all words begin with it.
    """
    if dialect == "sqlite":
        sql = f"SELECT rowid AS id FROM {TABLE} WHERE {TABLE} MATCH :words"  # noqa: S608
        asked = " AND ".join(f"({_any_sqlite(forms)})" for forms in words)
    else:
        sql = f"SELECT ticket_id AS id FROM {TABLE} WHERE words @@ to_tsquery('simple', :words)"  # noqa: S608
        asked = " & ".join(f"({_any_postgresql(forms)})" for forms in words)
    found = text(sql).bindparams(words=asked).columns(column("id")).subquery()
    return select(found.c.id)


_SHORTEST_BEGINNING = 3


def _any_sqlite(forms: Sequence[str]) -> str:
    begins = "*" if len(forms[0]) >= _SHORTEST_BEGINNING else ""
    return " OR ".join([f'"{forms[0]}"{begins}', *(f'"{form}"' for form in forms[1:])])


def _any_postgresql(forms: Sequence[str]) -> str:
    begins = ":*" if len(forms[0]) >= _SHORTEST_BEGINNING else ""
    return " | ".join([f"{forms[0]}{begins}", *forms[1:]])


def matching_any(
    connection: Connection, terms: Sequence[str], limit: int, *, newest: float = 1.0
) -> list[int]:
    """Ids of tickets that hold some of the terms, best first.

    ``newest``: only this share of all tickets is looked at, the latest.
    """
    if not terms:
        return []
    if connection.dialect.name == "sqlite":
        key, rank, joined = "rowid", "rank", " OR ".join(f'"{term}"' for term in terms)
        sql = f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH :words"  # noqa: S608
    else:
        key, rank, joined = (
            "ticket_id",
            "ts_rank(words, q, 1) DESC, ticket_id DESC",
            " | ".join(terms),
        )
        sql = f"SELECT ticket_id FROM {TABLE}, to_tsquery('simple', :words) q WHERE words @@ q"  # noqa: S608
    if newest < 1:
        sql += f" AND {key} > (SELECT max({key}) FROM {TABLE}) * :before"  # noqa: S608
    return _ids(connection, f"{sql} ORDER BY {rank} LIMIT :limit", joined, limit, 1 - newest)


def _ids(connection: Connection, sql: str, words: str, limit: int, before: float) -> list[int]:
    values = {"words": words, "limit": limit} | ({"before": before} if before else {})
    return [int(row[0]) for row in connection.execute(text(sql), values)]
