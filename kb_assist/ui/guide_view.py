"""Everything a page of a running guide shows, read in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise

from markupsafe import Markup
from sqlalchemy import Connection

from kb_assist.edge import current
from kb_assist.edge.guiding import readable_row
from kb_assist.guides.analytics import MOST_GAP
from kb_assist.guides.answers import prefilled
from kb_assist.guides.database_store import DatabaseStore, SessionRow
from kb_assist.guides.decide import RECHECK_AFTER
from kb_assist.guides.labels import value_text
from kb_assist.guides.links_store import Link, valid_of
from kb_assist.guides.migrate import Preview
from kb_assist.guides.model import Channel, Kind, Step
from kb_assist.guides.replay import locate, step_at, typed
from kb_assist.guides.run import Event, Place, RefusalCode, Stored
from kb_assist.guides.sessions import Current, GuideSessions
from kb_assist.guides.transcript import Transcript, transcribe
from kb_assist.guides.view import StepView, view_step
from kb_assist.tickets import store
from kb_assist.tickets.model import Ticket
from kb_assist.ui import guide_texts
from kb_assist.ui.people import People, people


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step with its field as it is filled in at first."""

    view: StepView
    step: Step
    question: Markup
    body: Markup
    hints: Markup
    """For agents only."""
    expected: Markup
    options: tuple[tuple[str, Markup], ...]
    value: str
    """What stands in the field: an earlier answer, a doubted one, or what the ticket knows."""
    chosen: tuple[str, ...]
    is_doubted: bool
    """The value was true before something else changed."""
    is_change: bool
    """The step is on the path already."""
    leads: tuple[tuple[Markup, Markup], ...]
    """What each answer leads to, for agents: why it is asked."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the page says beside the session itself."""

    refusal: RefusalCode | None = None
    fault: str = ""
    typed: str = ""
    """What was typed into a field and not taken."""


@dataclass(frozen=True, slots=True)
class RunPage:
    row: SessionRow
    now: Current
    title: str
    shown: ShownStep | None
    outcome: ShownStep | None
    transcript: Transcript
    ticket: Ticket | None
    minutes: int
    """Active time so far; pauses do not count."""
    rests: bool
    """Nobody went on for so long that answers may be out of date."""
    articles: tuple[str, ...]
    preview: Preview | None
    link: Link | None
    people: People
    said: Said = field(default_factory=Said)

    @property
    def seq(self) -> int:
        return self.now.state.seq


def read_run(
    connection: Connection, session: str, *, at: str = "", said: Said | None = None
) -> RunPage:
    """The page of an agent. ``at`` is the key of an earlier step to look at again."""
    row, kept = readable_row(connection, session), DatabaseStore(connection)
    service = GuideSessions(kept, current.services().guides.now().guides)
    now = service.open(session)
    lang, services = current.language(), current.services()
    moment = services.clock.now()
    place = _place(now, at)
    shown = shown_step(now, place, lang=lang, channel=Channel.AGENT) if place else None
    outcome = now.trace.outcome
    ended = shown_step(now, outcome, lang=lang, channel=Channel.AGENT) if outcome else None
    is_newer = now.newer_version is not None and now.state.ended is None
    return RunPage(
        row=row,
        now=now,
        title=now.bundle.guide.text(lang).title,
        shown=shown,
        outcome=ended,
        transcript=transcribe(now.bundle, now.state, lang=lang),
        ticket=store.find(connection, row.ticket_id) if row.ticket_id else None,
        minutes=round(active(kept.events(session), moment).total_seconds() / 60),
        rests=now.state.ended is None and moment - now.state.last_at > RECHECK_AFTER,
        articles=_articles(now, place, lang),
        preview=service.preview(session) if is_newer else None,
        link=valid_of(connection, session, at=moment),
        people=people(connection),
        said=said or Said(),
    )


def _place(now: Current, at: str) -> Place | None:
    """The step to show: an earlier one that was asked for, else the one that waits."""
    visit = now.trace.visit(at) if at else None
    if visit is not None and step_at(now.bundle, visit.place).kind is not Kind.CALL:
        return visit.place
    return now.trace.current


