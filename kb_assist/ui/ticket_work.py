"""What people do on a ticket page: move, write, edit, link. Each answers with the changed part."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from kb_assist.auth.model import Permission
from kb_assist.edge import current, moves
from kb_assist.edge import desk as at_desk
from kb_assist.edge.downloads import send, shelf
from kb_assist.edge.errors import in_readers_language
from kb_assist.edge.guards import require
from kb_assist.errors import InputError, NotFoundError
from kb_assist.tickets import attachments_store, links, work
from kb_assist.tickets.attachments import Fault, Upload, attach
from kb_assist.tickets.comments import Words, comment
from kb_assist.tickets.lifecycle import Command, Refused, Verb
from kb_assist.tickets.links import LinkFault
from kb_assist.tickets.model import (
    CommentKind,
    Conflict,
    Edit,
    PendingReason,
    RecordRole,
    ResolutionCode,
    Saved,
    TicketRelation,
)
from kb_assist.tickets.records import store as records_store
from kb_assist.ui.resolved_words import resolved_words
from kb_assist.ui.ticket_view import (
    Shown,
    is_fragment,
    read_page,
    render_work,
    template_values,
    toast_header,
)

blueprint = Blueprint("ticket_work", __name__, url_prefix="/tickets/<int:ticket_id>")


@blueprint.post("/move")
@require(Permission.TICKET_WORK)
def move(ticket_id: int) -> Any:
    """One step of the life cycle, as the form of its verb says."""
    command = _command()
    outcome, followed = moves.move(ticket_id, command, seen=_seen())
    if followed is not None:
        return _done(ticket_id, resolved_words(followed))
    return answer(ticket_id, outcome, opened=command.verb.value)


@blueprint.post("/edit")
@require(Permission.TICKET_WORK)
def edit(ticket_id: int) -> Any:
    form = request.form
    wanted = Edit(
        subject=form.get("subject"),
        impact=form.get("impact", type=int),
        urgency=form.get("urgency", type=int),
        product=form.get("product"),
    )
    try:
        with at_desk.opened() as desk:
            outcome = work.edit(desk, ticket_id, wanted, seen=_seen())
    except InputError as error:
        shown = Shown(message=in_readers_language(error.message), opened="edit", kept=_typed())
        return _page(ticket_id, shown, 422)
    return answer(ticket_id, outcome, opened="edit")


@blueprint.post("/comments")
@require(Permission.TICKET_WORK)
def write(ticket_id: int) -> Any:
    """An answer to the requester, or a note for colleagues."""
    kind = _member(CommentKind, request.form.get("kind", CommentKind.INTERNAL.value))
    if kind is CommentKind.REQUESTER and not request.form.get("as_requester"):
        raise InputError(_("Only the requester's own words are kept as such."))
    body = request.form.get("body", "").replace("\r\n", "\n")
    if not body.strip():
        return _page(ticket_id, Shown(message=_("The text is empty."), opened="write"), 422)
    with at_desk.opened() as desk:
        comment(desk, ticket_id, Words(kind, body))
        if request.form.get("then") == Verb.WAIT.value:
            waiting = Command(Verb.WAIT, pending_reason=PendingReason.CUSTOMER)
            work.move(desk, ticket_id, waiting)
    done = _("The answer is written.") if kind is CommentKind.AGENT else _("The note is kept.")
    return _done(ticket_id, done)


@blueprint.post("/links")
@require(Permission.TICKET_WORK)
def link(ticket_id: int) -> Any:
    """To another ticket, by its number."""
    typed = request.form.get("number", "").strip().lstrip("Tt").lstrip("-").strip()
    relation = _member(TicketRelation, request.form.get("relation", TicketRelation.CHILD_OF.value))
    try:
        if not typed.isdigit() or len(typed) > 12:
            raise NotFoundError("")
        with at_desk.opened() as desk:
            fault = links.link_ticket(desk, ticket_id, int(typed), relation)
    except NotFoundError:
        shown = Shown(message=_("There is no ticket of this number."), opened="link")
        return _page(ticket_id, shown, 422)
    if fault is not None:
        return _page(ticket_id, Shown(message=_fault_words(fault), opened="link"), 422)
    return _done(ticket_id, _("The tickets are linked."))


@blueprint.post("/links/remove")
@require(Permission.TICKET_WORK)
def unlink(ticket_id: int) -> Any:
    relation = _member(TicketRelation, request.form.get("relation", ""))
    other = request.form.get("other", 0, type=int)
    pair = (ticket_id, other) if request.form.get("outgoing") else (other, ticket_id)
    with at_desk.opened() as desk:
        links.unlink_ticket(desk, *pair, relation)
    return _done(ticket_id, _("The link is removed."))


@blueprint.post("/cis")
@require(Permission.TICKET_WORK)
def link_ci(ticket_id: int) -> Any:
    """A configuration item, by its key or the first one that fits the words."""
    typed = request.form.get("ci", "").strip()
    role = _member(RecordRole, request.form.get("role", RecordRole.PRIMARY.value))
    with at_desk.opened() as desk:
        found = records_store.ci_by_key(desk.connection, typed.split(" · ")[0]) if typed else None
        if found is not None:
            links.link_ci(desk, ticket_id, found.id, role)
    if found is None:
        shown = Shown(message=_("There is no configuration item “%(key)s”.", key=typed))
        return _page(ticket_id, shown, 422)
    return _done(ticket_id, _("%(key)s is linked.", key=found.key))


@blueprint.post("/cis/<int:ci_id>/remove")
@require(Permission.TICKET_WORK)
def unlink_ci(ticket_id: int, ci_id: int) -> Any:
    with at_desk.opened() as desk:
        links.unlink_ci(desk, ticket_id, ci_id)
    return _done(ticket_id, _("The link is removed."))


@blueprint.post("/client")
@require(Permission.TICKET_WORK)
def set_client(ticket_id: int) -> Any:
    """The client by e-mail address or the number in front of the name."""
    typed = request.form.get("client", "").strip()
    with at_desk.opened() as desk:
        found = records_store.search_clients(desk.connection, typed, limit=1) if typed else ()
        if found:
            work.edit(desk, ticket_id, Edit(client_id=found[0].id))
    if not found:
        shown = Shown(message=_("There is no client “%(name)s”.", name=typed))
        return _page(ticket_id, shown, 422)
    return _done(ticket_id, _("%(name)s is the client.", name=found[0].name))


@blueprint.post("/articles/remove")
@require(Permission.TICKET_WORK)
def unlink_article(ticket_id: int) -> Any:
    with at_desk.opened() as desk:
        links.unlink_article(desk, ticket_id, request.form.get("article", ""))
    return _done(ticket_id, _("The link is removed."))


@blueprint.post("/attachments")
@require(Permission.TICKET_WORK)
def attach_file(ticket_id: int) -> Any:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _page(ticket_id, Shown(message=_("Choose a file first.")), 422)
    with at_desk.opened() as desk:
        upload = Upload(sent.filename, sent.read())
        made = attach(desk, ticket_id, upload, shelf())
    if isinstance(made, Fault):
        return _page(ticket_id, Shown(message=_upload_fault(made)), 422)
    return _done(ticket_id, _("%(name)s is attached.", name=made.name))


@blueprint.get("/attachments/<int:attachment_id>")
@require(Permission.TICKET_READ)
def attachment(ticket_id: int, attachment_id: int) -> Response:
    with current.services().database.read() as connection:
        found = attachments_store.get(connection, ticket_id, attachment_id)
    return send(found, shelf())


def answer(ticket_id: int, outcome: Saved | Conflict | Refused, *, opened: str = "") -> Any:
    """The page after a change; what was typed is kept where the change did not happen."""
    kept = _typed()
    if isinstance(outcome, Conflict):
        return _page(ticket_id, Shown(conflict=outcome, opened=opened, kept=kept), 409)
    if isinstance(outcome, Refused):
        return _page(ticket_id, Shown(refused=outcome, opened=opened, kept=kept), 422)
    return _done(ticket_id, _("Saved."))


def _done(ticket_id: int, message: str) -> Any:
    if is_fragment():
        return render_work(ticket_id, Shown()), 200, toast_header(message)
    flash(message)
    return redirect(url_for("tickets.show", ticket_id=ticket_id), 303)


def _page(ticket_id: int, shown: Shown, status: int) -> Any:
    if is_fragment():
        return render_work(ticket_id, shown), status
    with current.services().database.read() as connection:
        page = read_page(connection, ticket_id)
    return render_template("tickets/page.html", **template_values(page, shown)), status


def _typed() -> dict[str, str]:
    return {name: value for name, value in request.form.items() if name != "csrf_token"}


def _seen() -> int | None:
    return request.form.get("version", type=int)


def _command() -> Command:
    form = request.form
    return Command(
        verb=_member(Verb, form.get("verb", "")),
        group_id=form.get("group_id", type=int),
        assignee_id=form.get("assignee_id", type=int),
        pending_reason=_optional(PendingReason, form.get("pending_reason", "")),
        resolution_code=_optional(ResolutionCode, form.get("resolution_code", "")),
        resolution_text=form.get("resolution_text", "").replace("\r\n", "\n"),
        reason=form.get("reason", ""),
    )


def _member(kind: Any, value: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise InputError(_("The form is not readable.")) from None


def _optional(kind: Any, value: str) -> Any:
    return _member(kind, value) if value else None


def _upload_fault(fault: Fault) -> str:
    words = {
        Fault.EMPTY: _("The file is empty."),
        Fault.TOO_LARGE: _("The file is too large."),
        Fault.TICKET_FULL: _("The ticket's attachments are too large together."),
        Fault.TYPE: _("Files of this kind are not accepted."),
    }
    return str(words[fault])


def _fault_words(fault: LinkFault) -> str:
    words = {
        LinkFault.ITSELF: _("A ticket cannot be linked to itself."),
        LinkFault.CIRCLE: _("The other ticket already hangs on this one."),
        LinkFault.ALREADY: _("This link is there already."),
    }
    return str(words[fault])
