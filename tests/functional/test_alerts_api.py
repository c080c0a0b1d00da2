"""Other monitoring systems open and end outages."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from kb_assist.app import create_app
from kb_assist.bootstrap import Services
from kb_assist.correlation import surges_store
from kb_assist.correlation.surges_store import Told
from kb_assist.monitoring import outages_store, store
from kb_assist.monitoring.outage_model import Outage
from kb_assist.monitoring.surges import Found
from kb_assist.monitoring.watch import settle
from kb_assist.settings import Settings
from kb_assist.tickets.outbox.signature import sign
from tests.monitoring.conftest import tool

DOCUMENT = Path(__file__).parents[2] / "docs/monitoring.md"
SECRET = "a key for alerts"
ADDRESS = "/api/v1/inbound/alerts"
ALERT = {"key": "disk", "status": "firing", "title": "Disk full", "text_de": "Platte voll"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"alerts_secret": SecretStr(SECRET)})


def send(client: FlaskClient, path: str, message: Any, *, secret: str = SECRET) -> Any:
    headers = {"Authorization": f"Bearer {secret}"}
    return client.post(ADDRESS + path, data=json.dumps(message), headers=headers)


def standing(services: Services) -> tuple[Outage, ...]:
    with services.database.read() as connection:
        return outages_store.open_ones(connection)


def alertmanager(status: str) -> dict[str, Any]:
    one = {
        "status": status,
        "labels": {"alertname": "MailDown", "instance": "mail01", "kb_tool": "mail"},
        "annotations": {"summary": "Mail does not answer", "text_de": "Mail steht"},
        "fingerprint": "abc",
        "startsAt": "2026-11-02T08:00:00Z",
    }
    return {"version": "4", "status": status, "alerts": [one]}


def test_a_signed_alert_opens_an_outage_once_and_ends_it(app: Any, services: Services) -> None:
    client = app.test_client()
    for _ in range(2):
        body = json.dumps(ALERT).encode()
        header = {"X-KB-Assist-Signature": sign(SECRET, body, services.clock.now())}
        answer = client.post(ADDRESS, data=body, headers=header)
        assert answer.status_code == 200
    (outage,) = standing(services)
    assert (outage.title, outage.text_de, outage.source) == ("Disk full", "Platte voll", "alert")
    ended = send(client, "", ALERT | {"status": "resolved"}).get_json()
    assert ended == {"opened": [], "ended": [outage.id]}
    assert standing(services) == ()


def test_a_signed_alert_that_somebody_sends_again_opens_nothing(
    app: Any, services: Services
) -> None:
    client = app.test_client()
    body = json.dumps(ALERT).encode()
    header = {"X-KB-Assist-Signature": sign(SECRET, body, services.clock.now())}
    client.post(ADDRESS, data=body, headers=header)
    send(client, "", ALERT | {"status": "resolved"})
    again = client.post(ADDRESS, data=body, headers=header)
    assert (again.status_code, standing(services)) == (200, ())
    send(client, "", ALERT)
    assert len(standing(services)) == 1, "the same trouble may come back"


def test_an_overheard_alert_counts_once_however_it_is_written(app: Any, services: Services) -> None:
    client = app.test_client()
    body = json.dumps(ALERT).encode()
    signature = sign(SECRET, body, services.clock.now())
    client.post(ADDRESS, data=body, headers={"X-KB-Assist-Signature": signature})
    send(client, "", ALERT | {"status": "resolved"})
    for again in (signature.replace("t=", "t=0"), f"{signature} ", signature.upper()):
        client.post(ADDRESS, data=body, headers={"X-KB-Assist-Signature": again})
    unwritten = {"X-KB-Assist-Signature": signature, "Authorization": ""}
    assert client.post(ADDRESS, data=body, headers=unwritten).status_code == 200
    assert standing(services) == ()


def test_a_repeat_opens_nothing_that_somebody_has_ended(app: Any, services: Services) -> None:
    client = app.test_client()
    send(client, "/alertmanager", alertmanager("firing"))
    (outage,) = standing(services)
    with services.database.write() as connection:
        outages_store.end(connection, outage.id, services.clock.now())
    send(client, "/alertmanager", alertmanager("firing"))
    assert standing(services) == ()
    later = alertmanager("firing")
    later["alerts"][0]["startsAt"] = (services.clock.now() + timedelta(hours=1)).isoformat()
    send(client, "/alertmanager", later)
    assert len(standing(services)) == 1


def at(client: FlaskClient, status: str, since: str, until: str | None = None) -> Any:
    """Alertmanager says it of an alert that began then."""
    message = alertmanager(status)
    message["alerts"][0] |= {"startsAt": since, "endsAt": until or "0001-01-01T00:00:00Z"}
    answer = send(client, "/alertmanager", message)
    assert answer.status_code == 200
    return answer.get_json()


FIRST, ITS_END, SECOND = (f"2026-11-02T07:{minute}:00Z" for minute in ("00", "10", "20"))


@pytest.mark.parametrize("until", [ITS_END, None])
def test_a_late_end_of_an_earlier_alert_ends_nothing(
    app: Any, services: Services, until: str | None
) -> None:
    client = app.test_client()
    at(client, "firing", FIRST)
    at(client, "resolved", FIRST, ITS_END)
    at(client, "firing", SECOND)
    assert at(client, "resolved", FIRST, until) == {"opened": [], "ended": []}
    (running,) = standing(services)
    assert at(client, "resolved", SECOND, "2026-11-02T07:30:00Z")["ended"] == [running.id]
    assert at(client, "firing", FIRST)["opened"] == []
    assert at(client, "firing", SECOND)["opened"] == []
    assert standing(services) == ()


def test_an_alert_that_comes_back_is_news_however_late_we_heard_of_the_one_before(
    app: Any, services: Services
) -> None:
    """All of it happened before our clock's time, at which the first message came."""
    client = app.test_client()
    assert datetime.fromisoformat(SECOND) < services.clock.now()
    (first,) = at(client, "firing", FIRST)["opened"]
    assert at(client, "resolved", FIRST, ITS_END)["ended"] == [first]
    (second,) = at(client, "firing", SECOND)["opened"]
    assert second != first


