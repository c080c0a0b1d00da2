"""Events of a session to its state; the only reader of event payloads besides analytics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from kb_assist.guides.run import (
    Answer,
    Attachment,
    Doubt,
    Event,
    EventType,
    Note,
    SessionState,
    Stored,
)


def fold(events: Sequence[Event]) -> SessionState:
    """All events of one session in order of ``seq``, the first of type ``started``.

    Their order in the argument does not matter. Raises ValueError when the first is missing.
    """
    ordered = sorted(events, key=lambda event: event.seq)
    if not ordered or ordered[0].type is not EventType.STARTED:
        raise ValueError("a session begins with a 'started' event")
    state = _started(ordered[0])
    for event in ordered[1:]:
        state = apply(state, event)
    return state


def apply(state: SessionState, event: Event) -> SessionState:
    """The state after one more event."""
    state = replace(state, seq=event.seq, last_at=event.at)
    change = _CHANGES.get(event.type)
    return change(state, event) if change else state


def _started(event: Event) -> SessionState:
    start = event.payload
    return SessionState(
        session=event.session,
        seq=event.seq,
        guide=start["guide"],
        version=start["version"],
        digest=start["digest"],
        lang=start["lang"],
        context=dict(start.get("context", {})),
        started_at=event.at,
        last_at=event.at,
        owner=event.actor,
    )


def stored(value: Any) -> Stored:
    """A JSON value as an answer: lists become tuples."""
    return tuple(value) if isinstance(value, list) else value


def _answered(state: SessionState, event: Event) -> SessionState:
    key = event.payload["key"]
    answer = Answer(
        stored(event.payload["value"]), date.fromisoformat(event.payload["on"]), event.seq
    )
    restored: Sequence[str] = event.payload.get("restored", ())
    back = {k: state.doubts[k].answer for k in restored if k in state.doubts}
    doubts = {k: d for k, d in state.doubts.items() if k != key and k not in back}
    return replace(
        state,
        answers={**state.answers, **back, key: answer},
        doubts=doubts,
        authors={**state.authors, key: (event.actor, event.at)},
    )


def _doubted(state: SessionState, event: Event) -> SessionState:
    keys = [key for key in event.payload["keys"] if key in state.answers]
    cause, was = event.payload.get("cause", ""), stored(event.payload.get("was"))
    doubts = {key: Doubt(state.answers[key], cause, was, event.seq) for key in keys}
    kept = {key: answer for key, answer in state.answers.items() if key not in doubts}
    return replace(state, answers=kept, doubts={**state.doubts, **doubts})


def _noted(state: SessionState, event: Event) -> SessionState:
    note = Note(event.seq, event.payload["key"], event.payload["text"], event.actor, event.at)
    return replace(state, notes=(*state.notes, note))


def _attached(state: SessionState, event: Event) -> SessionState:
    load = event.payload
    attachment = Attachment(event.seq, load["key"], load["name"], load["ref"])
    return replace(state, attachments=(*state.attachments, attachment))


def _handed_over(state: SessionState, event: Event) -> SessionState:
    return replace(state, owner=event.payload["to"])


def _migrated(state: SessionState, event: Event) -> SessionState:
    load = event.payload
    back = {k: state.doubts[k].answer for k in load.get("restored", ()) if k in state.doubts}
    moved = replace(
        state,
        digest=load["digest"],
        version=load["version"],
        answers={**state.answers, **back},
        doubts={k: d for k, d in state.doubts.items() if k not in back},
    )
    return _doubted(moved, event)


def _ended(state: SessionState, event: Event) -> SessionState:
    return replace(state, ended=dict(event.payload))


def _reopened(state: SessionState, event: Event) -> SessionState:
    return replace(state, ended=None)


_CHANGES: Mapping[EventType, Callable[[SessionState, Event], SessionState]] = {
    EventType.ANSWERED: _answered,
    EventType.DOUBTED: _doubted,
    EventType.NOTED: _noted,
    EventType.ATTACHED: _attached,
    EventType.HANDED_OVER: _handed_over,
    EventType.MIGRATED: _migrated,
    EventType.ENDED: _ended,
    EventType.REOPENED: _reopened,
}
