"""``kb-assist users``: accounts from the command line."""

from __future__ import annotations

import sys
from typing import Any

import click
from sqlalchemy import Connection

from kb_assist.auth import accounts, store
from kb_assist.auth.accounts import NewAccount, PasswordReset
from kb_assist.auth.demo import DemoAccounts, create_demo_accounts, readable_password
from kb_assist.auth.model import AccountFault, Refused, Role, SupportLevel, User
from kb_assist.auth.passwords import SHORTEST, Passwords
from kb_assist.bootstrap import open_database, prepare_database
from kb_assist.cli.options import json_option
from kb_assist.cli.output import heading, print_json
from kb_assist.clock import SystemClock
from kb_assist.errors import InputError, NotFoundError
from kb_assist.settings import load_settings
from kb_assist.storage.db import Database

_ROLES = [role.value for role in Role]
_WORDS = {
    AccountFault.LOGIN_INVALID: "a login is letters, digits and . _ - @ +, at most 100",
    AccountFault.LOGIN_TAKEN: "the login is taken",
    AccountFault.NAME_MISSING: "the name is missing",
    AccountFault.EMAIL_INVALID: "this is no e-mail address",
    AccountFault.PASSWORD_SHORT: f"the password needs at least {SHORTEST} characters",
    AccountFault.PASSWORD_LONG: "the password may have at most 200 characters",
    AccountFault.PASSWORD_COMMON: "the password is too easy to guess",
    AccountFault.LAST_ADMIN: "this is the last active administrator",
}


def password_options(command: Any) -> Any:
    for option in (
        click.option("--generate", is_flag=True, help="Make a password and print it once."),
        click.option("--password-stdin", is_flag=True, help="Read it from standard input."),
    ):
        command = option(command)
    return command


@click.group()
def users() -> None:
    """Accounts: who may sign in, and as what."""


@users.command("add")
@click.argument("login")
@click.option("--name", help="As others see it; default: the login.")
@click.option("--email", default="", help="E-mail address.")
@click.option("--role", type=click.Choice(_ROLES), default=Role.L1_AGENT.value, show_default=True)
@click.option("--group", "groups", multiple=True, help="Support group; can be given repeatedly.")
@password_options
def add(
    login: str, name: str | None, email: str, role: str, groups: tuple[str, ...], **how: bool
) -> None:
    """Create an account. Groups that do not exist yet are created at the role's level."""
    password = _new_password(**how)
    database = _opened()
    with database.write() as connection:
        level = {Role.L1_AGENT: SupportLevel.L1, Role.L3_AGENT: SupportLevel.L3}
        of_role = level.get(Role(role), SupportLevel.L2)
        ids = tuple(store.ensure_group(connection, group, of_role).id for group in groups)
        new = NewAccount(login, name or login, Role(role), email, ids, password)
        made = accounts.create(connection, Passwords(), new, at=SystemClock().now())
        _insist(made)
    click.echo(f"{login} can sign in as {role}.")
    _show_once(password, **how)


@users.command("list")
@json_option
def show(as_json: bool) -> None:
    """List all accounts."""
    with _opened().read() as connection:
        everybody = store.all_users(connection)
    if as_json:
        print_json({"users": [_as_json(user) for user in everybody]})
        return
    for user in everybody:
        state = "" if user.active else click.style("  disabled", fg="yellow")
        groups = ", ".join(group.name for group in user.groups)
        click.echo(f"{user.login:<24} {user.role:<14} {user.display_name:<24} {groups}{state}")


@users.command("password")
@click.argument("login")
@password_options
def password(login: str, **how: bool) -> None:
    """Set a new password; ends all sessions and a lock."""
    new = _new_password(**how)
    with _opened().write() as connection:
        user = _existing(connection, login)
        reset = PasswordReset(new)
        _insist(accounts.set_password(connection, Passwords(), user, reset, at=SystemClock().now()))
    click.echo(f"{login} has a new password and is signed out everywhere.")
    _show_once(new, **how)


@users.command("disable")
@click.argument("login")
def disable(login: str) -> None:
    """Shut an account: sessions end, tokens stop working, what it did stays."""
    with _opened().write() as connection:
        user = _existing(connection, login)
        _insist(accounts.disable(connection, user, at=SystemClock().now()))
    click.echo(f"{login} cannot sign in any more.")


@users.command("enable")
@click.argument("login")
def enable(login: str) -> None:
    """Open an account again; also ends a lock after wrong passwords."""
    with _opened().write() as connection:
        accounts.enable(connection, _existing(connection, login), at=SystemClock().now())
    click.echo(f"{login} can sign in again.")


@users.command("role")
@click.argument("login")
@click.argument("role", type=click.Choice(_ROLES))
def role(login: str, role: str) -> None:
    """Give an account another role; it counts from the next request on."""
    with _opened().write() as connection:
        user = _existing(connection, login)
        _insist(accounts.set_role(connection, user, Role(role), at=SystemClock().now()))
    click.echo(f"{login} is {role} now.")


@users.command("demo")
def demo() -> None:
    """Create invented people of every role, to try kb-assist with; existing ones stay."""
    made = make_demo(_opened())
    click.echo(demo_text(made) or "The demo accounts exist already; nothing is changed.")


def make_demo(database: Database) -> DemoAccounts:
    with database.write() as connection:
        return create_demo_accounts(connection, Passwords(), at=SystemClock().now())


def demo_text(made: DemoAccounts) -> str:
    """The sign-ins of created demo accounts, to be shown once; empty when none was created."""
    if made.password is None:
        return ""
    people = [f"  {user.login:<14} {user.role:<14} {user.display_name}" for user in made.created]
    return "\n".join(
        [
            heading("Demo accounts, all with the password ")
            + click.style(made.password, bold=True),
            *people,
            "It is shown this once. Another: kb-assist users password LOGIN --generate",
        ]
    )


def _opened() -> Database:
    database = open_database(load_settings())
    prepare_database(database)
    return database


def _new_password(*, generate: bool, password_stdin: bool) -> str:
    if generate:
        return readable_password()
    if password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _show_once(password: str, *, generate: bool, **_: bool) -> None:
    if generate:
        click.echo(f"Password, shown this once: {password}")


def _existing(connection: Connection, login: str) -> User:
    found = store.user_by_login(connection, login)
    if found is None:
        raise NotFoundError(f"There is no account {login}.", remedy="See: kb-assist users list")
    return found


def _insist(result: object) -> None:
    """Raises InputError when a use case refused."""
    if isinstance(result, Refused):
        reasons = "; ".join(_WORDS.get(fault, fault.value) for fault in result.faults)
        raise InputError(f"Nothing is changed: {reasons}.")


def _as_json(user: User) -> dict[str, Any]:
    return {
        "login": user.login,
        "display_name": user.display_name,
        "email": user.email,
        "role": user.role.value,
        "groups": [group.name for group in user.groups],
        "active": user.active,
    }
