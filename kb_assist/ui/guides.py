"""The guides: a library to search and to start from, and a page per guide for its owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import Connection

from kb_assist.articles.model import Problem
from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge.guards import require
from kb_assist.edge.guiding import insist, published, runs
from kb_assist.errors import NotFoundError
from kb_assist.guides import database_store
from kb_assist.guides.analytics import (
    SMALLEST_CELL,
    GuideFigures,
    StepFigures,
    analyse,
    drawn,
    may_be_told,
)
from kb_assist.guides.cases import read_cases, run_case
from kb_assist.guides.cover import Coverage, cover, edge_text
from kb_assist.guides.database_store import DatabaseStore, SessionRow
from kb_assist.guides.graph import Figures, graph_of
from kb_assist.guides.labels import left_open
from kb_assist.guides.library import GuideFolder
from kb_assist.guides.model import Channel, Guide
from kb_assist.guides.rules import RULES
from kb_assist.guides.run import Refusal
from kb_assist.guides.sessions import GuideSessions
from kb_assist.guides.svg import draw
from kb_assist.guides.view import view_step
from kb_assist.text import fold
from kb_assist.ui import guide_offers, guide_texts

blueprint = Blueprint("guides", __name__)

_OPEN_RUNS = 20
# Nobody goes on with an older one; at a ticket it stays listed.
_STILL_OPEN = timedelta(days=14)
_ALL = "all"
_NEWEST = 500
"""Figures look at so many runs; reading more takes longer than a page may."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A guide in the library."""

    guide: Guide
    title: str
    intro: Markup
    resolved: int
    sessions: int


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that somebody may go on with."""

    row: SessionRow
    title: str
    stands_at: Markup
    """The question, or how it ended."""
    is_over: bool
    """It has come to an outcome, which nobody has confirmed yet."""


@blueprint.get("/guides")
@require(Permission.GUIDES_RUN)
def library() -> str:
    """All guides, narrowed by ``?q=``, and the runs the person has not finished."""
    typed = request.args.get("q", "").strip()
    person, since = current.signed_in_user(), current.services().clock.now() - _STILL_OPEN
    with current.services().database.read() as connection:
        rows = database_store.open_of(connection, person.display_name, since, limit=_OPEN_RUNS)
        mine = _unfinished(connection, rows)
        record = database_store.record(connection)
    return render_template(
        "guides/library.html",
        typed=typed,
        entries=_entries(typed, record),
        mine=mine,
        ticket=None,
        offers=[],
    )


@blueprint.get("/tickets/<int:ticket_id>/guides")
@require(Permission.GUIDES_RUN, Permission.TICKET_READ)
def at_ticket(ticket_id: int) -> str:
    """The library, with what fits the ticket first."""
    typed = request.args.get("q", "").strip()
    asked, offers = guide_offers.for_ticket(ticket_id)
    with current.services().database.read() as connection:
        record = database_store.record(connection)
    return render_template(
        "guides/library.html",
        typed=typed,
        entries=_entries(typed, record),
        mine=[],
        ticket=asked.ticket,
        offers=[] if typed else offers,
    )


def _unfinished(connection: Connection, rows: Sequence[SessionRow]) -> list[Unfinished]:
    """Several runs of one guide are told apart by where they stand."""
    guides, lang = published(), current.language()
    sessions = GuideSessions(DatabaseStore(connection), guides)
    found = []
    for row in rows:
        if row.guide not in guides:
            continue
        now = sessions.open(row.id)
        place = now.trace.current or now.trace.outcome
        stands_at = Markup()
        if place is not None:
            view = view_step(now.bundle, now.trace, place, lang=lang, channel=Channel.AGENT)
            stands_at = guide_texts.inline(view.question)
        title = guides[row.guide].text(lang).title
        found.append(Unfinished(row, title, stands_at, now.trace.current is None))
    return found


def _entries(typed: str, record: dict[str, tuple[int, int]]) -> list[Entry]:
    words, lang = fold(typed).split(), current.language()
    entries = []
    for guide in published().values():
        text = guide.text(lang)
        if all(word in _searched(guide) for word in words):
            resolved, sessions = may_be_told(record.get(guide.id, (0, 0)))
            intro = guide_texts.block(text.intro)
            entries.append(Entry(guide, text.title, intro, resolved, sessions))
    return sorted(entries, key=lambda entry: fold(entry.title))


def _searched(guide: Guide) -> str:
    texts = [f"{text.title} {text.intro}" for text in guide.texts.values()]
    return fold(" ".join([guide.id, *texts, *guide.front.suggest.words]))


@blueprint.post("/guides/<guide_id>/start")
@require(Permission.GUIDES_RUN)
def start(guide_id: str) -> Any:
    """A new run, at a ticket when the form names one."""
    ticket_id = request.form.get("ticket_id", type=int)
    if ticket_id is not None:
        insist(Permission.TICKET_WORK)
    with runs() as opened:
        now = opened.start(guide_id, lang=current.language(), ticket_id=ticket_id)
    if isinstance(now, Refusal):
        flash(_("That did not work. Try again."))
        return redirect(url_for("guides.library"), 303)
    return redirect(url_for("guide_runs.show", session=now.state.session), 303)


@blueprint.get("/guides/<guide_id>")
@require(Permission.GUIDES_RUN)
def guide(guide_id: str) -> str:
    """What it is, how it goes; for owners also how good it is."""
    held = current.services().guides.now()
    found = held.guides.get(guide_id)
    if found is None:
        raise NotFoundError(_("There is no guide %(id)s.", id=guide_id))
    is_owner = current.principal().may(Permission.GUIDES_PUBLISH)
    figures, version, versions = _figures(found) if is_owner else (None, None, ())
    lang = current.language()
    shown = drawn(figures, guide_id, lang) if figures else Figures()
    return render_template(
        "guides/guide.html",
        guide=found,
        text=found.text(lang),
        intro=guide_texts.block(found.text(lang).intro),
        svg=Markup(draw(graph_of(found, lang, shown))),  # noqa: S704 escapes every text
        figures=figures,
        steps=_own_steps(figures, found) if figures else [],
        newest=_NEWEST,
        version=version,
        versions=versions,
        rules=RULES,
        problems=_problems(held.problems, guide_id) if is_owner else None,
        coverage=_coverage(held.folder, guide_id) if is_owner and held.folder else None,
        edge_text=edge_text,
    )


def _figures(found: Guide) -> tuple[GuideFigures, int | None, tuple[int, ...]]:
    """Of one version, or of all (None); and the versions that were run."""
    now: datetime = current.services().clock.now()
    with current.services().database.read() as connection:
        counts = database_store.versions_of_guide(connection, found.id)
        version = _chosen_version(found, counts)
        events = database_store.sessions_of_guide(
            connection, found.id, limit=_NEWEST, version=version
        )
        left = database_store.given_up(connection, found.id)
        return analyse(events, now=now, given_up=left), version, tuple(counts)


def _chosen_version(found: Guide, counts: Mapping[int, int]) -> int | None:
    """The present one unless somebody asks for another or for all: over several versions, steps
    that came later look as if people did not reach them."""
    asked = request.args.get("version", "")
    if asked == _ALL or len(counts) < 2:
        return None
    if asked.isdecimal():
        return int(asked)
    return found.version if counts.get(found.version, 0) >= SMALLEST_CELL else None


def _own_steps(figures: GuideFigures, found: Guide) -> list[tuple[str, StepFigures]]:
    """In the order of the file, with the question; called guides have pages of their own."""
    by_step = {step.step: step for step in figures.steps if step.guide == found.id}
    lang = current.language()
    return [
        (left_open(found.step_text(key, lang)[0].question), by_step[key])
        for key in found.steps
        if key in by_step
    ]


def _problems(problems: tuple[Problem, ...], guide_id: str) -> list[Problem]:
    return [problem for problem in problems if problem.path.split(".", 1)[0] == guide_id]


def _coverage(folder: GuideFolder, guide_id: str) -> Coverage | None:
    """None for a guide without cases that can be read."""
    if guide_id not in folder.cases:
        return None
    cases, _ = read_cases(folder.cases[guide_id])
    bundle = folder.bundle(guide_id)
    return cover(bundle, [run_case(bundle, case) for case in cases])
