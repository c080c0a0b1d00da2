"""From one version of a guide to another in the middle of a session: what is kept, what is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kb_assist.guides.answers import value_fault
from kb_assist.guides.decide import place_payload
from kb_assist.guides.model import Bundle, Guide, Kind, Step
from kb_assist.guides.replay import locate, replay, step_at
from kb_assist.guides.run import (
    Answer,
    Event,
    EventType,
    Place,
    Refusal,
    RefusalCode,
    SessionState,
    Submission,
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What "use new version" would do; nothing is changed by asking."""

    version: int
    digest: str
    kept: tuple[str, ...]
    """Keys of answers that stay."""
    doubted: tuple[str, ...]
    """Keys whose step changed or is gone; they no longer count."""
    next: Place | None
    """The step that would wait; None when an outcome would be reached."""


def preview(old: Bundle, new: Bundle, state: SessionState) -> Preview:
    """An answer is kept when its step exists with the same shape and still takes the value."""
    kept = {key: a for key, a in state.answers.items() if _fits(old, new, key, a)}
    kept |= _restorable(old, new, state)
    doubted = tuple(sorted(set(state.answers) - set(kept)))
    trace = replay(new, kept, state.context)
    return Preview(new.guide.version, new.digest, tuple(sorted(kept)), doubted, trace.current)


def _restorable(old: Bundle, new: Bundle, state: SessionState) -> dict[str, Answer]:
    """Answers that leaving this very version had put in doubt, when nothing was done since."""
    acted = [
        answer.seq
        for key, answer in state.answers.items()
        if (place := locate(old, key)) is not None and step_at(old, place).kind is Kind.DO
    ]
    return {
        key: doubt.answer
        for key, doubt in state.doubts.items()
        if doubt.cause == _cause(new) and max(acted, default=0) < doubt.seq
    }


def _cause(left: Bundle) -> str:
    """In place of a key: the version that was left. No key begins like this."""
    return f"@{left.digest}"


def _fits(old: Bundle, new: Bundle, key: str, answer: Answer) -> bool:
    before, after = locate(old, key), locate(new, key)
    if before is None or after is None:
        return False
    step_before, step_after = step_at(old, before), step_at(new, after)
    return (
        _comparable(step_before) == _comparable(step_after)
        and value_fault(step_after, answer.value, answer.on) is None
    )


def _comparable(step: Step) -> tuple[object, ...]:
    """Options may come and go, as long as the chosen one is still there."""
    return step.kind, step.type if step.kind is not Kind.DO else "", step.settings.unit


def migrate(
    bundles: tuple[Bundle, Bundle], state: SessionState, by: Submission
) -> tuple[Event, ...] | Refusal:
    """Move a session from the first bundle to the second. ``by.command`` is not looked at.

    To undo it, migrate back: what the move had put in doubt counts again, unless something was
    done in between.
    """
    old, new = bundles
    if by.seen_seq != state.seq:
        return Refusal(RefusalCode.STALE)
    if state.ended is not None:
        return Refusal(RefusalCode.ENDED)
    plan = preview(old, new, state)
    moved: dict[str, Any] = {
        "digest": plan.digest,
        "version": plan.version,
        "from_digest": old.digest,
        "kept": list(plan.kept),
        "restored": sorted(set(plan.kept) - set(state.answers)),
        "keys": list(plan.doubted),
        "cause": _cause(old),
    }
    drafts = [(EventType.MIGRATED, moved)]
    answers = {**state.answers, **{k: d.answer for k, d in state.doubts.items()}}
    trace = replay(new, {key: answers[key] for key in plan.kept}, state.context)
    shown = trace.current or trace.outcome
    if shown is not None:
        drafts.append((EventType.VIEWED, place_payload(new, shown, state.lang)))
    return tuple(
        Event(state.session, state.seq + n, by.at, by.actor, by.channel, type_, payload)
        for n, (type_, payload) in enumerate(drafts, 1)
    )


def must_migrate(state: SessionState, newest: Guide) -> bool:
    """Whether the session's version was withdrawn because its content is dangerous."""
    return state.version in newest.front.withdrawn and state.version != newest.version
