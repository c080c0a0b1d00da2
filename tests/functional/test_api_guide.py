"""The examples of docs/api.md, run in their order against a server."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from kb_assist.auth import tokens
from kb_assist.auth.model import Role, Scope
from kb_assist.auth.tokens import TokenRequest
from kb_assist.bootstrap import Services
from tests.functional.conftest import sign_in_client

GUIDE = Path(__file__).parents[2] / "docs/api.md"
_BLOCK = re.compile(r"```(bash|json)\n(.*?)```", re.DOTALL)


def test_every_example_answers_as_the_guide_says(
    client: FlaskClient, app: Any, services: Services
) -> None:
    user = sign_in_client(client, services, Role.ADMIN)
    wanted = TokenRequest("guide", frozenset(Scope), 1)
    with services.database.write() as connection:
        made = tokens.create(connection, user, wanted, at=services.clock.now())
    fresh = app.test_client()
    asked, answer = 0, None
    for kind, block in _BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        if kind == "json":
            _assert_like(json.loads(block), answer)
            continue
        for line in block.splitlines():
            if not line.startswith("curl"):
                continue
            response = _run(fresh, line.replace("$TOKEN", made.secret))
            answer = response.get_json(silent=True)
            asked += 1
            # One example shows a refusal, on purpose.
            refused = '"query": ""' in line
            assert (response.status_code < 400) is not refused, (line, response.text)

    assert asked >= 10


def _run(client: FlaskClient, line: str) -> Any:
    """What curl would send."""
    words = shlex.split(line.replace("$KB", ""))[1:]
    method, headers, body, address = "GET", {}, None, ""
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "--json":
            body = json.loads(words.pop(0))
            method = "POST" if method == "GET" else method
        else:
            address = word
    return client.open(address, method=method, headers=headers, json=body)


def _assert_like(shown: Any, given: Any) -> None:
    """The answer has at least what is shown; ``…`` stands for any value."""
    if isinstance(shown, dict):
        for name, value in shown.items():
            _assert_like(value, given[name])
    elif isinstance(shown, list):
        assert len(given) >= len(shown)
        for one, other in zip(shown, given, strict=False):
            _assert_like(one, other)
    elif shown != "…":
        assert given == shown
