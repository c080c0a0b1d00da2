"""What content owners do about a gap: decide, comment, try the index, draft the article."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge import desk as at_desk
from kb_assist.edge.guards import require
from kb_assist.errors import InputError
from kb_assist.gaps import drafting, events, review, store
from kb_assist.gaps.draft import QUESTIONS, Draft, TooThin
from kb_assist.gaps.events import GapEventKind, Happening
from kb_assist.gaps.model import NotDecided
from kb_assist.gaps.proving import try_article
from kb_assist.gaps.roles import Role
from kb_assist.gaps.save import Taken, Target
from kb_assist.tickets import store as tickets_store
from kb_assist.ui.articles import rendered
from kb_assist.ui.gap_forms import decision, field
from kb_assist.ui.gaps import render

blueprint = Blueprint("gap_work", __name__, url_prefix="/gaps/<int:gap_id>")


@blueprint.post("/decision")
@require(Permission.GAPS_DECIDE)
def decide(gap_id: int) -> Response | tuple[str, int]:
    """409 with the page and what is missing when the decision lacks something."""
    wanted = decision()
    with at_desk.opened() as desk:
        if wanted.owner_id is not None:
            tickets_store.require_user(desk.connection, wanted.owner_id)
        done = review.decide(desk.connection, gap_id, wanted, desk.now, actor=desk.actor)
    if isinstance(done, NotDecided):
        return render(gap_id, wanted=wanted.state, missing=done.missing), 409
    return _back(gap_id, _("Saved."))


@blueprint.post("/comments")
@require(Permission.GAPS_DECIDE)
def comment(gap_id: int) -> Response:
    words = field("comment")
    if not words:
        raise InputError(_("Write something first."))
    with at_desk.opened() as desk:
        store.get(desk.connection, gap_id)
        said = Happening(GapEventKind.COMMENTED, words)
        events.record(desk.connection, gap_id, said, actor=desk.actor, at=desk.now)
    return _back(gap_id, _("Saved."))


@blueprint.post("/proof")
@require(Permission.GAPS_DECIDE)
def prove(gap_id: int) -> Response:
    """Search with every ticket of the gap and count those that find its article now."""
    services = current.services()
    with services.database.read() as connection:
        gap = store.get(connection, gap_id)
    article_id = field("article") or gap.article_id
    if not article_id:
        raise InputError(_("Name the article first."))
    try_article(
        services.database,
        services.engine.searcher(),
        trial=(gap_id, article_id),
        cache_file=services.settings.cache_dir / "gap-queries.sqlite",
        by=(at_desk.actor(), services.clock.now()),
    )
    return _back(gap_id, _("The index was tried."), anchor="proof")


@blueprint.get("/draft")
@require(Permission.GAPS_DECIDE)
def draft(gap_id: int) -> str:
    return _drafted(gap_id, {})


@blueprint.post("/draft")
@require(Permission.GAPS_DECIDE)
def draft_again(gap_id: int) -> Response | str | tuple[str, int]:
    """Show the draft with the answers given, or save it."""
    answers = {role: said for role in Role if (said := field(f"answer_{role.value}"))}
    if not field("save"):
        return _drafted(gap_id, answers)
    services = current.services()
    snapshot = services.engine.searcher().snapshot
    shelf = drafting.Shelf(services.settings.articles, snapshot, Target.AUTO)
    by = (at_desk.actor(), services.clock.now())
    done = drafting.write(services.database, gap_id, answers, shelf, by=by)
    if isinstance(done, TooThin):
        return _drafted(gap_id, answers), 409
    if isinstance(done, Taken):
        return _drafted(gap_id, answers, taken=done.name), 409
    path, branch = done.saved.path, done.saved.branch
    if branch:
        return _back(gap_id, _("Saved as %(path)s on the branch %(name)s.", path=path, name=branch))
    return _back(gap_id, _("Saved as %(path)s.", path=path))


def _drafted(gap_id: int, answers: dict[Role, str], *, taken: str = "") -> str:
    services = current.services()
    snapshot = services.engine.searcher().snapshot
    path_of = drafting.paths(snapshot)
    with services.database.read() as connection:
        gap = store.get(connection, gap_id)
        made = drafting.draft(connection, gap_id, answers, path_of=path_of)
    is_draft = isinstance(made, Draft)
    asked = set(made.missing) if isinstance(made, Draft) else set(made.questions)
    return render_template(
        "gaps/draft.html",
        gap=gap,
        made=made,
        is_draft=is_draft,
        preview=rendered(snapshot, made.body, title=made.title, path=made.path)
        if isinstance(made, Draft)
        else None,
        # Whoever answered may want to change the answer.
        questions={role: text for role, text in QUESTIONS.items() if role in asked | set(answers)},
        answers=answers,
        taken=taken,
    )


def _back(gap_id: int, message: str, *, anchor: str | None = None) -> Response:
    flash(message)
    return redirect(url_for("gaps.show", gap_id=gap_id, _anchor=anchor), 303)