def shown_step(now: Current, place: Place, *, lang: str, channel: Channel) -> ShownStep:
    view = view_step(now.bundle, now.trace, place, lang=lang, channel=channel)
    step = step_at(now.bundle, place)
    for_customer = channel is Channel.CUSTOMER
    value, is_doubted = _first_value(now, place, step)
    guide = now.bundle.guides[place.guide]
    is_text = isinstance(value, str | float | int) and not isinstance(value, bool)
    in_field = value if isinstance(value, str) else value_text(guide, step, value, lang)
    if isinstance(value, float | int):
        in_field = in_field.removesuffix(step.settings.unit).strip()
    return ShownStep(
        view=view,
        step=step,
        question=guide_texts.inline(view.question),
        body=guide_texts.block("\n\n".join(view.blocks), for_customer=for_customer),
        hints=guide_texts.block("\n\n".join(view.agent_blocks)),
        expected=guide_texts.block(view.expected, for_customer=for_customer),
        options=tuple((option, guide_texts.inline(text)) for option, text in view.options),
        value=in_field if is_text else "",
        chosen=value if isinstance(value, tuple) else (value,) if isinstance(value, str) else (),
        is_doubted=is_doubted,
        is_change=now.trace.visit(place.key) is not None,
        leads=() if for_customer else _leads(now, place, lang),
    )


def _first_value(now: Current, place: Place, step: Step) -> tuple[Stored, bool]:
    """With whether it is doubted. Sensitive answers are never sent back."""
    answer, doubt = now.state.answers.get(place.key), now.state.doubts.get(place.key)
    if step.settings.sensitive:
        return None, False
    if answer is not None:
        return answer.value, False
    if doubt is not None:
        return doubt.answer.value, True
    today: date = current.services().clock.today()
    return prefilled(step, dict(now.state.context), on=today), False


def _leads(now: Current, place: Place, lang: str) -> tuple[tuple[Markup, Markup], ...]:
    """Only where the answer decides anything."""
    guide = now.bundle.guides[place.guide]
    step = guide.steps[place.step]
    targets = {branch.target for branch in step.branches if branch.target}
    if len(targets) < 2:
        return ()
    text, _ = guide.step_text(place.step, lang)
    found = []
    for branch in step.branches:
        if branch.target:
            label = text.labels.get(branch.value or "", branch.value or branch.condition or "…")
            question = guide.step_text(branch.target, lang)[0].question
            found.append((guide_texts.inline(label), guide_texts.inline(question)))
    return tuple(found)


def _articles(now: Current, place: Place | None, lang: str) -> tuple[str, ...]:
    """Articles beside the step: those it mentions, then those of the whole guide."""
    texts: list[str] = []
    for each in (place, now.trace.outcome):
        if each is not None:
            guide = now.bundle.guides[each.guide]
            text, _ = guide.step_text(each.step, lang)
            texts += [block.markdown for block in text.blocks]
            kb = guide.steps[each.step].settings.kb
            texts.append(f"](kb:{kb})" if kb else "")
    texts.append(now.bundle.guide.text(lang).intro)
    return tuple(guide_texts.linked_articles(*texts))


def active(events: Sequence[Event], now: datetime) -> timedelta:
    """Time somebody was at it: gaps, each cut at ten minutes."""
    moments = [event.at for event in events]
    if events and events[-1].type not in ("ended",):
        moments.append(now)
    return sum((min(b - a, MOST_GAP) for a, b in pairwise(moments)), timedelta())


def doubted_value(now: Current, key: str, lang: str) -> str:
    """A doubted answer as people read it."""
    place, doubt = locate(now.bundle, key), now.state.doubts.get(key)
    if place is None or doubt is None:
        return ""
    step = step_at(now.bundle, place)
    value = typed(step, doubt.answer.value)
    return value_text(now.bundle.guides[place.guide], step, value, lang)
