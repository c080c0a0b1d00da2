"""Stored tickets are looked at as they come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import insert, select

from kb_assist.correlation import outages, surges, surges_store
from kb_assist.correlation.match import Reason, matches
from kb_assist.correlation.outages import Texts
from kb_assist.correlation.surge_growth import look_again
from kb_assist.correlation.surges import Space
from kb_assist.correlation.surges_store import Arrival, Told
from kb_assist.errors import InputError
from kb_assist.monitoring import outages_store
from kb_assist.monitoring.surges import Floats, Found, History, Stage
from kb_assist.storage.tables.tickets import tickets
from kb_assist.tickets import store
from kb_assist.tickets.intake import create
from kb_assist.tickets.model import Draft
from tests.correlation.conftest import at_once
from tests.tickets.builders import MONDAY
from tests.tickets.conftest import House

DIMENSION = 64
KEY = "fake"


class World:
    """Tickets whose vectors lie around a topic and, far from zero, around their language."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.random = np.random.default_rng(2)
        self.languages = {code: 4 * self._unit() for code in ("de", "en")}
        self.topic = self._unit()
        self.space = Space(KEY, self.languages.__getitem__)

    def _unit(self) -> Floats:
        drawn = self.random.normal(size=DIMENSION)
        return (drawn / np.linalg.norm(drawn)).astype(np.float32)

    def arrive(
        self,
        count: int,
        *,
        alike: bool,
        minutes: int = 5,
        topic: Floats | None = None,
        subject: str = "",
    ) -> list[int]:
        """One by one, each looked at; ids of the surges that were found."""
        about = self.topic if topic is None else topic
        found: list[int] = []
        for number in range(count):
            language = ("de", "en")[number % 2]
            noise = 0.6 * self._unit() if alike else self._unit()
            vector = self.languages[language] + noise + (about if alike else 0)
            with self.house.desk(after=timedelta(minutes=minutes)) as desk:
                draft = Draft(subject or f"Ticket {number}", "text", language=language)
                ticket = create(desk, draft).ticket
                one = Arrival(ticket.id, ticket.created_at, language, vector.astype(np.float32))
                new, _ = surges.look(desk, self.space, [one])
                found += [surge.id for surge in new]
        return found


@pytest.fixture
def world(house: House) -> World:
    made = World(house)
    # Enough that is known to tell the unusual from the usual.
    with house.desk() as desk:
        create(desk, Draft("x", "y", created_at=MONDAY - timedelta(days=21)))
        (first,) = desk.connection.execute(select(tickets)).mappings()
        copy = {name: value for name, value in first.items() if name != "id"}
        begin = MONDAY - timedelta(days=20)
        # One by one they would take a second for every test.
        rows = [
            copy | {"created_at": begin + timedelta(hours=n), "language": ("de", "en")[n % 2]}
            for n in range(400)
        ]
        desk.connection.execute(insert(tickets), rows)
        ordered = select(tickets.c.id, tickets.c.created_at, tickets.c.language)
        found = desk.connection.execute(ordered.order_by(tickets.c.created_at).offset(1)).all()
        known = [
            Arrival(key, at, code, (made.languages[code] + made._unit()).astype(np.float32))
            for key, at, code in found
        ]
        surges_store.keep(desk.connection, KEY, known)
    return made


def test_a_surge_is_found_with_its_fourth_ticket_and_others_join(world: World) -> None:
    assert world.arrive(3, alike=True) == []
    (found,) = world.arrive(1, alike=True)
    assert world.arrive(3, alike=True) == []
    world.arrive(2, alike=False)
    with world.house.desk() as desk:
        surge = surges_store.get(desk.connection, found)
        assert len(surge.tickets) == 7
        assert surge.stage is Stage.ACTIVE
        (shown,) = surges_store.of_ticket(desk.connection, surge.tickets[-1])
        assert shown.id == surge.id


