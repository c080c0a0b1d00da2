"""Pages of content health: what to mend or retire first, and why; figures about articles only."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from kb_assist.articles.model import Confidence
from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge.guards import require
from kb_assist.errors import NotFoundError
from kb_assist.gaps import inflow, store
from kb_assist.gaps.health import report as health_report
from kb_assist.gaps.health import store as health_store
from kb_assist.gaps.health.findings import KINDS
from kb_assist.gaps.health.report import WINDOW_DAYS, Health, Sources
from kb_assist.ui import health_board
from kb_assist.ui.charts import sparkline, stacked
from kb_assist.ui.health_board import Choice, Order

blueprint = Blueprint("article_health", __name__, url_prefix="/gaps/health")

_SHORT_LISTS = 10


@blueprint.get("")
@require(Permission.GAPS_READ)
def board() -> str:
    """Articles and guides with their scores; every state of the page has an address."""
    services = current.services()
    sources = services.health_sources()
    choice = _choice()
    with services.database.read() as connection:
        found = readable(health_report.report(connection, sources))
        kcs = health_report.kcs(connection, sources, days=WINDOW_DAYS)
    start = max(0, request.args.get("start", 0, type=int))
    more = start + health_board.PAGE_ROWS
    arranged = health_board.arrange(found, choice, start=start)
    return render_template(
        "gaps/health.html",
        board=arranged,
        choice=choice,
        orders=list(Order),
        kinds=KINDS,
        confidences=[kind.value for kind in Confidence if kind is not Confidence.ARCHIVED],
        no_owner=health_board.NO_OWNER,
        solved=health_board.solved,
        kcs=kcs,
        confidence=stacked(list(kcs["confidence"].items())),
        waiting=kcs["solved_but_not_validated"][:_SHORT_LISTS],
        days=WINDOW_DAYS,
        next_page=url_for("article_health.board", **asdict(choice), start=more)
        if more < arranged.fitting
        else None,
    )


@blueprint.get("/<path:article_id>")
@require(Permission.GAPS_READ)
def show(article_id: str) -> str:
    """One article or guide with everything its score follows from."""
    services = current.services()
    sources = services.health_sources()
    with services.database.read() as connection:
        found = readable([health_report.of_one(connection, sources, article_id)])
        if not found:
            raise NotFoundError(_("There is no article %(id)s.", id=article_id))
        (one,) = found
        since = sources.now - timedelta(weeks=inflow.TREND_WEEKS)
        opened, linked = health_store.moments(connection, article_id, since)
        gaps = [gap for gap in store.all_gaps(connection) if gap.article_id == article_id]
    return render_template(
        "gaps/health_article.html",
        one=one,
        solved=health_board.solved(one),
        opened=sparkline(inflow.weekly(opened, sources.now)),
        linked=sparkline(inflow.weekly(linked, sources.now)),
        gaps=gaps,
        days=WINDOW_DAYS,
        **_written(sources, one),
    )


def readable(found: list[Health]) -> list[Health]:
    """What the reader may see of them; guides are named in the reader's language."""
    reader, lang = current.audience(), current.language()
    guides = current.services().guides.now().guides
    return [
        replace(one, title=guides[one.id].text(lang).title, language=lang)
        if one.kind == "guide" and lang in guides[one.id].texts
        else one
        for one in found
        if reader.may_read(one.audience)
    ]


def _written(sources: Sources, one: Health) -> dict[str, Any]:
    """The article or the guide itself; the other is None."""
    if one.kind == "guide":
        return {"guide": sources.guides.guides[one.id], "article": None}
    return {"guide": None, "article": sources.snapshot.article(one.id)}


def _choice() -> Choice:
    asked = request.args
    order = asked.get("order", "")
    if order not in {"", *Order}:
        raise NotFoundError(order)
    return Choice(
        kind=asked.get("kind", ""),
        finding=asked.get("finding", ""),
        owner=asked.get("owner", ""),
        confidence=asked.get("confidence", ""),
        language=asked.get("language", ""),
        order=Order(order or Order.WORST),
    )
