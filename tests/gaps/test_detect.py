"""Gaps found in stored tickets and kept, on both databases."""

from __future__ import annotations

from datetime import timedelta

from kb_assist.gaps import events, review
from kb_assist.gaps.detect import Kept
from kb_assist.gaps.events import GapEventKind
from kb_assist.gaps.model import Decision, GapState
from tests.gaps.conftest import BADGE, OTHERS, Watch

MANY = "lamp chair window cable coffee plant mirror carpet bottle paper clock radio".split()


def test_three_like_tickets_without_an_article_are_a_gap(watch: Watch) -> None:
    watch.tell(*BADGE, *OTHERS)
    watch.detect()
    gap = watch.gap()

    assert gap.facts["tickets"] == 3
    assert "badge" in gap.title
    assert gap.state is GapState.PROPOSED


def test_a_second_run_changes_nothing_and_embeds_nothing(watch: Watch) -> None:
    watch.tell(*BADGE, *OTHERS)
    first = watch.detect()
    before = watch.gap()
    asked = len(watch.embedder.queries)

    assert first == Kept(new=1, continued=0, gone=0, reopened=0)
    assert watch.detect() == Kept(new=0, continued=1, gone=0, reopened=0)
    assert watch.gap() == before
    assert len(watch.embedder.queries) == asked


def test_a_decision_survives_new_tickets(watch: Watch) -> None:
    watch.tell(*BADGE, *OTHERS)
    watch.detect()
    gap = watch.gap()
    with watch.house.database.write() as connection:
        decision = Decision(GapState.ACCEPTED, owner_id=2)
        review.decide(connection, gap.id, decision, watch.house.now)
    watch.tell("entry badge door turnstile refuses")
    watch.detect()
    again = watch.gap()

    assert (again.id, again.state, again.owner_id) == (gap.id, GapState.ACCEPTED, 2)
    assert again.facts["tickets"] == 4


def test_a_question_asked_in_the_same_words_is_quoted_once(watch: Watch) -> None:
    watch.tell(BADGE[0], BADGE[0], BADGE[0], BADGE[1], *OTHERS)
    watch.detect()
    facts = watch.gap().facts

    assert (facts["tickets"], len(facts["questions"])) == (4, 2)


def test_nothing_that_is_kept_names_the_requester(watch: Watch) -> None:
    watch.tell(*BADGE, *OTHERS)
    watch.detect()

    assert "Muster" not in str(watch.gap().facts)


def test_a_closed_gap_reopens_when_its_tickets_trickle_in_one_a_day(watch: Watch) -> None:
    watch.tell(*BADGE, *OTHERS, *(f"{word} {word}ing" for word in MANY))
    watch.detect()
    gap = watch.gap()
    with watch.house.database.write() as connection:
        decision = Decision(GapState.PUBLISHED, article_id="KB-3")
        review.decide(connection, gap.id, decision, watch.house.now)
    states = []
    for subject in BADGE:
        watch.tell(subject)
        watch.detect()
        states.append(watch.gap().state)
    with watch.house.database.read() as connection:
        *_, last = events.of_gap(connection, gap.id)
        inflow = review.inflow(connection, [watch.gap()], watch.house.now)[gap.id]

    assert states == [GapState.PUBLISHED, GapState.PUBLISHED, GapState.PROPOSED]
    assert (last.kind, last.facts) == (
        GapEventKind.REOPENED,
        {"before": "published", "tickets_since": 3},
    )
    assert (inflow.before, inflow.since) == (3, 3)
    assert last.at - inflow.published_at == timedelta(days=3)