def test_a_rare_language_lies_where_the_usual_one_does() -> None:
    """A desk about something of its own, so far in English only; then both languages about it."""
    random = np.random.default_rng(3)
    own = random.normal(size=DIMENSION).astype(np.float32)
    expected = {code: random.normal(size=DIMENSION).astype(np.float32) for code in ("de", "en")}
    known = [
        Arrival(n, MONDAY + timedelta(hours=n), "en", expected["en"] + own + _noise(random))
        for n in range(200)
    ]
    topic = _noise(random)
    at = MONDAY + timedelta(hours=240)
    new = [Arrival(200 + n, at, code, expected[code] + topic) for n, code in enumerate(expected)]
    german, english = surges.centred([*known, *new], Space(KEY, expected.__getitem__))[-2:]
    assert float(german @ english) > 0.9


@pytest.mark.parametrize("apart", [timedelta(0), timedelta(hours=2)])
def test_a_desk_is_known_by_all_but_its_newest_tickets(apart: timedelta) -> None:
    """However fast they came: six alike are as far from what is usual as one of them alone."""
    random = np.random.default_rng(3)
    own, topic = 3 * _noise(random), _noise(random)
    known = [Arrival(n, MONDAY + n * apart, "en", own + _noise(random)) for n in range(120)]
    alike = [Arrival(120 + n, known[-1].at, "en", own + topic) for n in range(6)]
    space = Space(KEY, lambda _: np.zeros(DIMENSION, dtype=np.float32))
    one = surges.centred([*known, *alike[:1]], space)[-1]
    six = surges.centred([*known, *alike], space)[-6:]
    assert float(one @ topic) > 0.8 * np.linalg.norm(topic)
    assert (six @ one).min() > 0.995


def _noise(random: np.random.Generator) -> Floats:
    return random.normal(size=DIMENSION).astype(np.float32)


def test_a_ticket_joins_the_nearest_of_two_surges(world: World) -> None:
    """Two outages at once, so much alike that the newer would have taken the other's tickets."""
    (first,) = world.arrive(4, alike=True)
    with world.house.desk() as desk:
        surge = surges_store.get(desk.connection, first)
        beside = surge.centre + 0.4 * world._unit()
        beside /= np.linalg.norm(beside)
        made = Found(surge.tickets[:1], surge.started_at, 0.0, beside, surge.level)
        surges_store.add(desk.connection, KEY, Told("x", ""), made)
        ticket = create(desk, Draft("a", "b", language="de")).ticket
        vector = (world.languages["de"] + surge.centre).astype(np.float32)
        surges.look(desk, world.space, [Arrival(ticket.id, ticket.created_at, "de", vector)])
        holding = surges_store.of_ticket(desk.connection, ticket.id)
    assert [one.id for one in holding] == [first]


def test_two_outages_that_begin_together_become_two_surges(world: World) -> None:
    """Its first four tickets are two of each; with the eighth it is known that there are two."""
    topics = {"mail": world.topic, "vpn": world._unit()}
    found = [
        world.arrive(1, alike=True, minutes=2, topic=topic, subject=subject)
        for _ in range(5)
        for subject, topic in topics.items()
    ]

    assert [len(new) for new in found] == [0, 0, 0, 1, 0, 0, 0, 1, 0, 0]
    with world.house.desk() as desk:
        older, newer = (surges_store.get(desk.connection, key) for new in found for key in new)
        subjects = {
            one.title: {store.get(desk.connection, key).subject for key in one.tickets}
            for one in (older, newer)
        }
    assert subjects == {"mail": {"mail"}, "vpn": {"vpn"}}
    assert [len(older.tickets), len(newer.tickets)] == [5, 5]
    assert older.started_at < newer.started_at


def test_the_words_of_a_surge_follow_its_tickets(world: World) -> None:
    (surge_id,) = world.arrive(4, alike=True, subject="Outlook")
    world.arrive(8, alike=True, subject="Exchange")
    with world.house.desk() as desk:
        surge = surges_store.get(desk.connection, surge_id)
    assert surge.title == "Outlook", "by which people know it"
    assert "Exchange" in surge.words.split(", ")


