"""A surge about two things is told from one about a single thing in two languages."""

from __future__ import annotations

import numpy as np
import pytest

from kb_assist.monitoring.parting import part
from kb_assist.monitoring.surges import Floats
from tests.monitoring.test_surges import Topics


@pytest.fixture
def topics() -> Topics:
    return Topics(5, 60)


def tickets(topics: Topics, numbers: list[int]) -> Floats:
    """One of each topic in turn, in German and English."""
    return np.stack([topics.ticket(topic, at % 2) for at, topic in enumerate(numbers)])


def test_two_topics_are_parted(topics: Topics) -> None:
    numbers = [0, 1, 0, 1, 1, 0, 0, 1, 1]
    large, small = part(tickets(topics, numbers)) or (None, None)
    assert large is not None
    assert small is not None
    assert large.rows.tolist() == [1, 3, 4, 7, 8]
    assert small.rows.tolist() == [0, 2, 5, 6]
    assert float(large.centre @ topics.centres[1]) > 0.7
    assert float(small.centre @ topics.centres[0]) > 0.7
    assert small.level > 0.2


def test_the_older_of_equals_comes_first(topics: Topics) -> None:
    first, second = part(tickets(topics, [1, 0, 0, 1, 0, 1, 0, 1])) or (None, None)
    assert first is not None
    assert second is not None
    assert first.rows.tolist() == [0, 3, 5, 7]


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param([0] * 12, id="one topic"),
        pytest.param([0, 1, 0, 0, 1, 0, 0, 1], id="three of another"),
        pytest.param([0, 0, 0, 0, 0, 10, 11, 12, 13], id="no common topic of the others"),
        pytest.param([0, 1, 0, 1], id="too few"),
    ],
)
def test_others_are_left_together(topics: Topics, numbers: list[int]) -> None:
    assert part(tickets(topics, numbers)) is None


def test_languages_are_no_topics() -> None:
    """As far apart as they are where a model takes language into account."""
    topics = Topics(5, 2)
    topics.languages = 4 * topics.languages
    spoken = tickets(topics, [0] * 12)
    german, english = spoken[::2].mean(axis=0), spoken[1::2].mean(axis=0)
    cosine = float(german @ english / np.linalg.norm(german) / np.linalg.norm(english))
    assert 0.4 < cosine < 0.75
    assert part(spoken) is None


def test_those_of_a_large_surge_are_all_given_to_a_part(topics: Topics) -> None:
    numbers = [0, 1, 0] * 150
    large, small = part(tickets(topics, numbers)) or (None, None)
    assert large is not None
    assert small is not None
    assert large.rows.tolist() == [at for at, topic in enumerate(numbers) if topic == 0]
    assert len(small.rows) == 150
