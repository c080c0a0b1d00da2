"""Guides and their sessions as JSON."""

from __future__ import annotations

from typing import Any

from kb_assist.edge.present_tickets import instant
from kb_assist.guides.database_store import SessionRow
from kb_assist.guides.model import Channel, Guide
from kb_assist.guides.replay import step_at
from kb_assist.guides.run import Place
from kb_assist.guides.sessions import Current
from kb_assist.guides.transcript import Row, transcribe
from kb_assist.guides.view import view_step


def guide_json(guide: Guide, lang: str, record: tuple[int, int]) -> dict[str, Any]:
    """``record``: resolved and all sessions."""
    front = guide.front
    return {
        "id": guide.id,
        "version": guide.version,
        "title": guide.text(lang).title,
        "languages": sorted(guide.texts),
        "audience": [channel.value for channel in front.audience],
        "owner": front.owner,
        "review_by": front.review_by.isoformat() if front.review_by else None,
        "resolved": record[0],
        "sessions": record[1],
        "why": None,
    }


def guide_detail_json(guide: Guide, lang: str, record: tuple[int, int]) -> dict[str, Any]:
    steps = [
        {
            "id": step.id,
            "kind": step.kind.value,
            "type": step.type,
            "question": guide.step_text(step.id, lang)[0].question,
        }
        for step in guide.steps.values()
    ]
    return guide_json(guide, lang, record) | {"intro": guide.text(lang).intro, "steps": steps}


def session_json(row: SessionRow, now: Current, lang: str, suggested: Any) -> dict[str, Any]:
    """``suggested``: what may be the answer to the step that waits."""
    state, trace = now.state, now.trace
    told = transcribe(now.bundle, state, lang=lang)
    step = None if trace.current is None else step_json(now, trace.current, lang)
    return {
        "id": state.session,
        "guide": state.guide,
        "version": state.version,
        "title": told.title,
        "lang": lang,
        "ticket_id": row.ticket_id,
        "owner": state.owner,
        "seq": state.seq,
        "started_at": instant(state.started_at),
        "last_at": instant(state.last_at),
        "step": None if step is None else step | {"suggested": suggested},
        "outcome": None if trace.outcome is None else step_json(now, trace.outcome, lang),
        "ended": state.ended is not None,
        "must_migrate": now.must_migrate,
        "newer_version": now.newer_version,
        "path": [_row_json(entry) for entry in told.rows],
        "doubted": [_row_json(entry) for entry in told.doubted],
    }


def step_json(now: Current, place: Place, lang: str) -> dict[str, Any]:
    view = view_step(now.bundle, now.trace, place, lang=lang, channel=Channel.AGENT)
    settings = step_at(now.bundle, place).settings
    return {
        "key": place.key,
        "kind": view.kind.value,
        "type": view.type,
        "question": view.question,
        "body": list(view.blocks),
        "hints": list(view.agent_blocks),
        "expected": view.expected,
        "options": [{"value": value, "text": text} for value, text in view.options],
        "optional": settings.optional,
        "unit": settings.unit,
        "minutes": settings.minutes,
        "risk": settings.risk,
        "suggested": None,
        "lang": view.lang,
    }


def _row_json(row: Row) -> dict[str, Any]:
    return {
        "key": row.key,
        "question": row.question,
        "answer": row.answer,
        "by": row.by,
        "at": instant(row.at) if row.at else None,
    }