def test_a_surge_older_than_what_is_compared_keeps_its_words(world: World) -> None:
    (surge_id,) = world.arrive(4, alike=True, subject="Outlook")
    with world.house.desk() as desk:
        before = surges_store.get(desk.connection, surge_id)
        nothing = History(
            np.array([], np.int64), np.array([]), np.zeros((0, DIMENSION), np.float32)
        )
        assert look_again(desk.connection, KEY, nothing, before.tickets) == []
        assert surges_store.get(desk.connection, surge_id).words == before.words != ""


def test_a_surge_of_an_outage_is_not_parted(world: World) -> None:
    """What people said belongs together stays."""
    topics = world.topic, world._unit()
    (surge_id,) = (
        key
        for at in range(4)
        for key in world.arrive(1, alike=True, minutes=2, topic=topics[at % 2])
    )
    with world.house.desk() as desk:
        surges.open_outage(desk, surge_id)
    for at in range(6):
        assert world.arrive(1, alike=True, minutes=2, topic=topics[at % 2]) == []
    with world.house.desk() as desk:
        assert len(surges_store.get(desk.connection, surge_id).tickets) == 10


def test_ordinary_tickets_are_no_surge(world: World) -> None:
    assert world.arrive(40, alike=False) == []


def test_a_surge_ends_by_itself(world: World) -> None:
    (found,) = world.arrive(4, alike=True)
    with world.house.desk(after=timedelta(hours=25)) as desk:
        surges.look(desk, world.space, [])
        assert surges_store.get(desk.connection, found).stage is Stage.RESOLVED
        assert surges_store.standing(desk.connection) == ()


def test_a_ticket_of_the_next_week_is_not_of_the_old_surge(world: World) -> None:
    """Also where both are looked at in one go, as after a pause."""
    (found,) = world.arrive(4, alike=True)
    with world.house.desk(after=timedelta(days=6)) as desk:
        ticket = create(desk, Draft("a", "b", language="de")).ticket
        vector = (world.languages["de"] + world.topic).astype(np.float32)
        surges.look(desk, world.space, [Arrival(ticket.id, ticket.created_at, "de", vector)])
        assert len(surges_store.get(desk.connection, found).tickets) == 4


def test_a_ticket_is_looked_at_once(world: World) -> None:
    with world.house.desk() as desk:
        ticket = create(desk, Draft("a", "b", language="de")).ticket
        assert surges_store.unseen(desk.connection, KEY, MONDAY, 10) == (ticket.id,)
        one = Arrival(ticket.id, ticket.created_at, "de", world._unit())
        assert surges.look(desk, world.space, [one])[1] == 1
        assert surges.look(desk, world.space, [one])[1] == 0
        assert surges_store.unseen(desk.connection, KEY, MONDAY, 10) == ()


@pytest.mark.parametrize("dismissed", [False, True])
def test_another_model_does_not_tell_of_the_same_surge_again(
    world: World, *, dismissed: bool
) -> None:
    (found,) = world.arrive(4, alike=True)
    with world.house.desk() as desk:
        if dismissed:
            surges.dismiss(desk, found)
        known = surges_store.arrivals(desk.connection, KEY)
        assert len(surges_store.unseen(desk.connection, "another", MONDAY, 500)) == 4
        new, looked = surges.look(desk, replace(world.space, key="another"), known)
        assert (new, looked) == ((), len(known))
        assert surges_store.standing(desk.connection, "another") == ()


def test_a_dismissed_surge_teaches(world: World) -> None:
    (found,) = world.arrive(4, alike=True)
    with world.house.desk() as desk:
        surges.dismiss(desk, found)
    assert world.arrive(3, alike=True) == []
    assert len(world.arrive(4, alike=True)) == 1


def test_a_surge_becomes_an_outage_with_its_tickets(world: World) -> None:
    (found,) = world.arrive(4, alike=True)
    with world.house.desk() as desk:
        outage = surges.open_outage(desk, found)
        assert surges.open_outage(desk, found).id == outage.id
        assert len(outages_store.tickets_of(desk.connection, outage.id)) == 4
        surge = surges_store.get(desk.connection, found)
        assert not surge.is_shown