def test_an_alert_that_comes_back_before_we_heard_of_its_end_goes_on(
    app: Any, services: Services
) -> None:
    client = app.test_client()
    (only,) = at(client, "firing", FIRST)["opened"]
    assert at(client, "firing", SECOND) == {"opened": [], "ended": []}
    assert at(client, "resolved", FIRST, ITS_END)["ended"] == []
    assert at(client, "resolved", SECOND)["ended"] == [only]


def test_a_replica_that_noticed_it_earlier_ends_it_as_well(app: Any, services: Services) -> None:
    client = app.test_client()
    (only,) = at(client, "firing", SECOND)["opened"]
    assert at(client, "resolved", FIRST, "2026-11-02T07:30:00Z")["ended"] == [only]


def test_the_end_of_an_alert_that_we_never_saw_makes_it_old(app: Any, services: Services) -> None:
    client = app.test_client()
    at(client, "firing", FIRST)
    at(client, "resolved", FIRST, ITS_END)
    assert at(client, "resolved", SECOND, "2026-11-02T07:30:00Z")["ended"] == []
    assert at(client, "firing", SECOND)["opened"] == []


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"])
def test_a_start_that_no_clock_shows_counts_for_none(
    app: Any, services: Services, since: str
) -> None:
    client = app.test_client()
    (first,) = at(client, "firing", since)["opened"]
    assert at(client, "firing", since)["opened"] == []
    assert at(client, "resolved", since, since)["ended"] == [first]
    assert len(at(client, "firing", since)["opened"]) == 1
    at(client, "resolved", since, since)
    later = services.clock.now() + timedelta(hours=1)
    assert len(at(client, "firing", later.isoformat())["opened"]) == 1


