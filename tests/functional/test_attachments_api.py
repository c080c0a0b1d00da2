"""Attachments over HTTP."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture
def address(client: FlaskClient) -> str:
    ticket = client.post("/api/v1/tickets", json={"subject": "VPN"}).get_json()
    return f"/api/v1/tickets/{ticket['id']}/attachments"


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [("a.png", PNG, "inline"), ("a.png", b"<script>", "attachment"), ("a.log", b"x", "attachment")],
)
def test_a_file_comes_back_as_it_was_and_cannot_run(
    client: FlaskClient, address: str, name: str, content: bytes, shown: str
) -> None:
    made = client.post(address, data={"file": (io.BytesIO(content), name)})
    got = client.get(f"{address}/{made.get_json()['id']}")

    assert made.status_code == 201
    assert got.data == content
    got.close()
    assert got.headers["Content-Disposition"].startswith(shown)
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(address).get_json()["attachments"][0]["name"] == name


def test_a_refused_file_says_why(client: FlaskClient, address: str) -> None:
    refused = client.post(address, data={"file": (io.BytesIO(b"MZ"), "a.exe")})

    assert refused.status_code == 422
    assert refused.get_json()["code"] == "attachment_refused"
    assert client.post(address, data={}).status_code == 422


def test_an_attachment_of_another_ticket_is_not_found(client: FlaskClient, address: str) -> None:
    made = client.post(address, data={"file": (io.BytesIO(b"x"), "a.log")}).get_json()
    other = client.post("/api/v1/tickets", json={"subject": "Other"}).get_json()

    assert client.get(f"/api/v1/tickets/{other['id']}/attachments/{made['id']}").status_code == 404
