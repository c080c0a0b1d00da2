"""The JSON interface of tickets."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from kb_assist.auth.model import Role, SupportLevel
from kb_assist.auth.store import ensure_group
from kb_assist.bootstrap import Services
from tests.functional.conftest import SignInAs

VPN = {"subject": "VPN", "body": "The VPN shows error 809 and no connection.", "urgency": 1}
FIXED = {"verb": "resolve", "resolution_code": "fixed", "resolution_text": "UDP 4500 opened."}


def _create(client: FlaskClient, **fields: Any) -> Any:
    return client.post("/api/v1/tickets", json=VPN | fields).get_json()


def _move(client: FlaskClient, ticket: Any, **body: Any) -> Any:
    return client.post(f"/api/v1/tickets/{ticket['id']}/transitions", json=body)


@pytest.fixture
def network(services: Services) -> int:
    with services.database.write() as connection:
        return ensure_group(connection, "Netzwerk L3", SupportLevel.L3).id


def test_a_created_ticket_can_be_read_and_listed(client: FlaskClient) -> None:
    made = client.post("/api/v1/tickets", json=VPN)
    read = client.get(made.headers["Location"])
    listed = client.get("/api/v1/tickets?view=unassigned&q=809").get_json()

    assert made.status_code == 201
    assert read.headers["ETag"] == made.headers["ETag"]
    assert read.get_json()["priority"] == 3
    assert "resolve" in [action["verb"] for action in read.get_json()["actions"]]
    assert [ticket["id"] for ticket in listed["tickets"]] == [made.get_json()["id"]]


def test_creating_twice_with_an_external_id_answers_with_the_first(client: FlaskClient) -> None:
    body = VPN | {"source": "shop", "external_id": "4711"}
    first = client.post("/api/v1/tickets", json=body)
    second = client.post("/api/v1/tickets", json=body)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.get_json()["id"] == second.get_json()["id"]


def test_pages_follow_each_other(client: FlaskClient) -> None:
    made = [_create(client)["id"] for _ in range(5)]
    first = client.get("/api/v1/tickets?order=oldest&limit=3").get_json()
    second = client.get(
        f"/api/v1/tickets?order=oldest&limit=3&cursor={first['next_cursor']}"
    ).get_json()

    assert [t["id"] for t in first["tickets"] + second["tickets"]] == made
    assert second["next_cursor"] is None


def test_a_stale_etag_is_refused_and_shows_what_happened(client: FlaskClient) -> None:
    ticket = _create(client)
    address = f"/api/v1/tickets/{ticket['id']}"
    etag = client.get(address).headers["ETag"]
    first = client.patch(address, json={"product": "VPN"}, headers={"If-Match": etag})
    second = client.patch(address, json={"product": "Netz"}, headers={"If-Match": etag})

    assert (first.status_code, second.status_code) == (200, 412)
    problem = second.get_json()
    assert problem["code"] == "ticket_changed"
    assert problem["ticket"]["product"] == "VPN"
    assert problem["changes"][0]["after"] == {"product": "VPN"}
    assert second.headers["ETag"] == first.headers["ETag"]


def test_a_refused_move_says_what_is_missing(client: FlaskClient) -> None:
    ticket = _create(client)
    refused = _move(client, ticket, verb="resolve")
    resolved = _move(client, ticket, **FIXED)

    assert refused.status_code == 409
    assert refused.content_type == "application/problem+json"
    assert refused.get_json()["refused"]["missing"] == ["resolution_code", "resolution_text"]
    assert resolved.get_json()["state"] == "resolved"


def test_a_bulk_move_answers_for_each_ticket(client: FlaskClient) -> None:
    one, two = _create(client), _create(client)
    body = FIXED | {"tickets": [{"id": one["id"]}, {"id": two["id"], "version": 9}, {"id": 999}]}
    results = client.post("/api/v1/tickets/transitions", json=body).get_json()["results"]

    assert [result["result"] for result in results] == ["saved", "changed", "unknown"]


def test_comments_and_events_tell_the_story(client: FlaskClient) -> None:
    ticket = _create(client)
    address = f"/api/v1/tickets/{ticket['id']}"
    written = client.post(f"{address}/comments", json={"kind": "agent", "body": "Hello"})
    comments = client.get(f"{address}/comments").get_json()["comments"]
    events = client.get(f"{address}/events").get_json()["events"]

    assert (written.status_code, written.get_json()["author"]) == (201, "Lena Beispiel")
    assert [one["body"] for one in comments] == ["Hello"]
    assert [event["kind"] for event in events] == ["created", "commented"]
    assert client.get(address).get_json()["response"]["state"] == "met"


def test_suggestions_come_with_similar_tickets_and_take_feedback(client: FlaskClient) -> None:
    earlier = _create(client)
    _move(client, earlier, **FIXED)
    ticket = _create(client)
    address = f"/api/v1/tickets/{ticket['id']}"
    answer = client.get(f"{address}/suggestions").get_json()
    body = {"kind": "solved", "subject_id": "KB-3", "rank": 1}
    told = client.post(f"{address}/feedback", json=body)
    links = client.get(f"{address}/links").get_json()

    assert answer["suggestions"][0]["article"]["id"] == "KB-3"
    assert answer["similar"][0]["resolution_text"] == "UDP 4500 opened."
    assert told.status_code == 204
    assert [(a["article_id"], a["role"]) for a in links["articles"]] == [("KB-3", "solved")]


def test_links_are_made_and_taken_away(client: FlaskClient) -> None:
    one, two = _create(client), _create(client)
    address = f"/api/v1/tickets/{one['id']}/links"
    body = {"ticket": {"ticket_id": two["id"], "relation": "child_of"}}
    back = {"ticket": {"ticket_id": one["id"], "relation": "child_of"}}
    made = client.post(address, json=body)
    circle = client.post(f"/api/v1/tickets/{two['id']}/links", json=back)
    unknown = client.post(address, json={"article": {"article_id": "KB-99"}})

    assert (made.status_code, circle.status_code, unknown.status_code) == (204, 409, 404)
    assert client.get(address).get_json()["tickets"][0]["number"] == two["number"]
    assert client.delete(address, json=body).status_code == 204
    assert client.delete(address, json=body).status_code == 404
    assert client.post(address, json={}).status_code == 422


def test_a_hand_over_goes_to_l3_back_and_again(
    client: FlaskClient, sign_in_as: SignInAs, network: int
) -> None:
    third = sign_in_as(Role.L3_AGENT)
    ticket = _create(client)
    address = f"/api/v1/tickets/{ticket['id']}"
    incomplete = client.post(f"{address}/escalations", json={"group_id": network})
    missing = incomplete.get_json()["refused"]["missing"]
    for key in missing:
        client.put(f"{address}/dossier", json={"key": key, "value": f"known: {key}"})
    dossier = client.get(f"{address}/dossier?group_id={network}").get_json()
    gone = client.post(f"{address}/escalations", json={"group_id": network})
    forbidden = client.post(f"{address}/escalations/accept", json={})
    returned = third.post(
        f"{address}/escalations/return", json={"reason": "Which port?", "faulty_items": ["site"]}
    )
    client.post(f"{address}/escalations", json={"group_id": network})
    accepted = third.post(f"{address}/escalations/accept", json={})
    kept = client.get(f"{address}/escalations").get_json()["escalations"]

    assert incomplete.status_code == 409
    assert dossier["complete"] is True
    assert (gone.status_code, gone.get_json()["state"]) == (201, "escalated")
    assert forbidden.status_code == 403
    assert (returned.get_json()["state"], returned.get_json()["level"]) == ("assigned", "l1")
    assert accepted.get_json()["state"] == "in_progress"
    assert [one["outcome"] for one in kept] == ["returned", "accepted"]
    assert kept[0]["faulty_items"] == ["site"]


def test_a_dossier_can_be_read_as_markdown(client: FlaskClient, network: int) -> None:
    ticket = _create(client)
    address = f"/api/v1/tickets/{ticket['id']}/dossier?group_id={network}"
    text = client.get(address, headers={"Accept": "text/markdown"})

    assert text.mimetype == "text/markdown"
    assert text.get_data(as_text=True).startswith(f"# {ticket['number']}: VPN")


def test_records_are_planned_imported_and_found(client: FlaskClient, sign_in_as: SignInAs) -> None:
    admin = sign_in_as(Role.ADMIN)
    body = {"csv": "key,name,kind\nNB-0377,Notebook,notebook\n"}
    plan = admin.post("/api/v1/cis/import", json=body).get_json()
    nothing = client.get("/api/v1/cis?q=nb-03").get_json()["records"]
    admin.post("/api/v1/cis/import", json=body | {"dry_run": False})
    (found,) = client.get("/api/v1/cis?q=nb-03").get_json()["records"]
    whole = client.get(f"/api/v1/cis/{found['id']}").get_json()

    assert (plan["created"], plan["applied"], nothing) == (["NB-0377"], False, [])
    assert (whole["key"], whole["recent_tickets"]) == ("NB-0377", [])


def test_queues_are_counted(client: FlaskClient) -> None:
    _create(client)

    assert client.get("/api/v1/queues").get_json()["unassigned"] == {"count": 1, "is_more": False}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("tickets", {}, 422),
        ("tickets", {"subject": "x", "impact": 4}, 422),
        ("tickets", {"subject": "x", "group_id": 99}, 404),
        ("tickets", {"subject": "x", "assignee_id": 99}, 404),
        ("tickets", {"subject": "x", "client_id": 99}, 404),
        ("tickets/999/comments", {"body": "x"}, 404),
        ("tickets/999/transitions", {"verb": "start"}, 404),
        ("tickets/999/escalations", {"group_id": 1}, 404),
        ("tickets/99999999999999999999/comments", {"body": "x"}, 404),
    ],
)
def test_what_cannot_be_done_is_a_problem_document(
    client: FlaskClient, path: str, body: Any, status: int
) -> None:
    response = client.post(f"/api/v1/{path}", json=body)

    assert response.status_code == status
    assert response.content_type == "application/problem+json"
