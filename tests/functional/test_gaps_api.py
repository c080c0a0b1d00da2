"""The JSON interface of gaps."""

from __future__ import annotations

from kb_assist.auth.model import Role
from kb_assist.gaps import store
from kb_assist.gaps.model import Finding
from kb_assist.storage.db import Database
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.model import SYSTEM, Draft
from kb_assist.tickets.targets import Policy
from tests.functional.conftest import SignInAs
from tests.tickets.builders import MONDAY


def _stored(database: Database) -> int:
    """A gap with two tickets that the article about error 809 answers."""
    with database.write() as connection:
        desk = Desk(connection, SYSTEM, MONDAY, Policy())
        ids = [
            create(desk, Draft(subject=subject, body="", language="en")).ticket.id
            for subject in ("VPN error 809", "error 809 no VPN connection")
        ]
        return store.add(connection, Finding(frozenset(ids), {"title": "VPN 809"}), MONDAY)


def test_an_owner_accepts_proves_and_verifies_a_gap(
    sign_in_as: SignInAs, served_database: Database, indexed: None
) -> None:
    gap = _stored(served_database)
    client = sign_in_as(Role.CONTENT_OWNER)
    address = f"/api/v1/gaps/{gap}"
    early = client.post(f"{address}/decision", json={"state": "verified"})
    client.post(f"{address}/decision", json={"state": "published", "article": "KB-3"})
    proof = client.post(f"{address}/proof", json={"article": "KB-3"}).get_json()["proof"]
    verified = client.post(f"{address}/decision", json={"state": "verified"})

    assert (early.status_code, early.get_json()["code"]) == (409, "proof_missing")
    assert (proof["first"], proof["tickets"]) == (2, 2)
    assert verified.get_json()["state"] == "verified"


def test_the_list_names_gaps_and_every_escalation_label(
    sign_in_as: SignInAs, served_database: Database
) -> None:
    gap = _stored(served_database)
    found = sign_in_as(Role.CONTENT_OWNER).get("/api/v1/gaps").get_json()

    assert [one["id"] for one in found["gaps"]] == [gap]
    assert set(found["escalations"]) == {
        "no_article",
        "not_found",
        "not_opened",
        "failed",
        "rightly_l2",
    }


def test_first_level_sees_no_gaps(sign_in_as: SignInAs) -> None:
    assert sign_in_as(Role.L1_AGENT).get("/api/v1/gaps").status_code == 403


def test_a_thin_gap_is_drafted_once_its_questions_are_answered(
    sign_in_as: SignInAs, served_database: Database, indexed: None
) -> None:
    gap = _stored(served_database)
    client = sign_in_as(Role.CONTENT_OWNER)
    address = f"/api/v1/gaps/{gap}/draft"
    refused = client.post(address, json={})
    answers = {"cause": "UDP 4500 is blocked.", "fix": "Open it on the router."}
    shown = client.post(address, json={"answers": answers, "dry_run": True}).get_json()
    saved = client.post(address, json={"answers": answers}).get_json()
    again = client.post(address, json={"answers": answers})

    assert (refused.status_code, refused.get_json()["code"]) == (409, "too_thin")
    assert {one["role"] for one in refused.get_json()["errors"]} == {
        "cause",
        "diagnosed",
        "fix",
        "verified",
    }
    assert "Open it on the router." in shown["text"]
    assert (saved["saved"], saved["path"]) == ("file", "new/vpn-809.md")
    assert (again.status_code, again.get_json()["code"]) == (409, "draft_exists")
    assert client.get(f"/api/v1/gaps/{gap}").get_json()["article"] == "new/vpn-809"


def _two(database: Database) -> tuple[int, int]:
    with database.write() as connection:
        desk = Desk(connection, SYSTEM, MONDAY, Policy())
        ids = [
            create(desk, Draft(subject=f"Lamp {number}", body="", language="en")).ticket.id
            for number in range(4)
        ]
        return (
            store.add(connection, Finding(frozenset(ids[:2]), {"title": "Lamp"}), MONDAY),
            store.add(connection, Finding(frozenset(ids[2:]), {"title": "Dark"}), MONDAY),
        )


def test_an_owner_names_merges_splits_and_comments(
    sign_in_as: SignInAs, served_database: Database
) -> None:
    one, other = _two(served_database)
    client = sign_in_as(Role.CONTENT_OWNER)
    named = client.put(f"/api/v1/gaps/{one}/title", json={"title": "Projector"}).get_json()
    merged = client.post(f"/api/v1/gaps/{other}/merge", json={"into": one}).get_json()
    again = client.post(f"/api/v1/gaps/{other}/merge", json={"into": one})
    tickets = [int(number[2:]) for number in merged["ticket_numbers"]]
    part = client.post(f"/api/v1/gaps/{one}/split", json={"tickets": tickets[:1]}).get_json()
    client.post(f"/api/v1/gaps/{one}/comments", json={"text": "Ask the caretaker."})
    history = client.get(f"/api/v1/gaps/{one}").get_json()["history"]

    assert (named["title"], merged["id"], len(tickets)) == ("Projector", one, 4)
    assert (again.status_code, again.get_json()["code"]) == (409, "not_arranged_merged")
    assert len(part["ticket_numbers"]) == 1
    assert [event["kind"] for event in history] == ["renamed", "merged", "split", "commented"]


def test_several_gaps_are_decided_in_one_request(
    sign_in_as: SignInAs, served_database: Database
) -> None:
    one, other = _two(served_database)
    client = sign_in_as(Role.CONTENT_OWNER)
    body = {"gaps": [one, other], "state": "dismissed"}
    refused = client.post("/api/v1/gaps/decisions", json=body).get_json()
    done = client.post("/api/v1/gaps/decisions", json=body | {"reason": "Old"}).get_json()

    assert refused == {"decided": [], "refused": {str(one): "reason", str(other): "reason"}}
    assert [gap["state"] for gap in done["decided"]] == ["dismissed", "dismissed"]


def test_the_digest_names_what_is_overdue(sign_in_as: SignInAs, served_database: Database) -> None:
    one, _ = _two(served_database)
    client = sign_in_as(Role.CONTENT_OWNER)
    body = {"state": "accepted", "due": "2026-10-30"}
    client.post(f"/api/v1/gaps/{one}/decision", json=body)
    found = client.get("/api/v1/gaps/digest").get_json()

    assert [gap["id"] for gap in found["overdue"]] == [one]


def test_health_is_told_with_its_evidence_and_only_to_those_who_read_gaps(
    sign_in_as: SignInAs, indexed: None
) -> None:
    owner = sign_in_as(Role.CONTENT_OWNER)
    found = owner.get("/api/v1/health").get_json()
    one = owner.get("/api/v1/health/KB-1").get_json()

    assert found["total"] == len(found["health"]) == 6
    assert one["score"] == 100 - sum(finding["points"] for finding in one["evidence"])
    assert "review_overdue" in {finding["kind"] for finding in one["evidence"]}
    assert owner.get("/api/v1/health/none").status_code == 404
    assert sign_in_as(Role.L1_AGENT).get("/api/v1/health").status_code == 403
