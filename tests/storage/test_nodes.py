"""What several web nodes share: counts of requests, the key of cookies, remarks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from kb_assist.articles.reports import ParagraphReport
from kb_assist.errors import DatabaseUnavailableError, SettingsError
from kb_assist.gaps.remarks_store import ReportLog, take_over
from kb_assist.storage.counts import StoredLimits
from kb_assist.storage.db import Database
from kb_assist.storage.keys import forget_key, shared_key
from kb_assist.storage.tables.nodes import request_counts

NOON = datetime(2026, 11, 2, 12, 0, 30, tzinfo=UTC)
REPORT = ParagraphReport("2026-11-02T12:00:30+00:00", "kb-vpn", "d1", "p1", "Excerpt", "Wrong.")


def test_two_nodes_share_the_limit_of_a_minute(database: Database) -> None:
    one, two = StoredLimits(database), StoredLimits(database)
    taken = [node.take("link 7", 3, at=NOON) for node in (one, two, one, two)]

    assert taken == [True, True, True, False]
    assert two.take("link 8", 3, at=NOON)
    assert one.take("link 7", 3, at=NOON + timedelta(minutes=1))
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(request_counts)).scalar() == 1


def test_nodes_without_a_key_of_their_own_get_the_same_one(database: Database) -> None:
    with database.write() as connection:
        one, two = shared_key(connection, None), shared_key(connection, None)

    assert one == two
    assert len(one) == 64


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("a", None), (None, "b")])
def test_a_node_with_another_key_does_not_start(
    database: Database, first: str | None, second: str | None
) -> None:
    with database.write() as connection:
        kept = shared_key(connection, first)
        with pytest.raises(SettingsError, match="differs"):
            shared_key(connection, second)
        again = shared_key(connection, kept)
        forgotten = forget_key(connection)
        changed = shared_key(connection, second)

    assert (again, forgotten) == (kept, True)
    assert changed != kept


def test_remarks_of_one_node_are_seen_by_the_others(database: Database) -> None:
    ReportLog(database).add(REPORT)

    assert ReportLog(database).all() == [REPORT]


def test_the_file_of_remarks_is_taken_over_once(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "reports.jsonl"
    line = (
        '{"at": "2026-11-02T12:00:30+00:00", "article_id": "kb-vpn", "article_digest": "d1",'
        ' "passage": "p1", "excerpt": "Excerpt", "remark": "Wrong."}'
    )
    file.write_text(f"{line}\n{line[:30]}")

    assert (take_over(database, file), take_over(database, file)) == (1, 0)
    assert ReportLog(database).all() == [REPORT]


def test_a_server_that_goes_away_within_a_transaction_is_an_error_to_try_again(
    database: Database,
) -> None:
    if database.dialect == "sqlite":
        pytest.skip("there is no server")

    def lose_the_server() -> None:
        with database.write() as connection:
            own = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with database.write() as other:
                other.execute(text("SELECT pg_terminate_backend(:own)"), {"own": own})
            connection.execute(text("SELECT 1"))

    with pytest.raises(DatabaseUnavailableError):
        lose_the_server()
    with database.read() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
