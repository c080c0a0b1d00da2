"""Commands to events: the only writer of a session's history. Pure; a store keeps the result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kb_assist.guides.answers import value_fault
from kb_assist.guides.model import Bundle, Channel, Kind, Step
from kb_assist.guides.replay import locate, replay, step_at
from kb_assist.guides.run import (
    AddNote,
    Answer,
    AnswerStep,
    Attach,
    End,
    Event,
    EventType,
    HandOver,
    Place,
    Refusal,
    RefusalCode,
    Reopen,
    Resume,
    Revisit,
    SessionState,
    StillTrue,
    Stored,
    Submission,
    Trace,
)

RECHECK_AFTER = timedelta(hours=24)
"""After this long, what was done and what is marked ``recheck`` may no longer be true."""
MAX_NOTE_LENGTH = 10_000

Decision = tuple[Event, ...] | Refusal


def decide(bundle: Bundle, state: SessionState, submission: Submission) -> Decision:
    """The events a command leads to, numbered from ``state.seq + 1``, or why it is refused.

    ``bundle`` must be the one the session pins. Nothing is decided on old knowledge: a submission
    that has not seen the last event is refused as stale.
    """
    if submission.seen_seq != state.seq:
        return Refusal(RefusalCode.STALE)
    work = _Work(bundle, state, submission, replay(bundle, state.answers, state.context))
    command = submission.command
    if state.ended is not None and not isinstance(command, AddNote | Reopen):
        return Refusal(RefusalCode.ENDED)
    match command:
        case AnswerStep(key, value):
            return work.answer(key, value)
        case StillTrue(key):
            return work.still_true(key)
        case Revisit(key):
            return work.revisit(key)
        case Resume():
            return work.resume()
        case AddNote() | Attach() | HandOver():
            return work.record(command)
        case End() | Reopen():
            return work.close(command)


@dataclass(slots=True)
class _Work:
    bundle: Bundle
    state: SessionState
    by: Submission
    trace: Trace

    def events(self, *drafts: tuple[EventType, Mapping[str, Any]]) -> tuple[Event, ...]:
        by, state = self.by, self.state
        return tuple(
            Event(state.session, state.seq + n, by.at, by.actor, by.channel, type_, payload)
            for n, (type_, payload) in enumerate(drafts, 1)
        )

    def answer(self, key: str, value: Stored) -> Decision:
        place = self._answerable(key)
        if place is None:
            return Refusal(RefusalCode.NOT_HERE)
        step = step_at(self.bundle, place)
        if not may_answer(step, self.by.channel):
            return Refusal(RefusalCode.NOT_FOR_CUSTOMER)
        fault = value_fault(step, value, self.by.on)
        if fault is not None:
            return Refusal(RefusalCode.INVALID, fault.code)
        return self._answered(place, value)

    def _answerable(self, key: str) -> Place | None:
        """The waiting step, or one on the path; a call has no answer of its own."""
        if self.trace.current is not None and self.trace.current.key == key:
            return self.trace.current
        visit = self.trace.visit(key)
        if visit is None or step_at(self.bundle, visit.place).kind is Kind.CALL:
            return None
        return visit.place

    def _answered(self, place: Place, value: Stored) -> Decision:
        old = self.state.answers.get(place.key)
        is_changed = old is not None and old.value != value
        # Saying the same again later must not move the day that rules look at.
        on = old.on if old is not None and not is_changed else self.by.on
        answers = {**self.state.answers, place.key: Answer(value, on)}
        restored = self._restorable(place.key, value) if is_changed else {}
        answers |= restored
        trace = replay(self.bundle, answers, self.state.context)
        kept = {*restored, *self._older_than_doubts(restored)}
        doubted = self._doubtful(place.key, answers, trace, kept) if is_changed else []
        payload = {
            **self._payload(place),
            "value": list(value) if isinstance(value, tuple) else value,
            "on": on.isoformat(),
            "changed": is_changed,
        }
        if restored:
            payload["restored"] = sorted(restored)
        drafts: list[tuple[EventType, Mapping[str, Any]]] = [(EventType.ANSWERED, payload)]
        if doubted and old is not None:
            was = list(old.value) if isinstance(old.value, tuple) else old.value
            drafts.append((EventType.DOUBTED, {"keys": doubted, "cause": place.key, "was": was}))
        return self.events(*drafts, *self._view(trace))

    def _restorable(self, key: str, value: Stored) -> dict[str, Answer]:
        """Answers this very change had put in doubt, when it is taken back before anything was
        done; a slip of the finger then costs nothing."""
        return {
            doubted: doubt.answer
            for doubted, doubt in self.state.doubts.items()
            if doubt.cause == key and doubt.was == value and not self._acted_since(doubt.seq)
        }

    def _older_than_doubts(self, restored: Iterable[str]) -> set[str]:
        """What had been answered before the change that is now taken back was true with it."""
        cast = min((self.state.doubts[key].seq for key in restored), default=0)
        return {key for key, answer in self.state.answers.items() if answer.seq < cast}

    def _acted_since(self, seq: int) -> bool:
        return any(
            answer.seq > seq and self._step(key).kind is Kind.DO
            for key, answer in self.state.answers.items()
        )

    def _step(self, key: str) -> Step:
        place = locate(self.bundle, key)
        return step_at(self.bundle, place) if place else self.bundle.guide.start

    def _doubtful(
        self, key: str, answers: Mapping[str, Answer], trace: Trace, kept: Iterable[str]
    ) -> list[str]:
        """What no longer certainly holds: everything but facts that is not on the new path before
        the first action after the changed answer."""
        certain = {*kept, key}
        is_after = False
        for visit in trace.path:
            if is_after and step_at(self.bundle, visit.place).kind is Kind.DO:
                break
            certain.add(visit.key)
            is_after = is_after or visit.key == key
        return sorted(k for k in answers if k not in certain and not self._step(k).is_fact)

    def still_true(self, key: str) -> Decision:
        doubt = self.state.doubts.get(key)
        if doubt is None:
            return Refusal(RefusalCode.NOT_HERE)
        return self.answer(key, doubt.answer.value)

    def revisit(self, key: str) -> Decision:
        visit = self.trace.visit(key)
        if visit is None:
            return Refusal(RefusalCode.NOT_HERE)
        return self.events((EventType.REVISITED, self._payload(visit.place)))

    def resume(self) -> Decision:
        drafts: list[tuple[EventType, Mapping[str, Any]]] = []
        trace = self.trace
        if self.by.at - self.state.last_at > RECHECK_AFTER:
            steps = {visit.key: step_at(self.bundle, visit.place) for visit in trace.path}
            keys = [k for k, s in steps.items() if s.kind is Kind.DO or s.settings.recheck]
            if keys:
                drafts.append((EventType.DOUBTED, {"keys": keys, "cause": "", "was": None}))
                kept = {k: a for k, a in self.state.answers.items() if k not in keys}
                trace = replay(self.bundle, kept, self.state.context)
        return self.events(*drafts, *self._view(trace))

    def record(self, command: AddNote | Attach | HandOver) -> Decision:
        match command:
            case AddNote(text, key):
                if not text.strip() or len(text) > MAX_NOTE_LENGTH:
                    return Refusal(RefusalCode.INVALID, "note")
                return self.events((EventType.NOTED, {"text": text.strip(), "key": key}))
            case Attach(key, name, ref):
                if self._answerable(key) is None:
                    return Refusal(RefusalCode.NOT_HERE)
                attached = {"key": key, "name": name, "ref": ref}
                return self.events((EventType.ATTACHED, attached))
            case HandOver(to):
                if self.by.channel is Channel.CUSTOMER:
                    return Refusal(RefusalCode.NOT_FOR_CUSTOMER)
                return self.events((EventType.HANDED_OVER, {"to": to}))

    def close(self, command: End | Reopen) -> Decision:
        if isinstance(command, Reopen):
            if self.state.ended is None:
                return Refusal(RefusalCode.NOT_ENDED)
            if self.by.channel is Channel.CUSTOMER:
                return Refusal(RefusalCode.NOT_FOR_CUSTOMER)
            return self.events((EventType.REOPENED, {}))
        outcome = self.trace.outcome
        if outcome is None:
            return Refusal(RefusalCode.NO_OUTCOME)
        payload = {
            **self._payload(outcome),
            "kind": step_at(self.bundle, outcome).type,
            "last_step": self.trace.keys[-1] if self.trace.path else "",
        }
        return self.events((EventType.ENDED, payload))

    def _view(self, trace: Trace) -> list[tuple[EventType, Mapping[str, Any]]]:
        """What is shown next, unless the same step is already shown."""
        shown = trace.current or trace.outcome
        return [(EventType.VIEWED, self._payload(shown))] if shown else []

    def _payload(self, place: Place) -> dict[str, Any]:
        return place_payload(self.bundle, place, self.state.lang)


def may_answer(step: Step, channel: Channel) -> bool:
    """Customers cannot tick off what support does."""
    return not (channel is Channel.CUSTOMER and step.kind is Kind.DO and step.type == "agent")


def place_payload(bundle: Bundle, place: Place, lang: str) -> dict[str, Any]:
    """What events keep of a step, so that statistics survive later edits of the guide."""
    guide = bundle.guides[place.guide]
    text, _ = guide.step_text(place.step, lang)
    step = guide.steps[place.step]
    return {
        "key": place.key,
        "guide": guide.id,
        "step": step.id,
        "kind_of_step": step.kind.value,
        "version": guide.version,
        "shape": step.shape,
        "texts": text.digest,
    }


@dataclass(frozen=True, slots=True)
class Opening:
    """With what a session begins."""

    session: str
    lang: str
    context: Mapping[str, str]
    ticket: str = ""


def start(bundle: Bundle, opening: Opening, by: Submission) -> tuple[Event, ...]:
    """The first events of a session; ``by.command`` and ``by.seen_seq`` are not looked at."""
    declared = {name for guide in bundle.guides.values() for name in guide.front.context}
    context = {k: v for k, v in opening.context.items() if k in declared and v}
    started = {
        "guide": bundle.root,
        "version": bundle.guide.version,
        "digest": bundle.digest,
        "lang": opening.lang,
        "context": context,
        "ticket": opening.ticket,
    }
    drafts: list[tuple[EventType, Mapping[str, Any]]] = [(EventType.STARTED, started)]
    trace = replay(bundle, {}, context)
    shown = trace.current or trace.outcome
    if shown is not None:
        drafts.append((EventType.VIEWED, place_payload(bundle, shown, opening.lang)))
    return tuple(
        Event(opening.session, n, by.at, by.actor, by.channel, type_, payload)
        for n, (type_, payload) in enumerate(drafts, 1)
    )
