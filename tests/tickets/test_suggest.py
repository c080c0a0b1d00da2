"""Suggestions for a ticket, similar resolved tickets, and what people say about them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kb_assist.engine import Engine
from kb_assist.errors import InputError, NotFoundError
from kb_assist.indexer.reindex import ReindexResult
from kb_assist.retrieval.search import Searcher
from kb_assist.settings import Settings
from kb_assist.tickets import feedback_store, links_store, suggest, vectors_store
from kb_assist.tickets.comments import Words, comment
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.feedback import failed_search, impressions, tell
from kb_assist.tickets.feedback_model import Signal, SignalKind, SubjectKind
from kb_assist.tickets.intake import create
from kb_assist.tickets.lifecycle import Command, Verb
from kb_assist.tickets.model import ArticleRole, CommentKind, Draft, ResolutionCode
from kb_assist.tickets.similar import SimilarTicket
from kb_assist.tickets.vectors_store import HeldVectors
from kb_assist.tickets.work import move
from tests.fakes import FakeEmbedder
from tests.tickets.conftest import OMAR, as_


@pytest.fixture
def searcher(
    settings: Settings, embedder: FakeEmbedder, build: Callable[..., ReindexResult]
) -> Searcher:
    build()
    return Engine(settings, lambda: embedder).searcher()


def _resolved(desk: Desk, subject: str, body: str, *, text: str = "Neu gestartet.") -> int:
    ticket = create(desk, Draft(subject, body)).ticket
    command = Command(Verb.RESOLVE, resolution_code=ResolutionCode.FIXED, resolution_text=text)
    move(desk, ticket.id, command)
    return ticket.id


def _similar(desk: Desk, ticket_id: int, near: suggest.Meaning | None = None) -> list[int]:
    found = suggest.similar(desk.connection, suggest.question(desk.connection, ticket_id), near)
    return [similar.ticket.id for similar in found]


def test_later_words_of_the_requester_change_the_suggestions(
    desk: Desk, searcher: Searcher
) -> None:
    ticket = create(desk, Draft("Hilfe", "Es geht nichts mehr.\n\nViele Grüße\nJana")).ticket
    comment(desk, ticket.id, Words(CommentKind.INTERNAL, "Postfach voll? 5.2.2"))
    before = suggest.question(desk.connection, ticket.id)
    comment(desk, ticket.id, Words(CommentKind.REQUESTER, "Das VPN zeigt error 809.\n\nGruß\nJana"))
    after = suggest.question(desk.connection, ticket.id)
    answer = suggest.articles(searcher, after, suggest.Reader())

    assert before.text == "Hilfe\nEs geht nichts mehr."
    assert after.text == "Hilfe\nEs geht nichts mehr.\n\nDas VPN zeigt error 809."
    assert answer.suggestions[0].article.id == "KB-3"


def test_resolved_tickets_with_the_same_rare_words_are_similar(desk: Desk) -> None:
    same = _resolved(desk, "VPN Fehler 809", "Verbindung von zu Hause bricht mit 809 ab.")
    _resolved(desk, "Drucker", "Der Drucker druckt nicht.")
    create(desk, Draft("VPN 809", "Verbindung zu Hause, 809"))
    ticket = create(desk, Draft("Fehler 809", "VPN Verbindung scheitert zu Hause mit 809.")).ticket

    assert _similar(desk, ticket.id) == [same]


def test_duplicates_and_tickets_without_solution_are_not_offered(desk: Desk) -> None:
    twin = create(desk, Draft("VPN Fehler 809", "Verbindung bricht ab.")).ticket
    move(
        desk,
        twin.id,
        Command(
            Verb.RESOLVE, resolution_code=ResolutionCode.DUPLICATE, resolution_text="Siehe T-9."
        ),
    )
    ticket = create(desk, Draft("VPN Fehler 809", "Verbindung bricht ab.")).ticket

    assert _similar(desk, ticket.id) == []


def test_meaning_finds_tickets_without_a_common_word(desk: Desk, searcher: Searcher) -> None:
    same = _resolved(desk, "Kennwort", "Kennwort Postfach")
    _resolved(desk, "Netz", "Etwas ganz anderes mit vielen Wörtern steht hier drin")
    ticket = create(desk, Draft("password", "password mailbox", language="en")).ticket
    asked = suggest.without_vector(desk.connection, searcher)
    batch = suggest.embedded(searcher, asked)
    assert batch is not None
    vectors_store.put(desk.connection, batch)
    question = suggest.question(desk.connection, ticket.id)
    near = suggest.meaning(searcher, question, HeldVectors())

    assert suggest.without_vector(desk.connection, searcher) == ()
    assert _similar(desk, ticket.id) == []
    assert _similar(desk, ticket.id, near) == [same]


def _nearest(held: HeldVectors, desk: Desk, key: str, vector: object) -> list[int]:
    def nothing(_language: str) -> object:
        return np.zeros(2, dtype=np.float32)

    asked = vectors_store.Asked(key, vector, "de", nothing)  # type: ignore[arg-type]
    return [ticket_id for ticket_id, _ in held.nearest(desk.connection, asked, 5)]


def test_held_vectors_follow_the_table(desk: Desk) -> None:
    one, two = _resolved(desk, "a", "b"), _resolved(desk, "c", "d")
    east, north = np.eye(2, dtype=np.float32)
    held = HeldVectors()

    def write(key: str, vectors: dict[int, object]) -> None:
        vectors_store.put(desk.connection, vectors_store.Batch(key, vectors))  # type: ignore[arg-type]

    write("m", {one: east})
    assert _nearest(held, desk, "m", east) == [one]
    write("m", {two: east, one: north})
    assert _nearest(held, desk, "m", east) == [two, one]
    assert _nearest(held, desk, "m", north) == [one, two]
    assert _nearest(held, desk, "other", east) == []


def test_what_all_tickets_of_a_language_share_makes_none_of_them_alike(desk: Desk) -> None:
    shared = np.array([10.0, 0.0, 0.0], dtype=np.float32)
    ways = np.eye(3, dtype=np.float32)[1:]
    ids = [_resolved(desk, f"a{n}", "b") for n in range(4)]
    vectors = {key: shared + ways[n % 2] for n, key in enumerate(ids)}
    vectors_store.put(desk.connection, vectors_store.Batch("m", vectors))
    asked = vectors_store.Asked("m", shared + ways[0], "de", lambda _language: shared)
    found = dict(HeldVectors().nearest(desk.connection, asked, 4))

    assert found[ids[0]] == pytest.approx(found[ids[2]])
    assert found[ids[0]] > 0.9
    assert found[ids[1]] < 0.2


def test_a_ticket_that_solved_it_links_the_article(desk: Desk) -> None:
    ticket = create(desk, Draft("VPN", "809")).ticket.id
    tell(desk, ticket, Signal(SignalKind.DID_NOT_HELP, subject_id="KB-4", rank=1))
    tell(desk, ticket, Signal(SignalKind.SOLVED, subject_id="KB-3", passage="resolution", rank=2))
    tell(desk, ticket, Signal(SignalKind.OPEN, subject_id="KB-5"))

    links = {a.article_id: a.role for a in links_store.articles_of(desk.connection, ticket)}
    assert links == {"KB-4": ArticleRole.TRIED, "KB-3": ArticleRole.SOLVED}
    kept = feedback_store.of_ticket(desk.connection, ticket)
    assert [(s.signal.kind.value, s.signal.rank, s.user_id) for s in kept] == [
        ("did_not_help", 1, 1),
        ("solved", 2, 1),
        ("open", None, 1),
    ]


def test_an_impression_counts_once_per_person_and_index(desk: Desk, searcher: Searcher) -> None:
    ticket = create(desk, Draft("VPN", "error 809")).ticket
    question = suggest.question(desk.connection, ticket.id)
    answer = suggest.articles(searcher, question, suggest.Reader(), limit=2)
    shown = (SimilarTicket(ticket, (), None),)

    assert impressions(desk, ticket.id, answer, shown) == 3
    assert impressions(desk, ticket.id, answer, shown) == 0
    assert impressions(as_(desk, OMAR), ticket.id, answer) == 2
    first = feedback_store.of_ticket(desk.connection, ticket.id)[0].signal
    assert (first.rank, first.generation) == (1, answer.generation)
    assert first.chance == pytest.approx(answer.chance_first)


def test_a_failed_search_keeps_its_words(desk: Desk, searcher: Searcher) -> None:
    ticket = create(desk, Draft("Plotter", "hört auf")).ticket
    failed_search(desk, ticket.id, searcher.search("Plotter A0 Treiber"))
    (kept,) = feedback_store.of_ticket(desk.connection, ticket.id)

    assert kept.signal.kind is SignalKind.FAILED_SEARCH
    assert kept.signal.query == "Plotter A0 Treiber"


def test_feedback_without_its_subject_is_refused(desk: Desk) -> None:
    ticket = create(desk, Draft("x", "y")).ticket.id
    with pytest.raises(InputError):
        tell(desk, ticket, Signal(SignalKind.SOLVED))
    with pytest.raises(NotFoundError):
        tell(desk, 999, Signal(SignalKind.NONE_OF_THESE, SubjectKind.NOTHING))
