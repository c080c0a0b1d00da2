"""Figures about guides, from events only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from kb_assist.guides.analytics import Rate, StepFigures, analyse, drawn, may_be_told
from kb_assist.guides.decide import Opening, decide, start
from kb_assist.guides.fold import fold
from kb_assist.guides.model import Bundle, Channel
from kb_assist.guides.run import (
    AnswerStep,
    Command,
    End,
    Event,
    Refusal,
    Reopen,
    Resume,
    Stored,
    Submission,
)

BEGIN = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
LATER = BEGIN + timedelta(days=30)
RESOLVED: list[tuple[str, Stored]] = [
    ("device", "NB-1"),
    ("internet", "yes"),
    ("error_shown", "login"),
    ("password_changed", "yes"),
    ("relogin", "ok"),
    ("retry", "yes"),
]


def session(
    bundle: Bundle,
    answers: Sequence[tuple[str, Stored]],
    *after: Command,
    channel: Channel = Channel.AGENT,
    pause: timedelta = timedelta(seconds=30),
) -> list[Event]:
    """One session whose every step takes ``pause``."""
    at = BEGIN
    by = Submission(Resume(), 0, "jo", channel, at, at.date())
    events = list(start(bundle, Opening("s", "en", {}), by))
    for command in (*(AnswerStep(key, value) for key, value in answers), *after):
        at += pause
        state = fold(events)
        by = Submission(command, state.seq, "jo", channel, at, at.date())
        decision = decide(bundle, state, by)
        assert not isinstance(decision, Refusal), (command, decision)
        events += decision
    return events


def step(figures: Sequence[StepFigures], name: str) -> StepFigures:
    return next(each for each in figures if each.step == name)


def test_few_sessions_are_not_told() -> None:
    assert may_be_told((4, 4)) == (0, 0)
    assert may_be_told((3, 5)) == (3, 5)


def test_reach_and_drop_off_count_sessions(bundle: Bundle) -> None:
    done = [session(bundle, RESOLVED, End())] * 6
    left = [session(bundle, RESOLVED[:2])] * 4
    figures = analyse([*done, *left], now=LATER)

    assert figures.sessions == 10
    assert figures.abandoned == Rate(4, 10)
    assert figures.outcomes["resolved"].share == 0.6
    assert step(figures.steps, "retry").reach == Rate(6, 10)
    assert step(figures.steps, "error_shown").drop_off == Rate(4, 10)
    assert step(figures.steps, "internet").drop_off == Rate(0, 10)


def test_a_session_is_abandoned_after_a_day_or_a_customers_hour(bundle: Bundle) -> None:
    agent = session(bundle, RESOLVED[:2])
    customer = session(bundle, RESOLVED[:2], channel=Channel.CUSTOMER)
    soon = BEGIN + timedelta(hours=2)

    assert analyse([agent], now=soon).abandoned.count == 0
    assert analyse([customer], now=soon).abandoned.count == 1
    assert analyse([agent], now=BEGIN + timedelta(hours=25)).abandoned.count == 1
    assert analyse([agent], now=soon, given_up={"s"}).abandoned.count == 1, "somebody said so"


def test_shares_of_few_sessions_are_hidden(bundle: Bundle) -> None:
    figures = analyse([session(bundle, RESOLVED, End())] * 4, now=LATER)

    assert figures.outcomes["resolved"].share is None
    assert step(figures.steps, "retry").active.median is None


def test_active_time_leaves_long_pauses_out(bundle: Bundle) -> None:
    quick = [session(bundle, RESOLVED, End())] * 5
    lunch = [session(bundle, RESOLVED, End(), pause=timedelta(hours=1))] * 5

    assert step(analyse(quick, now=LATER).steps, "retry").active.median == 30
    assert step(analyse(lunch, now=LATER).steps, "retry").active.median == 600


def test_actions_that_fail_and_actions_that_fix(bundle: Bundle) -> None:
    fixed = session(bundle, RESOLVED, End())
    failed = session(bundle, [*RESOLVED[:4], ("relogin", "failed")], End())
    figures = analyse([fixed] * 3 + [failed] * 2, now=LATER)
    relogin = step(figures.steps, "relogin")

    assert relogin.failed == Rate(2, 5)
    assert relogin.fixed == Rate(3, 5)
    assert relogin.escalated_from == Rate(2, 2)


def test_corrections_and_other_are_counted_per_answer(bundle: Bundle) -> None:
    answers = [*RESOLVED[:2], ("error_shown", "other"), ("error_shown", "login")]
    figures = analyse([session(bundle, answers)] * 5, now=LATER)

    assert step(figures.steps, "error_shown").corrected == Rate(5, 10)
    assert step(figures.steps, "error_shown").other == Rate(5, 10)


def test_what_is_reopened_within_a_week_is_counted(bundle: Bundle) -> None:
    reopened = session(bundle, RESOLVED, End(), Reopen(), End())
    late = session(bundle, RESOLVED, End(), Reopen(), End(), pause=timedelta(days=8))

    assert analyse([reopened, late], now=LATER).reopened == Rate(1, 2)


def test_figures_are_drawn_on_the_steps_they_are_about(bundle: Bundle) -> None:
    done = [session(bundle, RESOLVED, End())] * 6
    left = [session(bundle, RESOLVED[:2])] * 6
    few = [session(bundle, RESOLVED[:2])] * 4
    figures = drawn(analyse([*done, *left], now=LATER), "vpn_connect", "de")

    assert figures.notes["error_shown"] == "100 % erreicht, 50 % hier verlassen"
    assert figures.weights["error_shown"] == 0.5
    assert figures.notes["retry"] == "50 % erreicht"
    assert drawn(analyse(few, now=LATER), "vpn_connect", "de").notes == {}
