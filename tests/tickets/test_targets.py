"""Priorities, deadlines and clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_assist.tickets.model import Pause, Priority
from kb_assist.tickets.priority import priority_of
from kb_assist.tickets.targets import ClockState, Hours, Policy, clock_state, due

HOURS = Hours()
"""Monday to Friday, 8 to 18 in Berlin."""
MONDAY = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0, *, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.mark.parametrize(
    ("impact", "urgency", "priority"), [(1, 1, 1), (1, 3, 3), (2, 2, 3), (3, 2, 4), (3, 3, 5)]
)
def test_priority_follows_impact_and_urgency(impact: int, urgency: int, priority: int) -> None:
    assert priority_of(impact, urgency) is Priority(priority)


def test_priority_off_the_scale_is_an_error() -> None:
    with pytest.raises(ValueError, match="1 to 3"):
        priority_of(0, 2)


def test_time_counts_within_opening_hours_only() -> None:
    # Friday 16:00 in Berlin: two hours today, the rest on Monday from 8:00.
    assert due(at(6, 15), hours(3), HOURS) == at(9, 8)


def test_a_ticket_of_the_night_starts_in_the_morning() -> None:
    assert due(at(3, 2), hours(1), HOURS) == at(3, 8)


def test_a_deadline_at_closing_time_is_not_moved_to_the_next_day() -> None:
    assert due(at(2, 7), hours(10), HOURS) == at(2, 17)


def test_holidays_of_the_state_are_days_off() -> None:
    # Epiphany, 6 January, is a holiday in Bavaria, not in Hamburg.
    start = at(5, 16, month=1)

    assert due(start, hours(2), Hours(region="BY")) == at(7, 8, month=1)
    assert due(start, hours(2), Hours(region="HH")) == at(6, 8, month=1)
    assert due(start, hours(2), Hours()) == at(6, 8, month=1)


def test_national_holidays_without_a_state() -> None:
    assert due(at(24, 17, month=12), hours(1), Hours(region="DE")) == at(28, 8, month=12)


def test_summer_time_does_not_stretch_a_day() -> None:
    # 27 March 2026 is the Friday before the change; Monday opens at 6:00 UTC, not 7:00.
    assert due(at(27, 16, month=3), hours(2), HOURS) == at(30, 7, month=3)


def test_around_the_clock_ignores_opening_hours() -> None:
    assert due(at(7, 23), hours(4), None) == at(8, 3)


def test_a_pause_moves_the_deadline_by_its_working_time() -> None:
    # Paused from 9:00 UTC on Monday to 9:00 on Tuesday: ten working hours.
    pause = Pause(at(2, 9), at(3, 9))

    assert due(MONDAY, hours(4), HOURS, [pause]) == at(3, 12)


def test_a_pause_outside_opening_hours_moves_nothing() -> None:
    pause = Pause(at(2, 18), at(3, 6))

    assert due(at(2, 16), hours(2), HOURS, [pause]) == at(3, 8)


def test_overlapping_pauses_count_once() -> None:
    pauses = [Pause(at(2, 9), at(2, 11)), Pause(at(2, 10), at(2, 12))]

    assert due(MONDAY, hours(2), HOURS, pauses) == at(2, 13)


def test_an_open_pause_leaves_no_deadline_unless_it_came_too_late() -> None:
    pause = Pause(at(2, 10))

    assert due(MONDAY, hours(4), HOURS, [pause]) is None
    assert due(MONDAY, hours(1), HOURS, [pause]) == at(2, 9)


def test_the_most_pressing_priority_counts_around_the_clock() -> None:
    response, resolution = Policy().dues(Priority.P1, at(7, 22))

    assert (response, resolution) == (at(7, 22, 15), at(8, 2))


def test_elapsed_leaves_out_nights_and_pauses() -> None:
    pause = Pause(at(2, 9), at(2, 10))

    assert Policy().elapsed(Priority.P3, MONDAY, at(3, 8), [pause]) == hours(9)


@pytest.mark.parametrize(
    ("now", "stopped", "deadline", "expected"),
    [
        (at(2, 9), None, at(2, 16), ClockState.RUNNING),
        (at(2, 14, 30), None, at(2, 16), ClockState.DUE_SOON),
        (at(2, 16, 1), None, at(2, 16), ClockState.BREACHED),
        (at(2, 9), None, None, ClockState.PAUSED),
        (at(2, 17), at(2, 15), at(2, 16), ClockState.MET),
        (at(2, 17), at(2, 17), at(2, 16), ClockState.MISSED),
    ],
)
def test_how_a_clock_stands(
    now: datetime, stopped: datetime | None, deadline: datetime | None, expected: ClockState
) -> None:
    assert clock_state(deadline, now, started=MONDAY, stopped=stopped) is expected


instants = st.datetimes(
    datetime(2026, 1, 1),
    datetime(2026, 12, 1),
    timezones=st.just(UTC),
)


@given(
    start=instants,
    minutes=st.integers(1, 6_000),
    pause_after=st.integers(0, 10_000),
    pause_for=st.integers(1, 10_000),
)
def test_exactly_the_allowance_has_passed_at_the_deadline(
    start: datetime, minutes: int, pause_after: int, pause_for: int
) -> None:
    begin = start + timedelta(minutes=pause_after)
    pauses = [Pause(begin, begin + timedelta(minutes=pause_for))]
    deadline = due(start, timedelta(minutes=minutes), HOURS, pauses)

    assert deadline is not None
    elapsed = Policy().elapsed(Priority.P3, start, deadline, pauses)
    assert elapsed == timedelta(minutes=minutes)
