"""``python -m bench.guide_pages``: answering a step of a guide while many sessions are stored.

The whole request is measured: signing in by cookie, reading the session, writing the answer,
rendering the page. The stored sessions are copies of one that went to its end, with a tenth of
them unfinished; the guides are those of the demo knowledge base.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from kb_assist.app import create_app
from kb_assist.auth import sessions
from kb_assist.auth.accounts import NewAccount, create
from kb_assist.auth.model import Role, User
from kb_assist.bootstrap import Services, build_services, prepare_database
from kb_assist.settings import Settings

_ANSWERS = (
    ("device", "NB-1"),
    ("internet", "yes"),
    ("error_shown", "login"),
    ("password_changed", "yes"),
    ("relogin", "ok"),
    ("retry", "yes"),
)
_API = "/api/v1/guide-sessions"
_COPIES = """\
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
INSERT INTO {table} SELECT {columns} FROM n, {table} AS t WHERE t.{key} = :session"""
_TABLES = {
    "guide_sessions": (
        "id",
        "'copy-' || n.i, t.guide, t.version, t.ticket_id, t.owner, t.seq, t.started_at, t.last_at,"
        " t.outcome, n.i % 10 = 0, t.abandoned_at, t.erased_at",
    ),
    "guide_events": (
        "session_id",
        "'copy-' || n.i, t.seq, t.at, t.actor, t.channel, t.type, t.payload",
    ),
    "guide_event_texts": ("session_id", "'copy-' || n.i, t.seq, t.texts"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=100)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(articles=Path("articles"), var=Path(folder))
        services = build_services(settings)
        prepare_database(services.database)
        client = _client(settings, services)
        session = _walk_api(client)
        stored = _fill(services, session, chosen.sessions)
        pages, api = _page_times(client, chosen.runs), _api_times(client, chosen.runs)
        services.database.close()
    result = {
        "stored_sessions": stored[0],
        "stored_events": stored[1],
        "page": _summary(pages),
        "api": _summary(api),
    }
    print(json.dumps(result, indent=2))


def _client(settings: Settings, services: Services) -> Any:
    app = create_app(settings, services)
    app.config.update(WTF_CSRF_ENABLED=False)
    client = app.test_client()
    at = services.clock.now()
    with services.database.write() as connection:
        account = NewAccount("bench", "Bench", Role.L1_AGENT, password="correct horse battery")
        user = create(connection, services.passwords, account, at=at)
        assert isinstance(user, User)
        key = sessions.start(connection, user.id, at=at)
    with client.session_transaction() as cookie:
        cookie["_user_id"] = key
    return client


def _fill(services: Services, session: str, count: int) -> tuple[int, int]:
    with services.database.write() as connection:
        for table, (key, columns) in _TABLES.items():
            statement = _COPIES.format(table=table, columns=columns, key=key)
            named = statement.replace(":count", str(count)).replace(":session", f"'{session}'")
            connection.exec_driver_sql(named)
        return (
            connection.exec_driver_sql("SELECT count(*) FROM guide_sessions").scalar_one(),
            connection.exec_driver_sql("SELECT count(*) FROM guide_events").scalar_one(),
        )


def _walk_api(client: Any) -> str:
    now = client.post(_API, json={"guide": "vpn_connect", "lang": "de"}).get_json()
    for key, value in _ANSWERS:
        body = {"key": key, "value": value, "seen": now["seq"]}
        now = client.post(f"{_API}/{now['id']}/answers", json=body).get_json()
    client.post(f"{_API}/{now['id']}/end", json={"seen": now["seq"]})
    return str(now["id"])


def _api_times(client: Any, runs: int) -> list[float]:
    times: list[float] = []
    for _ in range(runs):
        now = client.post(_API, json={"guide": "vpn_connect", "lang": "de"}).get_json()
        for key, value in _ANSWERS:
            body = {"key": key, "value": value, "seen": now["seq"]}
            started = time.perf_counter()
            answer = client.post(f"{_API}/{now['id']}/answers", json=body)
            times.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200
            now = answer.get_json()
    return times


def _page_times(client: Any, runs: int) -> list[float]:
    """As the page with JavaScript does it: the answer brings the next step along."""
    times: list[float] = []
    for _ in range(runs):
        run = client.post("/guides/vpn_connect/start").headers["Location"]
        page = client.get(run).text
        for key, value in _ANSWERS:
            seen = re.search(r'data-seq="(\d+)"', page)
            assert seen is not None
            form = {"key": key, "value": value, "seen": seen[1]}
            started = time.perf_counter()
            answer = client.post(f"{run}/answer", data=form, headers={"X-Fragment": "1"})
            times.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200
            page = answer.text
    return times


def _summary(times: list[float]) -> dict[str, float]:
    return {
        "answers": len(times),
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(statistics.quantiles(times, n=20)[-1], 1),
    }


if __name__ == "__main__":
    main()
