"""What people arrange stays over runs: merged, split and named gaps, with a log."""

from __future__ import annotations

import pytest

from kb_assist.errors import InputError
from kb_assist.gaps import arrange, events, store
from kb_assist.gaps.arrange import NotArranged
from kb_assist.gaps.detect import keep
from kb_assist.gaps.events import GapEventKind
from kb_assist.gaps.model import Decision, Finding, Gap, GapState, NotDecided
from tests.gaps.conftest import BADGE, OTHERS, Watch
from tests.tickets.builders import MONDAY

LAMP = ("projector lamp dark", "lamp of projector dark", "dark projector lamp")


def _finding(watch: Watch, *ticket_ids: int) -> Finding:
    facts = {
        "title": f"About {ticket_ids[0]}",
        "tickets": len(ticket_ids),
        "escalated": 1,
        "hours": 2.0,
        "questions": [f"Question {ticket_ids[0]}"],
        "first_seen": MONDAY.isoformat(),
        "last_seen": MONDAY.isoformat(),
        "weeks": [0, len(ticket_ids)],
        "signals": {"reopened": 1},
    }
    return Finding(frozenset(ticket_ids), facts, dict.fromkeys(ticket_ids, MONDAY))


def _run(watch: Watch, *findings: Finding) -> None:
    with watch.house.database.write() as connection:
        keep(connection, findings, watch.house.now)


@pytest.fixture
def two(watch: Watch) -> tuple[Gap, Gap]:
    """Gaps of the tickets 1 to 3 and 4 to 6."""
    watch.tell(*BADGE, *LAMP, *OTHERS)
    _run(watch, _finding(watch, 1, 2, 3), _finding(watch, 4, 5, 6))
    one, other = watch.gaps()
    return one, other


def test_a_merged_gap_stays_merged_when_a_run_finds_the_parts_again(
    watch: Watch, two: tuple[Gap, Gap]
) -> None:
    one, other = two
    with watch.house.desk() as desk:
        merged = arrange.merge(desk, other.id, one.id)
    _run(watch, _finding(watch, 1, 2, 3, 7), _finding(watch, 4, 5, 6))
    gap = watch.gap()

    assert isinstance(merged, Gap)
    assert (gap.id, gap.ticket_ids) == (one.id, frozenset(range(1, 8)))
    assert (gap.facts["tickets"], gap.facts["escalated"], gap.facts["weeks"]) == (7, 2, [0, 7])
    with watch.house.database.read() as connection:
        assert store.get(connection, other.id).merged_into == one.id


def test_a_merged_gap_is_the_whole_when_only_a_part_is_found(
    watch: Watch, two: tuple[Gap, Gap]
) -> None:
    one, other = two
    with watch.house.desk() as desk:
        arrange.merge(desk, other.id, one.id)
    _run(watch, _finding(watch, 4, 5, 6))

    assert (watch.gap().id, watch.gap().found) == (one.id, True)


def test_a_merge_taken_back_gives_both_gaps_their_tickets(
    watch: Watch, two: tuple[Gap, Gap]
) -> None:
    one, other = two
    with watch.house.desk() as desk:
        arrange.merge(desk, other.id, one.id)
        again = arrange.separate(desk, other.id)
        assert arrange.separate(desk, other.id) == NotArranged("alone")
    _run(watch, _finding(watch, 1, 2, 3, 7), _finding(watch, 4, 5, 6))
    apart = {gap.id: (gap.ticket_ids, gap.found) for gap in watch.gaps()}

    assert isinstance(again, Gap)
    assert again.ticket_ids == frozenset({4, 5, 6})
    assert apart == {one.id: ({1, 2, 3, 7}, True), other.id: ({4, 5, 6}, True)}
    with watch.house.database.read() as connection:
        kinds = [event.kind for event in events.of_gap(connection, one.id)]
    assert kinds[-2:] == [GapEventKind.MERGED, GapEventKind.SEPARATED]


def test_what_a_run_lost_since_the_merge_comes_back_from_the_log(
    watch: Watch, two: tuple[Gap, Gap]
) -> None:
    one, other = two
    with watch.house.desk() as desk:
        arrange.merge(desk, other.id, one.id)
    _run(watch, _finding(watch, 4, 5, 6))
    with watch.house.desk() as desk:
        arrange.separate(desk, other.id)

    assert {gap.id: gap.ticket_ids for gap in watch.gaps()} == {
        one.id: {1, 2, 3},
        other.id: {4, 5, 6},
    }


