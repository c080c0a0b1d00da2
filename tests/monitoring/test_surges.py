"""Surges are found early, and ordinary tickets make none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from kb_assist.monitoring import surges
from kb_assist.monitoring.surges import (
    Floats,
    Found,
    History,
    Lesson,
    Stage,
    belongs,
    chance,
    detect,
    stage,
)

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
DIMENSION = 384


class Topics:
    """Vectors around topics: same-topic cosines near 0.5, others near 0; languages blur it."""

    def __init__(self, seed: int, count: int, *, noise: float = 0.9) -> None:
        self.noise = noise
        self.random = np.random.default_rng(seed)
        self.centres = self._unit(self.random.normal(size=(count, DIMENSION)))
        self.languages = self._unit(self.random.normal(size=(2, DIMENSION)))

    def ticket(self, topic: int, language: int = 0) -> Floats:
        noise = self._unit(self.random.normal(size=DIMENSION))
        mixed = self.centres[topic] + self.noise * noise + 0.2 * self.languages[language]
        return np.asarray(self._unit(mixed), dtype=np.float32)

    def _unit(self, vectors: Floats) -> Floats:
        return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def centre_of(vectors: list[Floats]) -> Floats:
    total = np.sum(vectors, axis=0)
    return np.asarray(total / np.linalg.norm(total), dtype=np.float32)


def replay(
    arrivals: list[tuple[datetime, Floats]], lessons: tuple[Lesson, ...] = ()
) -> dict[int, Found]:
    """Every surge that is found while tickets come in one by one, by the completing ticket."""
    ids = np.arange(len(arrivals), dtype=np.int64)
    at = np.array([moment.timestamp() for moment, _ in arrivals])
    vectors = np.stack([vector for _, vector in arrivals])
    found: dict[int, Found] = {}
    for i, (moment, vector) in enumerate(arrivals):
        held = History(ids[:i], at[:i], vectors[:i])
        surge = detect(held, (i, moment, vector), lessons)
        if surge is not None:
            found[i] = surge
    return found


def ordinary(topics: Topics, count: int, *, per_hour: int = 12) -> list[tuple[datetime, Floats]]:
    """Working days of ten hours; popular topics come far more often than rare ones."""
    chances = 1 / np.arange(1, len(topics.centres) + 1) ** 0.8
    drawn = topics.random.choice(len(topics.centres), size=count, p=chances / chances.sum())
    minutes = np.sort(topics.random.uniform(0, count / per_hour * 60, size=count))
    moments = [START + timedelta(days=m // 600, minutes=m % 600) for m in minutes]
    return [
        (at, topics.ticket(int(t), i % 2))
        for i, (at, t) in enumerate(zip(moments, drawn, strict=True))
    ]


def test_a_surge_in_two_languages_is_found_with_its_fourth_ticket() -> None:
    topics = Topics(3, 200)
    unusual = Topics(4, 1)
    arrivals = ordinary(topics, 500)
    begin = arrivals[400][0]
    surge = [(begin + timedelta(minutes=6 * i), unusual.ticket(0, i % 2)) for i in range(10)]
    marked = sorted(
        [(at, v, False) for at, v in arrivals] + [(at, v, True) for at, v in surge],
        key=lambda one: one[0],
    )
    members = [i for i, one in enumerate(marked) if one[2]]
    found = replay([(at, v) for at, v, _ in marked])
    assert min(found) == members[3]
    assert set(found) <= set(members), "no other surge"
    last = found[members[-1]]
    assert len(set(last.ids) & set(members)) >= 9
    assert last.usual < 0.5


@pytest.mark.parametrize("hours", [0, 3, 24, 240])
def test_a_surge_is_found_however_fast_all_tickets_come(hours: int) -> None:
    """Five hundred on the first day of a desk, or put in at once: they tell what is usual."""
    arrivals = ordinary(Topics(3, 200), 500)
    unusual = Topics(4, 1)
    spread = [
        (START + timedelta(hours=hours) * n / 500, vector) for n, (_, vector) in enumerate(arrivals)
    ]
    end = spread[-1][0]
    surge = [(end + timedelta(minutes=5 * n), unusual.ticket(0, n % 2)) for n in range(10)]
    assert min(replay(spread + surge)) == 503


def test_ten_thousand_ordinary_tickets_are_no_surge() -> None:
    assert replay(ordinary(Topics(5, 200), 10_000)) == {}


def test_a_busy_morning_of_all_topics_is_no_surge() -> None:
    topics = Topics(6, 100)
    quiet = ordinary(topics, 1000)
    busy = [(at + timedelta(days=30), v) for at, v in ordinary(topics, 200, per_hour=100)]
    assert replay(quiet + busy) == {}


def test_a_topic_that_always_comes_often_needs_more() -> None:
    topics = Topics(7, 10)
    history = ordinary(topics, 600)
    begin = history[-1][0] + timedelta(days=1)
    more = [(begin + timedelta(minutes=i), topics.ticket(0)) for i in range(4)]
    assert replay(history + more) == {}


def test_a_dismissed_topic_needs_twice_as_many() -> None:
    unusual = Topics(4, 1)
    arrivals = ordinary(Topics(3, 200), 300)
    begin = arrivals[-1][0] + timedelta(days=1)
    surge = [(begin + timedelta(minutes=i), unusual.ticket(0)) for i in range(9)]
    lesson = Lesson(centre_of([v for _, v in surge]), 4, 0.6)
    assert min(replay(arrivals + surge)) == 303
    assert min(replay(arrivals + surge, (lesson,))) == 307


def test_tickets_of_a_known_surge_make_no_other_one() -> None:
    unusual = Topics(4, 1)
    arrivals = ordinary(Topics(3, 200), 500)
    begin = arrivals[-1][0] + timedelta(days=1)
    arrivals += [(begin + timedelta(minutes=n), unusual.ticket(0)) for n in range(4)]
    at = np.array([moment.timestamp() for moment, _ in arrivals])
    held = History(np.arange(504), at, np.stack([vector for _, vector in arrivals]))
    new = (504, begin + timedelta(minutes=5), unusual.ticket(0))
    assert detect(held, new) is not None
    assert detect(held, new, taken=[500, 501, 502, 503]) is None


def test_tickets_spread_over_days_are_no_surge() -> None:
    unusual = Topics(4, 1)
    slow = [(START + timedelta(hours=5 * i), unusual.ticket(0)) for i in range(6)]
    assert replay(slow) == {}


def test_a_ticket_belongs_that_is_as_near_to_the_centre_as_the_members() -> None:
    topics = Topics(8, 2)
    centre = centre_of([topics.ticket(0) for _ in range(5)])
    assert belongs(topics.ticket(0), centre, 0.5)
    assert not belongs(topics.ticket(1), centre, 0.5)


def test_few_ordinary_tickets_belong_to_a_surge_of_tickets_faintly_alike() -> None:
    faint = Topics(9, 1, noise=1.8)
    arrivals = ordinary(Topics(3, 200), 500)
    begin = arrivals[-1][0] + timedelta(days=1)
    surge = [(begin + timedelta(minutes=i), faint.ticket(0)) for i in range(10)]
    found = list(replay(arrivals + surge).values())
    assert found
    strays = sum(belongs(vector, found[0].centre, found[0].level) for _, vector in arrivals)
    assert strays <= 3


def test_a_group_that_no_single_pair_shows_is_found_by_its_centre() -> None:
    faint = Topics(9, 1, noise=1.8)
    members = [faint.ticket(0) for _ in range(10)]
    pairs = np.stack(members) @ np.stack(members).T
    assert np.median(pairs[np.triu_indices(10, 1)]) < 0.25
    arrivals = ordinary(Topics(3, 200), 500)
    begin = arrivals[-1][0] + timedelta(days=1)
    surge = [(begin + timedelta(minutes=i), v) for i, v in enumerate(members)]
    found = replay(arrivals + surge)
    assert min(found) < 508
    assert all(key >= 500 for one in found.values() for key in one.ids)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(0.5, Stage.ACTIVE), (3.9, Stage.EMERGING), (5, Stage.QUIET), (24.5, Stage.RESOLVED)],
)
def test_a_surge_calms_down_step_by_step(hours: float, expected: Stage) -> None:
    moments = [START + timedelta(minutes=4 * i) for i in range(-5, 1)]
    assert stage(moments, START + timedelta(hours=hours)) is expected


def test_four_tickets_in_four_hours_are_only_emerging() -> None:
    moments = [START + timedelta(minutes=i) for i in range(4)]
    assert stage(moments, START + timedelta(minutes=4)) is Stage.EMERGING


def test_a_group_is_as_unlikely_as_its_members_together() -> None:
    alone = chance(np.array([0.5, 0.5, 0.5, 0.5]), 0.01)
    assert alone == pytest.approx(0.005**4)
    assert chance(np.array([0.5, 0.5, 0.5, 9.5]), 0.01) == pytest.approx(alone * 19)
    usual = chance(np.array([0.5, 0.5, 0.5, 5_000]), 0.01)
    assert usual == pytest.approx(0.005**3), "says nothing"


def test_a_larger_group_must_be_less_likely() -> None:
    quite_usual = np.full(6, 5_000.0)
    assert chance(quite_usual, 0.01) > chance(quite_usual[:4], 0.01)


def test_a_small_desk_finds_what_is_far_from_everything_it_knows() -> None:
    unusual = Topics(4, 1, noise=0.6)
    arrivals = ordinary(Topics(3, 40), 90, per_hour=2)
    begin = arrivals[-1][0] + timedelta(days=1)
    surge = [(begin + timedelta(minutes=5 * n), unusual.ticket(0, n % 2)) for n in range(6)]
    assert min(replay(arrivals + surge)) <= 94


def test_a_rare_topic_is_found_when_it_comes_fast_and_not_when_it_comes_slowly() -> None:
    """The same four tickets among the same others: what came in between counts."""
    rare = Topics(4, 1)
    known = [(START + timedelta(hours=n), rare.ticket(0)) for n in range(2)]
    arrivals = sorted([*ordinary(Topics(3, 200), 500), *known], key=lambda one: one[0])
    begin = arrivals[-1][0] + timedelta(days=1)
    others = [(begin + timedelta(minutes=n), v) for n, (_, v) in enumerate(arrivals[100:148])]
    tickets = [rare.ticket(0) for _ in range(4)]
    fast = [(begin + timedelta(minutes=50 + n), v) for n, v in enumerate(tickets)]
    slow = [(begin + timedelta(minutes=16 * n, seconds=30), v) for n, v in enumerate(tickets)]
    assert max(replay(arrivals + sorted([*others, *fast], key=lambda one: one[0]))) == 553
    assert replay(arrivals + sorted([*others, *slow], key=lambda one: one[0])) == {}


def test_three_alike_make_no_surge_with_any_other() -> None:
    """However unlikely the three are: the fourth must be unusual by itself."""
    unusual = Topics(4, 1, noise=0.6)
    arrivals = ordinary(Topics(3, 200), 500)
    begin = arrivals[400][0]
    alike = [(begin + timedelta(minutes=6 * n), unusual.ticket(0, n % 2)) for n in range(3)]
    assert replay(sorted([*arrivals, *alike], key=lambda one: one[0])) == {}


def test_a_little_nearer_than_anything_before_is_no_surge_where_many_were_near() -> None:
    """The same four tickets among the same others, with and without many of their wider topic."""
    wide = Topics(6, 1, noise=1.2)
    arrivals = ordinary(Topics(3, 200), 500)
    begin = arrivals[-1][0] + timedelta(days=1)
    four = [0.9 * wide.ticket(0) + 0.1 * wide.centres[0] for _ in range(4)]
    four = [np.asarray(one / np.linalg.norm(one), dtype=np.float32) for one in four]
    others = [(begin + timedelta(minutes=n), v) for n, (_, v) in enumerate(arrivals[100:120])]
    fresh = [(begin + timedelta(minutes=6 * n, seconds=30), v) for n, v in enumerate(four)]
    late = sorted([*others, *fresh], key=lambda one: one[0])
    near = [(START + timedelta(minutes=20 * n), wide.ticket(0)) for n in range(100)]
    centre = centre_of(four)
    assert max(v @ centre for _, v in near) < min(v @ centre for v in four), "none was as near"
    assert replay([*arrivals, *late])
    assert replay([*sorted([*near, *arrivals], key=lambda one: one[0]), *late]) == {}


def test_what_is_usual_shows_in_the_newest_tickets(monkeypatch: pytest.MonkeyPatch) -> None:
    rare = Topics(4, 1)
    once = [(START + timedelta(minutes=10 * n), rare.ticket(0)) for n in range(30)]
    since = [(at + timedelta(days=1), vector) for at, vector in ordinary(Topics(3, 200), 400)]
    begin = since[-1][0] + timedelta(days=1)
    again = [(begin + timedelta(minutes=n), rare.ticket(0)) for n in range(4)]
    before = [*once, *since, *again[:3]]
    seconds = np.array([at.timestamp() for at, _ in before])
    known = History(np.arange(433), seconds, np.stack([vector for _, vector in before]))
    new = (433, *again[3])
    assert detect(known, new) is None
    monkeypatch.setattr(surges, "_COMPARED", 400)
    assert detect(known, new) is not None