def test_alertmanager_names_the_tool_by_a_label(app: Any, services: Services) -> None:
    with services.database.write() as connection:
        store.sync(connection, [tool("mail")], services.clock.now())
    client = app.test_client()
    send(client, "/alertmanager", alertmanager("firing"))
    (outage,) = standing(services)
    assert (outage.title, outage.external_key) == ("Mail does not answer", "abc")
    assert outage.tool_id is not None
    send(client, "/alertmanager", alertmanager("resolved"))
    assert standing(services) == ()


def test_a_watch_round_leaves_outages_of_others_alone(app: Any, services: Services) -> None:
    send(app.test_client(), "/alertmanager", alertmanager("firing"))
    with services.database.write() as connection:
        settle(connection, services.clock.now())
    assert len(standing(services)) == 1


def test_a_message_has_as_many_alerts_as_the_documented_receiver_sends(
    app: Any, services: Services
) -> None:
    (most,) = re.findall(r"max_alerts: (\d+)", DOCUMENT.read_text(encoding="utf-8"))
    client = app.test_client()
    one = alertmanager("resolved")["alerts"][0]
    full = {"alerts": [one] * int(most)}
    assert send(client, "/alertmanager", full).status_code == 200
    full["alerts"].append(one)
    assert send(client, "/alertmanager", full).status_code == 422


def test_checkmk_opens_on_critical_and_ends_on_recovery(app: Any, services: Services) -> None:
    client = app.test_client()
    context = {
        "NOTIFY_NOTIFICATIONTYPE": "PROBLEM",
        "NOTIFY_HOSTNAME": "mail01",
        "NOTIFY_SERVICEDESC": "SMTP",
        "NOTIFY_SERVICESTATE": "WARNING",
    }
    assert send(client, "/checkmk", context).get_json() == {"opened": [], "ended": []}
    send(client, "/checkmk", context | {"NOTIFY_SERVICESTATE": "CRITICAL"})
    assert [one.title for one in standing(services)] == ["SMTP (mail01)"]
    recovered = context | {"NOTIFY_NOTIFICATIONTYPE": "RECOVERY", "NOTIFY_SERVICESTATE": "OK"}
    send(client, "/checkmk", recovered)
    assert standing(services) == ()


@pytest.mark.parametrize("host", [None, ["mail01"], {"name": "mail01"}])
def test_checkmk_without_a_host_opens_nothing(app: Any, services: Services, host: Any) -> None:
    context = {"HOSTNAME": host, "NOTIFICATIONTYPE": "PROBLEM", "HOSTSTATE": "DOWN"}
    answer = send(app.test_client(), "/checkmk", context)
    assert (answer.status_code, standing(services)) == (200, ())


def test_checkmk_names_the_tool_by_a_variable(app: Any, services: Services) -> None:
    with services.database.write() as connection:
        store.sync(connection, [tool("mail")], services.clock.now())
    context = {"HOSTNAME": "mail01", "NOTIFICATIONTYPE": "PROBLEM", "HOSTSTATE": "DOWN"}
    (name,) = set(re.findall(r"`(NOTIFY_\w*TOOL)`", DOCUMENT.read_text(encoding="utf-8")))
    send(app.test_client(), "/checkmk", context | {name: "mail"})
    (outage,) = standing(services)
    assert outage.tool_id is not None


def test_no_text_of_another_system_is_kept_longer_than_ours(app: Any, services: Services) -> None:
    client, long = app.test_client(), "x" * 6_000
    message = alertmanager("firing")
    names = ("summary", "description", "text_de", "text_en")
    message["alerts"][0]["annotations"] = dict.fromkeys(names, long)
    send(client, "/alertmanager", message)
    context = {"NOTIFICATIONTYPE": "PROBLEM", "HOSTNAME": "h" * 6_000, "HOSTSTATE": "DOWN"}
    send(client, "/checkmk", context | {"HOSTOUTPUT": long})
    assert len(standing(services)) == 2
    for outage in standing(services):
        assert len(outage.title) == 300
        assert max(len(outage.text_de), len(outage.text_en)) <= 5_000
        with services.database.read() as connection:
            (opened,) = outages_store.events(connection, outage.id)
        assert len(opened.note) == 5_000
    for name in ("title", "title_de", "detail", "text_de", "text_en"):
        assert send(client, "", ALERT | {name: long}).status_code == 422