def test_two_people_at_once_make_one_outage_of_a_surge(world: World) -> None:
    (found,) = world.arrive(4, alike=True)
    made = at_once(world.house, lambda desk: surges.open_outage(desk, found).id)
    assert len(made) == 1


def test_an_outage_of_a_surge_is_called_by_what_its_tickets_share(world: World) -> None:
    (found,) = world.arrive(4, alike=True, subject="Telefon tot: 0170 5550199")
    with world.house.desk() as desk:
        surge = surges_store.get(desk.connection, found)
        assert surge.title == "Telefon tot: [phone]"
        outage = surges.open_outage(desk, found)
        assert outage.title == surge.words
        assert "Telefon" in surge.words.split(", ")
        # As one that was found before its title was redacted.
        values = {"words": "", "title": "Telefon tot: 0170 5550199", "outage_id": None}
        surges_store.change(desk.connection, found, values)
        assert surges.open_outage(desk, found).title == "Telefon tot: [phone]"


def test_a_ticket_that_means_the_same_fits_the_outage(world: World) -> None:
    world.arrive(3, alike=True)
    with world.house.desk() as desk:
        outage = outages.report(desk, "Mail", Texts())
        known = surges_store.arrivals(desk.connection, KEY)
        for one in known[-3:]:
            outages.link(desk, outage.id, one.ticket_id)
    world.arrive(1, alike=True)
    world.arrive(1, alike=False)
    with world.house.desk() as desk:
        *_, like, unlike = surges_store.arrivals(desk.connection, KEY)
        fitting = store.many(desk.connection, [like.ticket_id, unlike.ticket_id])
        (found,) = matches(desk.connection, fitting[like.ticket_id])
        assert (found.outage.id, found.reasons) == (outage.id, (Reason.MEANING,))
        assert matches(desk.connection, fitting[unlike.ticket_id]) == ()


def test_a_surge_of_linked_tickets_belongs_to_their_outage(world: World) -> None:
    world.arrive(3, alike=True)
    with world.house.desk() as desk:
        outage = outages.report(desk, "Mail", Texts())
        for newest in surges_store.arrivals(desk.connection, KEY)[-2:]:
            outages.link(desk, outage.id, newest.ticket_id)
    assert world.arrive(1, alike=True) == [], "the outage says it already"
    with world.house.desk() as desk:
        (surge,) = surges_store.of_outage(desk.connection, outage.id)
        assert len(surge.tickets) == 4
        (found,) = matches(desk.connection, store.get(desk.connection, surge.tickets[-1]))
        assert found.reasons == (Reason.MEANING,)


def test_a_surge_belongs_to_the_outage_that_its_tickets_are_linked_to_later(world: World) -> None:
    (found,) = world.arrive(4, alike=True)
    with world.house.desk() as desk:
        outage = outages.report(desk, "Mail", Texts())
        first, second, *_ = surges_store.get(desk.connection, found).tickets
        outages.link(desk, outage.id, first)
        assert surges_store.get(desk.connection, found).is_shown
        outages.link(desk, outage.id, second)
        assert surges_store.get(desk.connection, found).outage_id == outage.id


def test_one_linked_ticket_hides_no_surge(world: World) -> None:
    world.arrive(3, alike=True)
    with world.house.desk() as desk:
        outage = outages.report(desk, "Canteen", Texts())
        newest = surges_store.arrivals(desk.connection, KEY)[-1]
        outages.link(desk, outage.id, newest.ticket_id)
    (found,) = world.arrive(1, alike=True)
    with world.house.desk() as desk:
        surges.belongs_to(desk, found, outage.id)
        surges.stand_alone(desk, found)
        assert surges_store.get(desk.connection, found).is_shown


