"""The administrator's pages: everybody's accounts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from kb_assist.auth import accounts, store
from kb_assist.auth.accounts import NewAccount, PasswordReset
from kb_assist.auth.demo import readable_password
from kb_assist.auth.model import Permission, Refused, Role, User
from kb_assist.edge import current
from kb_assist.edge.guards import require
from kb_assist.errors import NotFoundError
from kb_assist.guides import database_store
from kb_assist.ui.account import fault_words

blueprint = Blueprint("accounts", __name__, url_prefix="/admin/accounts")

_EVENTS_SHOWN = 20


@blueprint.get("")
@require(Permission.ACCOUNTS_MANAGE)
def everybody() -> str:
    return _list()


@blueprint.post("")
@require(Permission.ACCOUNTS_MANAGE)
def create() -> Any:
    """Make an account with a generated password, which the next page shows this once."""
    services, admin = current.services(), current.signed_in_user()
    password = readable_password()
    new = NewAccount(
        login=request.form.get("login", ""),
        display_name=request.form.get("name", ""),
        role=_role() or Role.L1_AGENT,
        email=request.form.get("email", ""),
        groups=_groups(),
        password=password,
    )
    with services.database.write() as connection:
        made = accounts.create(
            connection, services.passwords, new, at=services.clock.now(), actor_id=admin.id
        )
    if isinstance(made, Refused):
        return _list(faults=[fault_words(fault) for fault in made.faults], typed=new), 422
    return _edit(made, password=password)


@blueprint.get("/<int:user_id>")
@require(Permission.ACCOUNTS_MANAGE)
def edit(user_id: int) -> str:
    return _edit(_user(user_id))


@blueprint.post("/<int:user_id>")
@require(Permission.ACCOUNTS_MANAGE)
def change(user_id: int) -> Any:
    """Role and groups; both count from the person's next request on."""
    services, user = current.services(), _user(user_id)
    at, admin = services.clock.now(), current.signed_in_user().id
    role, groups = _role() or user.role, _groups()
    with services.database.write() as connection:
        refused = (
            accounts.set_role(connection, user, role, at=at, actor_id=admin)
            if role is not user.role
            else None
        )
        if refused is None:
            store.set_groups(connection, user.id, groups)
    return _done(user, refused, _("The account is changed."))


@blueprint.post("/<int:user_id>/person")
@require(Permission.ACCOUNTS_MANAGE)
def describe(user_id: int) -> Any:
    """Name and e-mail address; the login never changes."""
    services, user = current.services(), _user(user_id)
    with services.database.write() as connection:
        refused = accounts.describe(
            connection,
            user,
            display_name=request.form.get("name", ""),
            email=request.form.get("email", ""),
            at=services.clock.now(),
            actor_id=current.signed_in_user().id,
        )
        _follow_name(connection, user)
    return _done(user, refused, _("The account is changed."))


def _follow_name(connection: Connection, before: User) -> None:
    """Guides know people by their names, which somebody else may have as well."""
    everybody = store.all_users(connection)
    now = next(one.display_name for one in everybody if one.id == before.id)
    if now != before.display_name and before.display_name not in {
        one.display_name for one in everybody
    }:
        database_store.renamed(connection, before.display_name, now)


@blueprint.post("/<int:user_id>/password")
@require(Permission.ACCOUNTS_MANAGE)
def password(user_id: int) -> Any:
    """A new generated password, shown this once; ends the person's sessions and a lock."""
    services, user = current.services(), _user(user_id)
    made = readable_password()
    reset = PasswordReset(made, current.signed_in_user().id)
    with services.database.write() as connection:
        accounts.set_password(connection, services.passwords, user, reset, at=services.clock.now())
    return _edit(_user(user_id), password=made)


@blueprint.post("/<int:user_id>/state")
@require(Permission.ACCOUNTS_MANAGE)
def state(user_id: int) -> Any:
    """Disable an account, or enable it again."""
    services, user = current.services(), _user(user_id)
    at, admin = services.clock.now(), current.signed_in_user().id
    with services.database.write() as connection:
        if request.form.get("active") == "1":
            accounts.enable(connection, user, at=at, actor_id=admin)
            return _done(user, None, _("The account is enabled."))
        refused = accounts.disable(connection, user, at=at, actor_id=admin)
    return _done(user, refused, _("The account is disabled."))


def _done(user: User, refused: Refused | None, message: str) -> Response | tuple[str, int]:
    if refused is not None:
        faults = [fault_words(fault) for fault in refused.faults]
        return _edit(user, faults=faults, typed=request.form), 422
    flash(message)
    return redirect(url_for("accounts.edit", user_id=user.id), 303)


def _user(user_id: int) -> User:
    with current.services().database.read() as connection:
        found = store.user(connection, user_id)
    if found is None:
        raise NotFoundError(_("There is no such account."))
    return found


def _role() -> Role | None:
    chosen = request.form.get("role", "")
    return Role(chosen) if chosen in {role.value for role in Role} else None


def _groups() -> tuple[int, ...]:
    """The chosen groups that exist."""
    chosen = set(request.form.getlist("group", type=int))
    with current.services().database.read() as connection:
        return tuple(group.id for group in store.all_groups(connection) if group.id in chosen)


def _list(**shown: Any) -> str:
    with current.services().database.read() as connection:
        users, groups = store.all_users(connection), store.all_groups(connection)
    return render_template(
        "accounts/list.html", users=users, groups=groups, roles=list(Role), **shown
    )


def _edit(user: User, **shown: Any) -> str:
    with current.services().database.read() as connection:
        groups = store.all_groups(connection)
        events = store.events_of(connection, user.id, limit=_EVENTS_SHOWN)
    return render_template(
        "accounts/edit.html", user=user, groups=groups, events=events, roles=list(Role), **shown
    )
