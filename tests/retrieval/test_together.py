"""Questions that wait for somebody are asked at once, others when their answer is wanted."""

from __future__ import annotations

from threading import Event

import pytest

from kb_assist.retrieval.together import later


def test_a_waiting_question_is_asked_before_anybody_wants_the_answer() -> None:
    asked, answered = Event(), Event()

    def question() -> str:
        asked.set()
        assert answered.wait(5)
        return "yes"

    answer = later(question, waits=True)
    assert asked.wait(5)
    answered.set()
    assert answer() == "yes"


def test_a_computed_answer_is_worked_out_when_it_is_wanted() -> None:
    asked: list[int] = []
    answer = later(lambda: asked.append(1), waits=False)
    assert not asked
    answer()
    assert asked == [1]


def test_what_a_question_raised_comes_with_its_answer() -> None:
    def broken() -> None:
        raise ValueError("no answer")

    answer = later(broken, waits=True)
    with pytest.raises(ValueError, match="no answer"):
        answer()