def test_control_characters_of_another_system_are_left_out(app: Any, services: Services) -> None:
    client = app.test_client()
    for name in ("key", "title"):
        assert send(client, "", ALERT | {name: "\x00\x1b"}).status_code == 422
    assert send(client, "", ALERT | {"key": 5, "title": {"a": 1}}).status_code == 422
    send(client, "", ALERT | {"key": "d\x00isk", "title": "Disk\x00 \x1b[1mfull"})
    message = alertmanager("firing")
    message["alerts"][0] |= {"fingerprint": "\x00abc", "annotations": {"summary": "Ma\x00il"}}
    send(client, "/alertmanager", message)
    context = {"NOTIFICATIONTYPE": "PROBLEM", "HOSTNAME": "mail\x0001", "HOSTSTATE": "DOWN"}
    send(client, "/checkmk", context)
    assert [(one.external_key, one.title) for one in standing(services)] == [
        ("disk", "Disk [1mfull"),
        ("abc", "Mail"),
        ("mail01/", "mail01"),
    ]


@pytest.mark.parametrize("word", ["Bearer", "bearer", "BEARER"])
def test_the_key_counts_however_its_word_is_written(app: Any, word: str) -> None:
    headers = {"Authorization": f"{word} {SECRET}"}
    answer = app.test_client().post(ADDRESS, data=json.dumps(ALERT), headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "given", [SECRET, f"Basic {SECRET}", f"Bearer{SECRET}", "Bearer", "Bearer "]
)
def test_the_key_counts_as_a_bearer_token_only(app: Any, given: str) -> None:
    headers = {"Authorization": given}
    answer = app.test_client().post(ADDRESS, data=json.dumps(ALERT), headers=headers)
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["", "/alertmanager", "/checkmk"])
def test_nobody_gets_in_without_the_key(app: Any, services: Services, path: str) -> None:
    client = app.test_client()
    assert client.post(ADDRESS + path, data=b"{}").status_code == 401
    assert send(client, path, ALERT, secret="wrong").status_code == 401
    assert standing(services) == ()


@pytest.mark.parametrize("path", ["", "/alertmanager"])
def test_an_unreadable_alert_is_refused(app: Any, path: str) -> None:
    assert send(app.test_client(), path, {"alerts": "none"}).status_code == 422
    assert send(app.test_client(), path, []).status_code == 422


def test_without_a_key_there_is_no_way_in(settings: Settings, services: Services) -> None:
    closed = settings.model_copy(update={"alerts_secret": None})
    other = Services(
        closed,
        services.clock,
        services.engine,
        services.reports,
        services.database,
        services.passwords,
    )
    assert send(create_app(closed, other).test_client(), "", ALERT).status_code == 404


def test_the_figures_tell_tools_and_outages(app: Any, services: Services) -> None:
    with services.database.write() as connection:
        tools = [tool("mail"), tool("old", paused=True)]
        store.sync(connection, tools, services.clock.now())
        found = Found((), services.clock.now(), 0.1, np.zeros(4, dtype=np.float32), 0.3)
        surges_store.add(connection, "fake", Told("Mail", ""), found)
    client = app.test_client()
    send(client, "", ALERT)
    figures = client.get("/metrics").text
    assert 'kb_assist_tools{health="unknown"} 1.0' in figures
    assert "kb_assist_outages_open 1.0" in figures
    assert "kb_assist_surges_open 1.0" in figures
