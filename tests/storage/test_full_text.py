"""Full-text search over tickets, on both databases."""

from __future__ import annotations

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


def test_every_term_must_match_and_may_be_a_beginning(database: Database) -> None:
    with _filled(database).read() as connection:
        assert full_text.matching_all(connection, ["vp"], 9) == [3, 1]
        assert full_text.matching_all(connection, ["vpn", "80"], 9) == [1]
        assert full_text.matching_all(connection, ["vpn", "druck"], 9) == []


def test_the_ticket_with_more_terms_comes_first(database: Database) -> None:
    with _filled(database).read() as connection:
        found = full_text.matching_any(connection, ["vpn", "809", "notebook"], 9)

    assert found == [1, 3]


def test_writing_again_replaces_and_erasing_removes(database: Database) -> None:
    with _filled(database).write() as connection:
        full_text.write_words(connection, {1: ["scanner"]})
        full_text.erase_words(connection, [3])
        assert full_text.matching_all(connection, ["vpn"], 9) == []
        assert full_text.matching_all(connection, ["scanner"], 9) == [1]


def test_terms_without_tickets_have_no_spread_on_sqlite(database: Database) -> None:
    with _filled(database).read() as connection:
        spread = full_text.spread(connection, ["vpn", "fehler", "unbekannt"])

    if database.dialect == "sqlite":
        assert spread == {"vpn": 2, "fehler": 3}
    else:
        assert {"vpn", "fehler"} <= set(spread)
