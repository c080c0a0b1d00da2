"""The administrator's page of outgoing messages: who is told, and what did not arrive."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge.guards import require
from kb_assist.tickets.outbox import store as outbox_store

blueprint = Blueprint("webhooks", __name__, url_prefix="/admin/webhooks")


@blueprint.get("")
@require(Permission.WEBHOOKS_MANAGE)
def page() -> str:
    with current.services().database.read() as connection:
        hooks = outbox_store.all_webhooks(connection)
        dead = outbox_store.dead(connection)
    names = {hook.target: hook.name for hook in hooks}
    # Whoever sent it may have stored a text of ours; what a receiver said stays as it is.
    faults = {one.id: _(one.last_error) if one.last_error else "" for one in dead}
    shown = {"hooks": hooks, "dead": dead, "names": names, "faults": faults}
    return render_template("webhooks/page.html", **shown)


@blueprint.post("/redeliver")
@require(Permission.WEBHOOKS_MANAGE)
def redeliver() -> Response:
    """One message, or all of them; they go out with the next delivery."""
    services = current.services()
    with services.database.write() as connection:
        message_id = request.form.get("message", type=int)
        count = outbox_store.redeliver(connection, message_id, services.clock.now())
    flash(ngettext("%(num)s message waits again.", "%(num)s messages wait again.", count))
    return redirect(url_for("webhooks.page"), 303)
