"""Full-text search over tickets, on both databases."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from kb_assist.storage import full_text
from kb_assist.storage.db import Database

ROWS = {
    1: ["vpn", "fehler", "809", "notebook"],
    2: ["druck", "warteschlang", "fehler"],
    3: ["vpn", "bricht", "ab", "fehler"],
}


def _filled(database: Database) -> Database:
    with database.write() as connection:
        full_text.write_words(connection, ROWS)
    return database


def _all(connection: Connection, words: Sequence[Sequence[str]]) -> set[int]:
    return set(connection.execute(full_text.holding_all(connection.dialect.name, words)).scalars())


def test_every_word_must_match_in_one_of_its_forms(database: Database) -> None:
    with _filled(database).read() as connection:
        assert _all(connection, [("war",)]) == {2}
        assert _all(connection, [("wa",)]) == set()
        assert _all(connection, [("vpn",), ("809",)]) == {1}
        assert _all(connection, [("vpn",), ("druck",)]) == set()
        assert _all(connection, [("warteschlangen", "warteschlang")]) == {2}
        assert _all(connection, [("warteschlangen", "warte")]) == set()


def test_the_ticket_with_more_terms_comes_first(database: Database) -> None:
    with _filled(database).read() as connection:
        found = full_text.matching_any(connection, ["vpn", "809", "notebook"], 9)

    assert found == [1, 3]


def test_of_common_words_only_the_latest_tickets_are_looked_at(database: Database) -> None:
    with _filled(database).read() as connection:
        found = [full_text.matching_any(connection, ["fehler"], 9, newest=n) for n in (1, 0.5, 0.3)]

    assert [set(ids) for ids in found] == [{1, 2, 3}, {2, 3}, {3}]


def test_an_uncommon_term_is_no_more_spread_than_the_rarest_common_one(database: Database) -> None:
    with database.write() as connection:
        rows = {n: ["vpn", f"only{n}"] for n in range(1, 301)}
        full_text.write_words(connection, rows | {301: ["druck"]})
    if database.dialect == "postgresql":
        with database.write() as connection:
            connection.execute(text(f"ANALYZE {full_text.TABLE}"))
    with database.read() as connection:
        spread = full_text.spread(connection, ["vpn", "druck"])

    assert spread["vpn"] >= 300 > 100 > spread["druck"] >= 1


def test_writing_again_replaces_and_erasing_removes(database: Database) -> None:
    with _filled(database).write() as connection:
        full_text.write_words(connection, {1: ["scanner"]})
        full_text.erase_words(connection, [3])
        assert _all(connection, [("vpn",)]) == set()
        assert _all(connection, [("scanner",)]) == {1}


def test_terms_without_tickets_have_no_spread_on_sqlite(database: Database) -> None:
    with _filled(database).read() as connection:
        spread = full_text.spread(connection, ["vpn", "fehler", "unbekannt"])

    if database.dialect == "sqlite":
        assert spread == {"vpn": 2, "fehler": 3}
    else:
        assert {"vpn", "fehler"} <= set(spread)
