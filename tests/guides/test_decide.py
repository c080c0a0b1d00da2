"""Commands to events: corrections, doubts, stale input, resuming, ending."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from kb_assist.guides.decide import Decision, Opening, decide, start
from kb_assist.guides.fold import fold
from kb_assist.guides.model import Bundle, Channel
from kb_assist.guides.replay import replay
from kb_assist.guides.run import (
    AddNote,
    AnswerStep,
    Attach,
    Command,
    End,
    Event,
    EventType,
    HandOver,
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

BEGIN = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


@dataclass
class Session:
    """A session in memory whose clock is moved by hand."""

    bundle: Bundle
    at: datetime = BEGIN
    channel: Channel = Channel.AGENT
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        opening = Opening("s", "en", {"asset": "NB-1", "unknown": "x"})
        self.events.extend(start(self.bundle, opening, self._by(Resume(), 0)))

    def _by(self, command: Command, seen: int) -> Submission:
        return Submission(command, seen, "jo", self.channel, self.at, self.at.date())

    @property
    def state(self) -> SessionState:
        return fold(self.events)

    @property
    def trace(self) -> Trace:
        return replay(self.bundle, self.state.answers, self.state.context)

    @property
    def at_step(self) -> str:
        place = self.trace.current or self.trace.outcome
        assert place is not None
        return place.key

    def send(self, command: Command, *, seen: int | None = None) -> Decision:
        state = self.state
        result = decide(self.bundle, state, self._by(command, state.seq if seen is None else seen))
        if not isinstance(result, Refusal):
            self.events.extend(result)
        return result

    def walk(self, **answers: Stored) -> Session:
        for key, value in answers.items():
            assert not isinstance(self.send(AnswerStep(key, value)), Refusal), key
        return self


@pytest.fixture
def session(bundle: Bundle) -> Session:
    return Session(bundle)


def test_a_session_starts_with_declared_context_and_the_first_step_in_view(
    session: Session,
) -> None:
    assert [event.type for event in session.events] == [EventType.STARTED, EventType.VIEWED]
    assert session.state.context == {"asset": "NB-1"}
    assert session.events[1].payload["key"] == "device"


def test_an_answer_leads_on_and_the_next_step_is_viewed(session: Session) -> None:
    events = session.send(AnswerStep("device", "NB-1"))

    assert not isinstance(events, Refusal)
    assert [event.type for event in events] == [EventType.ANSWERED, EventType.VIEWED]
    assert [event.seq for event in events] == [3, 4]
    assert session.at_step == "internet"


def test_stale_input_is_refused_and_nothing_is_written(session: Session) -> None:
    session.walk(device="NB-1")
    before = list(session.events)

    assert session.send(AnswerStep("internet", "no"), seen=2) == Refusal(RefusalCode.STALE)
    assert session.events == before


def test_a_step_off_the_path_cannot_be_answered(session: Session) -> None:
    assert session.send(AnswerStep("retry", "yes")) == Refusal(RefusalCode.NOT_HERE)
    assert session.send(AnswerStep("no_such_step", "yes")) == Refusal(RefusalCode.NOT_HERE)


def test_a_value_that_does_not_fit_is_refused(session: Session) -> None:
    session.walk(device="NB-1")

    assert session.send(AnswerStep("internet", "maybe")) == Refusal(
        RefusalCode.INVALID, "not_an_option"
    )


def test_a_change_keeps_what_lies_before_the_first_action_and_doubts_the_rest(
    session: Session,
) -> None:
    session.walk(device="NB-1", internet="yes", error_shown="login", password_changed="yes")
    session.walk(relogin="ok", retry="no")
    session.walk(**{"error_shown@2": "other"})
    session.send(AnswerStep("device", "NB-2"))

    assert set(session.state.doubts) == {"relogin", "retry", "error_shown@2"}
    assert set(session.state.answers) == {"device", "internet", "error_shown", "password_changed"}
    assert session.at_step == "relogin"


def test_facts_are_never_doubted(session: Session) -> None:
    session.walk(device="NB-1", internet="yes", error_shown="other", screenshot="a.png")
    session.send(AnswerStep("internet", "no"))

    assert set(session.state.doubts) == {"error_shown"}
    assert "screenshot" in session.state.answers


def test_still_true_takes_a_doubted_answer_back(session: Session) -> None:
    session.walk(device="NB-1", internet="yes", error_shown="login", password_changed="yes")
    session.walk(relogin="ok", retry="no")
    session.send(AnswerStep("device", "NB-2"))

    assert session.send(StillTrue("retry")) == Refusal(RefusalCode.NOT_HERE)
    session.send(StillTrue("relogin"))
    session.send(StillTrue("retry"))
    assert session.at_step == "error_shown@2"
    assert session.state.doubts == {}


def test_change_and_change_back_costs_nothing(session: Session) -> None:
    session.walk(device="NB-1", internet="yes", error_shown="login", password_changed="yes")
    session.walk(relogin="ok", retry="no")
    before = session.trace
    session.send(AnswerStep("internet", "no"))
    assert session.at_step == "basics/link"
    session.send(AnswerStep("internet", "yes"))

    assert session.trace == before
    assert session.state.doubts == {}


def test_what_was_done_in_between_keeps_doubts_in_place(session: Session) -> None:
    session.walk(device="NB-1", internet="yes", error_shown="login", password_changed="no")
    session.walk(latency=10.0, screenshot=None, retry="no")
    session.send(AnswerStep("password_changed", "yes"))
    session.walk(relogin="ok")
    session.send(AnswerStep("password_changed", "no"))

    assert session.at_step == "latency"
    assert "latency" in session.state.doubts


def test_the_same_answer_again_changes_nothing_even_a_day_later(session: Session) -> None:
    session.walk(device="NB-1", internet="yes", error_shown="cert", cert_expiry="2026-05-04")
    assert session.at_step == "latency"
    session.at += timedelta(days=2)
    session.send(AnswerStep("cert_expiry", "2026-05-04"))

    assert session.at_step == "latency"


def test_a_late_resume_offers_actions_for_confirmation(session: Session) -> None:
    session.walk(device="NB-1", internet="yes", error_shown="login", password_changed="yes")
    session.walk(relogin="ok")
    session.at += timedelta(hours=24)
    session.send(Resume())
    assert session.at_step == "retry"
    session.at += timedelta(hours=24, seconds=1)
    session.send(Resume())

    assert session.at_step == "relogin"
    assert set(session.state.doubts) == {"relogin"}


def test_looking_back_changes_nothing(session: Session) -> None:
    session.walk(device="NB-1", internet="yes")
    trace = session.trace
    session.send(Revisit("device"))

    assert session.events[-1].type is EventType.REVISITED
    assert session.trace == trace
    assert session.send(Revisit("retry")) == Refusal(RefusalCode.NOT_HERE)


def test_only_end_ends_and_reopen_undoes_it(session: Session) -> None:
    assert session.send(End()) == Refusal(RefusalCode.NO_OUTCOME)
    session.walk(device="NB-1", internet="yes", error_shown="timeout", latency=300.0)
    assert session.state.ended is None
    session.send(End())

    assert session.state.ended is not None
    assert session.state.ended["kind"] == "escalate"
    assert session.state.ended["last_step"] == "latency"
    assert session.send(AnswerStep("latency", 1.0)) == Refusal(RefusalCode.ENDED)
    session.send(Reopen())
    assert session.state.ended is None


def test_customers_cannot_tick_off_what_support_does(session: Session) -> None:
    session.walk(device="NB-1", internet="yes", error_shown="cert", cert_expiry="2026-05-03")
    session.channel = Channel.CUSTOMER

    assert session.send(AnswerStep("renew_cert", "ok")) == Refusal(RefusalCode.NOT_FOR_CUSTOMER)
    assert session.send(HandOver("x")) == Refusal(RefusalCode.NOT_FOR_CUSTOMER)


def test_notes_files_and_hand_over_are_kept(session: Session) -> None:
    session.send(AddNote(" calls back at 10 ", "device"))
    session.send(Attach("device", "a.png", "ref-1"))
    session.send(HandOver("mia"))

    assert session.state.notes[0].text == "calls back at 10"
    assert session.state.attachments[0].ref == "ref-1"
    assert session.state.owner == "mia"
    assert session.send(AddNote("  ")) == Refusal(RefusalCode.INVALID, "note")


def test_the_order_of_stored_events_does_not_matter(session: Session) -> None:
    session.walk(device="NB-1", internet="yes", error_shown="login")

    assert fold(session.events[::-1]) == session.state