def test_what_was_merged_before_comes_along(watch: Watch, two: tuple[Gap, Gap]) -> None:
    one, other = two
    _run(watch, *(_finding(watch, *ids) for ids in ((1, 2, 3), (4, 5, 6), (7, 8, 9))))
    third = watch.gaps()[2]
    with watch.house.desk() as desk:
        arrange.merge(desk, third.id, other.id)
        arrange.merge(desk, other.id, one.id)
        arrange.separate(desk, other.id)

    assert {gap.id: gap.ticket_ids for gap in watch.gaps()} == {
        one.id: {1, 2, 3},
        other.id: {4, 5, 6, 7, 8, 9},
    }
    with watch.house.database.read() as connection:
        assert store.merges(connection) == {third.id: other.id}


def test_a_split_is_taken_back_by_merging(watch: Watch, two: tuple[Gap, Gap]) -> None:
    one, _ = two
    with watch.house.desk() as desk:
        piece = arrange.split(desk, one.id, frozenset({3}), "Apart")
        assert isinstance(piece, Gap)
        arrange.merge(desk, piece.id, one.id)
    _run(watch, _finding(watch, 1, 2, 3), _finding(watch, 4, 5, 6))

    assert watch.gaps()[0].ticket_ids == {1, 2, 3}


def test_a_gap_is_merged_once_and_never_into_itself(watch: Watch, two: tuple[Gap, Gap]) -> None:
    one, other = two
    with watch.house.desk() as desk:
        assert arrange.merge(desk, one.id, one.id) == NotArranged("same")
        arrange.merge(desk, other.id, one.id)
        assert arrange.merge(desk, other.id, one.id) == NotArranged("merged")
        assert arrange.merge(desk, one.id, other.id) == NotArranged("merged")


def test_what_was_split_off_stays_apart_and_takes_in_new_tickets(watch: Watch) -> None:
    watch.tell(*BADGE, *LAMP, *OTHERS)
    _run(watch, _finding(watch, 1, 2, 3, 4, 5, 6))
    whole = watch.gap()
    with watch.house.desk() as desk:
        made = arrange.split(desk, whole.id, frozenset({4, 5, 6}), "Lamp")
    assert isinstance(made, Gap)
    _run(watch, _finding(watch, 1, 2, 3, 4, 5, 6, 7))
    first = {gap.id: gap.ticket_ids for gap in watch.gaps()}
    _run(watch, _finding(watch, 1, 2, 3, 7), _finding(watch, 4, 5, 6, 8))
    second = {gap.id: gap.ticket_ids for gap in watch.gaps()}

    assert made.title == "Lamp"
    assert first == {whole.id: frozenset({1, 2, 3, 7}), made.id: frozenset({4, 5, 6})}
    assert second == {whole.id: frozenset({1, 2, 3, 7}), made.id: frozenset({4, 5, 6, 8})}


def test_a_part_is_some_of_a_gaps_tickets(watch: Watch, two: tuple[Gap, Gap]) -> None:
    one, _ = two
    with watch.house.desk() as desk:
        for tickets in (frozenset[int](), one.ticket_ids, frozenset({1, 4})):
            assert arrange.split(desk, one.id, tickets, "") == NotArranged("tickets")


def test_a_name_stays_over_runs_and_can_be_taken_back(watch: Watch, two: tuple[Gap, Gap]) -> None:
    one, _ = two
    with watch.house.desk() as desk:
        arrange.rename(desk, one.id, "  Badge   reader ")
    _run(watch, _finding(watch, 1, 2, 3))
    named = watch.gaps()[0].title
    with watch.house.desk() as desk:
        given_back = arrange.rename(desk, one.id, "").title

    assert (named, given_back) == ("Badge reader", "About 1")


def test_several_gaps_are_decided_at_once_each_for_itself(
    watch: Watch, two: tuple[Gap, Gap]
) -> None:
    one, other = two
    with watch.house.desk() as desk:
        accepted = arrange.decide_many(desk, [one.id, other.id], Decision(GapState.ACCEPTED))
        refused = arrange.decide_many(desk, [one.id], Decision(GapState.DISMISSED))

    assert {gap.state for gap in accepted.values() if isinstance(gap, Gap)} == {GapState.ACCEPTED}
    assert refused == {one.id: NotDecided("reason")}


def test_everything_people_do_is_in_the_log(watch: Watch, two: tuple[Gap, Gap]) -> None:
    one, other = two
    with watch.house.desk() as desk:
        arrange.comment(desk, one.id, " Ask facility management. ")
        arrange.rename(desk, one.id, "Badge")
        arrange.merge(desk, other.id, one.id)
        told = events.of_gap(desk.connection, one.id)

    assert [event.kind for event in told] == [
        GapEventKind.PROPOSED,
        GapEventKind.COMMENTED,
        GapEventKind.RENAMED,
        GapEventKind.MERGED,
    ]
    assert (told[1].note, told[1].actor_name) == ("Ask facility management.", "Lena")


def test_an_empty_comment_is_refused(watch: Watch, two: tuple[Gap, Gap]) -> None:
    with watch.house.desk() as desk, pytest.raises(InputError):
        arrange.comment(desk, two[0].id, " ")
