"""``kb-assist users`` and what ``serve`` says about accounts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kb_assist.auth.passwords import Passwords
from kb_assist.auth.sign_in import SignedIn, sign_in
from kb_assist.bootstrap import build_services, open_database
from kb_assist.cli import serve, users
from kb_assist.cli.main import cli
from kb_assist.clock import SystemClock
from kb_assist.settings import Settings, load_settings

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, passwords: Passwords) -> Run:
    monkeypatch.setenv("KB_ASSIST_VAR", str(tmp_path / "var"))
    monkeypatch.setattr(users, "Passwords", lambda: passwords)

    def invoke(*arguments: str, text: str | None = None) -> Result:
        return CliRunner().invoke(cli, ["users", *arguments], input=text)

    return invoke


def can_sign_in(login: str, password: str, passwords: Passwords) -> bool:
    database = open_database(load_settings())
    result = sign_in(database, passwords, login=login, password=password, at=SystemClock().now())
    database.close()
    return isinstance(result, SignedIn)


def listed(run: Run) -> dict[str, dict[str, object]]:
    return {user["login"]: user for user in json.loads(run("list", "--json").stdout)["users"]}


def test_an_account_is_created_with_its_groups(run: Run, passwords: Passwords) -> None:
    result = run(
        *"add Lena.L1 --name Lena --role l1_agent --group Desk --password-stdin".split(),
        text="a long sentence\n",
    )

    assert result.exit_code == 0, result.output
    assert "a long sentence" not in result.output
    assert can_sign_in("lena.l1", "a long sentence", passwords)
    assert listed(run)["lena.l1"]["groups"] == ["Desk"]


def test_a_generated_password_is_printed_and_works(run: Run, passwords: Passwords) -> None:
    printed = run("add", "admin", "--role", "admin", "--generate").stdout
    password = re.findall(r"(?:\w{4}-){3}\w{4}", printed)[0]

    assert can_sign_in("admin", password, passwords)


def test_a_refused_account_says_every_reason(run: Run) -> None:
    result = run("add", "a b", "--password-stdin", text="short\n")

    assert result.exit_code == 4
    assert "a login is letters" in result.stderr
    assert "at least 10 characters" in result.stderr
    assert listed(run) == {}


def test_a_new_password_replaces_the_old_one(run: Run, passwords: Passwords) -> None:
    run("add", "lena", "--password-stdin", text="a long sentence\n")
    run("password", "lena", "--password-stdin", text="another sentence\n")

    assert not can_sign_in("lena", "a long sentence", passwords)
    assert can_sign_in("lena", "another sentence", passwords)


def test_an_account_is_disabled_and_enabled(run: Run, passwords: Passwords) -> None:
    run("add", "lena", "--password-stdin", text="a long sentence\n")
    run("disable", "lena")
    shut = can_sign_in("lena", "a long sentence", passwords)
    run("enable", "lena")

    assert not shut
    assert can_sign_in("lena", "a long sentence", passwords)
    assert "lena" in run("list").stdout


def test_the_last_administrator_cannot_be_lost(run: Run) -> None:
    run("add", "admin", "--role", "admin", "--generate")

    assert "last active administrator" in run("disable", "admin").stderr
    assert "last active administrator" in run("role", "admin", "l1_agent").stderr
    run("add", "other", "--role", "admin", "--generate")
    assert run("role", "admin", "l1_agent").exit_code == 0
    assert listed(run)["admin"]["role"] == "l1_agent"


def test_an_unknown_account_is_named(run: Run) -> None:
    result = run("disable", "nobody")

    assert result.exit_code == 1
    assert "nobody" in result.stderr


def test_demo_accounts_are_shown_once(run: Run, passwords: Passwords) -> None:
    first, again = run("demo"), run("demo")
    password = re.findall(r"(?:\w{4}-){3}\w{4}", first.stdout)[0]

    assert can_sign_in("lena.l1", password, passwords)
    assert password not in again.stdout
    assert "exist already" in again.stdout
    assert len(listed(run)) == 8


def test_serve_says_who_can_sign_in(run: Run, settings: Settings) -> None:
    run("list")
    services = build_services(load_settings())
    empty = serve._accounts(services, demo=False)
    first = serve._accounts(services, demo=True)
    later = serve._accounts(services, demo=True)
    services.database.close()

    assert "kb-assist users add" in empty
    assert "lena.l1" in first
    assert "password" in first
    assert "lena.l1" in later
    assert "--generate" in later
