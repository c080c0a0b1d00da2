"""Whether articles answer a group."""

from __future__ import annotations

import pytest

from kb_assist.gaps.cover import answered, together, unanswered_alone
from kb_assist.gaps.model import Chances


def _all(*firsts: float) -> list[Chances]:
    return [Chances(first, first) for first in firsts]


def test_three_sure_tickets_make_an_answered_group() -> None:
    assert answered(_all(0.95, 0.93, 0.97))


def test_one_sure_ticket_does_not_answer_for_two_doubtful_ones() -> None:
    assert not answered(_all(0.99, 0.4, 0.5))


def test_nobody_is_surer_than_all_others_together() -> None:
    assert not answered(_all(1.0, 0.2, 0.2))


def test_the_vote_of_equal_tickets_is_their_chance() -> None:
    assert together([0.7, 0.7, 0.7]) == pytest.approx(0.7)


def test_no_ticket_answers_nothing() -> None:
    assert together([]) == 0.0


def test_a_lone_ticket_is_uncovered_when_five_suggestions_are_unlikely_to_help() -> None:
    assert unanswered_alone(Chances(0.3, 0.49))
    assert not unanswered_alone(Chances(0.3, 0.5))
