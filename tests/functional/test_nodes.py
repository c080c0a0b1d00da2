"""A web node among others: its name, its proxies, its log, and its end."""

from __future__ import annotations

import http.client
import json
import logging
import re
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import request
from flask.testing import FlaskClient

from bench.balancer import Balancer
from bench.processes import SERVE, Node, status
from kb_assist.app import create_app
from kb_assist.auth.model import Role
from kb_assist.bootstrap import Services
from kb_assist.edge import draining
from kb_assist.edge.logs import JsonLines
from kb_assist.settings import Settings
from tests.functional.conftest import sign_in_client

JSON = {"Content-Type": "application/json"}
GUNICORN = ("-m", "gunicorn", "-c", "deploy/gunicorn.conf.py")


def _client(settings: Settings, services: Services, **changed: Any) -> FlaskClient:
    told = settings.model_copy(update=changed)
    made: FlaskClient = create_app(told, replace(services, settings=told)).test_client()
    return made


def test_an_id_that_was_sent_comes_back_in_the_answer_and_in_the_problem(
    anonymous: FlaskClient,
) -> None:
    sent = {"X-Request-ID": "proxy-0123456789"}
    answer = anonymous.get("/api/v1/tickets", headers=sent)

    assert answer.headers["X-Request-ID"] == "proxy-0123456789"
    assert answer.get_json()["request_id"] == "proxy-0123456789"


@pytest.mark.parametrize("sent", ["short", "x" * 65, "two words 123", "a{b}c<d>e", ""])
def test_an_id_that_is_not_well_formed_is_replaced(anonymous: FlaskClient, sent: str) -> None:
    made = anonymous.get("/healthz", headers={"X-Request-ID": sent}).headers["X-Request-ID"]

    assert made != sent
    assert len(made) == 32


def test_lines_name_request_and_node_and_no_address_that_could_hold_a_secret(
    settings: Settings, services: Services, indexed: None, caplog: pytest.LogCaptureFixture
) -> None:
    client = _client(settings, services, log_format="json", node_name="web-1")
    lines = []
    formatter = JsonLines("web-1")
    with caplog.at_level(logging.INFO, "kb_assist.requests"):
        handler = logging.Handler()
        handler.emit = lambda record: lines.append(json.loads(formatter.format(record)))  # type: ignore[method-assign]
        logging.getLogger("kb_assist.requests").addHandler(handler)
        try:
            client.get("/g/secret-token?q=secret", headers={"X-Request-ID": "id-12345678"})
        finally:
            logging.getLogger("kb_assist.requests").removeHandler(handler)
    (line,) = lines

    assert (line["node"], line["request_id"]) == ("web-1", "id-12345678")
    assert (line["method"], line["route"], line["status"]) == ("GET", "/g/<token>", 404)
    assert "secret" not in json.dumps(line)


def test_what_proxies_say_is_believed_only_where_the_setting_says_so(
    settings: Settings, services: Services, indexed: None
) -> None:
    said = {
        "X-Forwarded-For": "10.0.0.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "kb.example",
    }
    seen = {}
    for hops in (0, 1):
        client = _client(settings, services, proxies=hops)
        with client:
            client.get("/healthz", headers=said)
            seen[hops] = (request.remote_addr, request.host_url)

    assert seen == {0: ("127.0.0.1", "http://localhost/"), 1: ("10.0.0.7", "https://kb.example/")}


def test_a_draining_node_says_so_and_goes_on_serving(app: Any, anonymous: FlaskClient) -> None:
    before = anonymous.get("/readyz")
    draining.of(app).begin()
    after = anonymous.get("/readyz")

    assert (before.status_code, after.status_code) == (200, 503)
    assert after.get_json()["status"] == "stopping"
    assert anonymous.get("/sign-in").status_code == 200
    assert draining.of(app).in_hand == 0


def test_figures_name_their_node(settings: Settings, services: Services, indexed: None) -> None:
    client = _client(settings, services, node_name="web-7")

    assert 'kb_assist_node_info{node="web-7"} 1.0' in client.get("/metrics").text
    assert client.get("/readyz").get_json()["node"] == "web-7"


@pytest.mark.parametrize("served_database", ["postgresql"], indirect=True)
def test_who_signs_in_at_one_node_is_known_to_the_others_and_may_send_its_forms(
    settings: Settings, services: Services, tmp_path: Path
) -> None:
    one = _client(settings, services, var=tmp_path / "one")
    two = _client(settings, services, var=tmp_path / "two")
    sign_in_client(one, services, Role.L2_AGENT)
    form = re.search(r'name="csrf_token" value="([^"]+)"', one.get("/account").text)
    cookie = one.get_cookie("kb_assist")
    assert form is not None
    assert cookie is not None
    two.set_cookie("kb_assist", cookie.value)
    sent = two.post("/preferences", data={"csrf_token": form.group(1), "language": "de"})
    forged = two.post("/preferences", data={"csrf_token": "x", "language": "de"})

    assert two.get("/account").status_code == 200
    assert (sent.status_code, forged.status_code) == (302, 400)


@pytest.fixture
def nodes(settings: Settings, services: Services, indexed: None, tmp_path: Path) -> Any:
    """One by `kb-assist serve`, one by gunicorn, on one database; without a model."""
    shared = {
        "KB_ASSIST_VAR": str(settings.var),
        "KB_ASSIST_ARTICLES": str(settings.articles),
        "KB_ASSIST_MODEL": str(tmp_path / "no-model"),
        "KB_ASSIST_SIGN_IN": "off",
        "KB_ASSIST_DRAIN_SECONDS": "1",
        "KB_ASSIST_CONFIG": str(tmp_path / "absent.toml"),
    }
    made = [
        Node(name, shared, tmp_path / f"{name}.log", command)
        for name, command in (("serve", SERVE), ("gunicorn", GUNICORN))
    ]
    try:
        for node in made:
            node.start()
        for node in made:
            node.wait()
        yield made
    finally:
        for node in made:
            node.end()


def test_restarting_one_node_after_the_other_fails_no_request(nodes: list[Node]) -> None:
    statuses: list[int] = []
    stop = threading.Event()

    def ask(port: int) -> None:
        while not stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            words = json.dumps({"query": "vpn error 809"})
            connection.request(
                "POST", "/api/v1/search", words, {"Content-Type": "application/json"}
            )
            statuses.append(connection.getresponse().status)
            connection.close()

    with Balancer([node.port for node in nodes]) as balancer:
        balancer.wait(2)
        threads = [threading.Thread(target=ask, args=(balancer.port,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        codes = []
        for node in nodes:
            codes.append(node.terminate())
            node.start()
            node.wait()
            balancer.wait(2)
        stop.set()
        for thread in threads:
            thread.join()

    assert codes == [0, 0]
    assert set(statuses) == {200}


def test_a_node_of_gunicorn_refuses_connections_before_it_can_answer(nodes: list[Node]) -> None:
    node = nodes[1]
    node.terminate()
    node.log.write_text("", encoding="utf-8")
    node.start()
    while "Listening at" not in node.log.read_text(encoding="utf-8"):
        time.sleep(0.05)
    time.sleep(0.2)

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", node.port), timeout=5)
    node.wait()
    assert status(node.port, "/healthz") == 200