def test_what_comes_after_the_end_of_an_outage_is_a_new_surge(world: World) -> None:
    """Also where some of its tickets were linked to the outage that is over."""
    (first,) = world.arrive(4, alike=True)
    with world.house.desk() as desk:
        outage = surges.open_outage(desk, first)
        assert outage.started_at == surges_store.get(desk.connection, first).started_at
    assert world.arrive(1, alike=True) == [], "it joins while the outage is open"
    with world.house.desk() as desk:
        outages.resolve(desk, outage.id, Texts())
    assert world.arrive(2, alike=True) == []
    with world.house.desk() as desk:
        for newest in surges_store.arrivals(desk.connection, KEY)[-2:]:
            outages_store.link(desk.connection, outage.id, newest.ticket_id, by="Lena", at=desk.now)
    (second,) = world.arrive(2, alike=True)
    with world.house.desk() as desk:
        assert len(surges_store.get(desk.connection, first).tickets) == 5
        assert len(surges_store.get(desk.connection, second).tickets) == 4


def test_what_an_outage_had_before_it_ended_is_no_news(world: World) -> None:
    """A round that comes late: all is over and resolved."""
    drawn = world.arrive(3, alike=True)
    with world.house.desk(after=timedelta(minutes=5)) as desk:
        outage = outages.report(desk, "Mail", Texts())
        last = create(desk, Draft("a", "b", language="de", created_at=desk.now)).ticket
        known = surges_store.arrivals(desk.connection, KEY)[-3:]
        for key in (*(one.ticket_id for one in known), last.id):
            outages.link(desk, outage.id, key)
    with world.house.desk(after=timedelta(minutes=5)) as desk:
        outages.resolve(desk, outage.id, Texts())
        vector = (world.languages["de"] + world.topic).astype(np.float32)
        new, _ = surges.look(desk, world.space, [Arrival(last.id, last.created_at, "de", vector)])
        assert (drawn, new) == ([], ())
        assert len(surges_store.of_outage(desk.connection, outage.id)) == 1


def test_a_ticket_that_belongs_to_a_surge_already_joins_no_other(world: World) -> None:
    """Its page was opened before the round."""
    (found,) = world.arrive(4, alike=True)
    with world.house.desk(after=timedelta(minutes=5)) as desk:
        surge = surges_store.get(desk.connection, found)
        made = Found(surge.tickets[:1], surge.started_at, 0.0, -surge.centre, surge.level)
        other = surges_store.add(desk.connection, KEY, Told("x", ""), made)
        ticket = create(desk, Draft("a", "b", language="de")).ticket
        surges.join(desk, other, ticket.id)
        vector = (world.languages["de"] + world.topic).astype(np.float32)
        surges.look(desk, world.space, [Arrival(ticket.id, ticket.created_at, "de", vector)])
        assert ticket.id not in surges_store.get(desk.connection, found).tickets
        assert ticket.id in surges_store.get(desk.connection, other).tickets


def test_who_takes_a_dismissed_surge_for_an_outage_is_believed(world: World) -> None:
    (found,) = world.arrive(4, alike=True)
    with world.house.desk() as desk:
        surges.dismiss(desk, found)
        surges.open_outage(desk, found)
        assert surges_store.get(desk.connection, found).dismissed_at is None
        with pytest.raises(InputError, match="belongs to an outage"):
            surges.dismiss(desk, found)


def test_a_ticket_that_does_not_belong_to_the_outage_leaves_its_surge(world: World) -> None:
    (found,) = world.arrive(4, alike=True)
    with world.house.desk() as desk:
        outage = surges.open_outage(desk, found)
        first, *others = surges_store.get(desk.connection, found).tickets
        outages.unlink(desk, outage.id, first)
        assert surges_store.get(desk.connection, found).tickets == tuple(others)


def test_the_own_ticket_of_an_outage_is_not_looked_at(world: World) -> None:
    (found,) = world.arrive(4, alike=True)
    with world.house.desk() as desk:
        outage = surges.open_outage(desk, found)
        outages.raise_ticket(desk, outage.id)
        other = create(desk, Draft("a", "b", language="de")).ticket
        assert surges_store.unseen(desk.connection, KEY, MONDAY, 10) == (other.id,)
