"""Many tickets of one outage are worked on together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kb_assist.correlation import outages
from kb_assist.correlation.match import Reason, matches
from kb_assist.correlation.outages import Texts
from kb_assist.correlation.status import tool_status
from kb_assist.errors import InputError, NotFoundError
from kb_assist.monitoring import outages_store, store
from kb_assist.monitoring.outage_model import Outage, Progress
from kb_assist.tickets import comments_store, links_store
from kb_assist.tickets import store as tickets_store
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.links import link_ci, link_ticket
from kb_assist.tickets.model import (
    Draft,
    Edit,
    RecordRole,
    ResolutionCode,
    State,
    Ticket,
    TicketRelation,
)
from kb_assist.tickets.records.importing import apply_import, plan_import
from kb_assist.tickets.work import edit
from tests.correlation.conftest import at_once
from tests.monitoring.conftest import tool
from tests.tickets.conftest import House


@pytest.fixture
def desk(house: House) -> Iterator[Desk]:
    with house.desk() as opened:
        yield opened


def ticket(desk: Desk, body: str, **fields: object) -> Ticket:
    return create(desk, Draft("Problem", body, **fields)).ticket  # type: ignore[arg-type]


def mail_outage(desk: Desk) -> Outage:
    wanted = tool("mail", name="E-mail", name_de="E-Mail", cis=("SRV-MAIL-01",))
    store.sync(desk.connection, [wanted], desk.now)
    (watched,) = store.watched(desk.connection)
    return outages.report(desk, "Mail delivery", Texts("Mail steht", ""), tool_id=watched.id)


def test_a_reported_outage_needs_a_title_and_a_known_tool(desk: Desk) -> None:
    with pytest.raises(InputError):
        outages.report(desk, " ", Texts())
    with pytest.raises(InputError):
        outages.report(desk, "Mail", Texts(), tool_id=99)


def test_the_public_text_falls_back_to_the_other_language(desk: Desk) -> None:
    outage = mail_outage(desk)
    assert outage.text("en") == outage.text("de") == "Mail steht"


def test_every_reader_sees_the_title_in_their_language_where_it_is_written(desk: Desk) -> None:
    one = outages.report(desk, "Mail is slow", Texts(), title_de="E-Mail ist langsam")
    assert (one.titled("de"), one.titled("en")) == ("E-Mail ist langsam", "Mail is slow")
    german = outages.report(desk, " ", Texts(), title_de="Drucken steht")
    assert (german.titled("de"), german.titled("en")) == ("Drucken steht", "Drucken steht")
    outages.rename(desk, german.id, "Printing is down", "Drucken steht")
    outages.rename(desk, german.id, "Printing is down", "Drucken steht")
    assert outages_store.get(desk.connection, german.id).titled("en") == "Printing is down"
    told = outages_store.events(desk.connection, german.id)
    assert [one.note for one in told] == ["", "Printing is down / Drucken steht"]
    with pytest.raises(InputError):
        outages.rename(desk, german.id, "", " ")


def test_a_requester_is_told_the_title_in_the_language_of_the_ticket(desk: Desk) -> None:
    outage = outages.report(desk, "Mail is slow", Texts(), title_de="E-Mail ist langsam")
    for language in ("de", "en"):
        outages.link(desk, outage.id, ticket(desk, "x", language=language).id)
    for key in outages.resolve(desk, outage.id, Texts()).tickets:
        found = tickets_store.get(desk.connection, key)
        said = comments_store.of_ticket(desk.connection, key)[0].body
        assert outage.titled(found.language) in said


def test_a_ticket_fits_by_the_german_title_too(desk: Desk) -> None:
    outage = outages.report(desk, "Time recording", Texts(), title_de="Zeiterfassung")
    (found,) = matches(desk.connection, ticket(desk, "Die Zeiterfassung geht nicht"))
    assert found.outage.id == outage.id


def test_progress_is_on_the_time_line_and_never_ends_an_outage(desk: Desk) -> None:
    outage = mail_outage(desk)
    outages.update(
        desk, outage.id, Progress.IDENTIFIED, Texts("Platte voll", "Disk full"), note="db"
    )
    outages.update(desk, outage.id, Progress.RESOLVED, Texts("Platte voll", "Disk full"))
    after = outages_store.get(desk.connection, outage.id)
    assert (after.progress, after.is_open, after.text_en) == (
        Progress.IDENTIFIED,
        True,
        "Disk full",
    )
    told = outages_store.events(desk.connection, outage.id)
    assert [(one.kind, one.note) for one in told] == [("opened", ""), ("identified", "db")]


def test_what_is_unlinked_is_no_child_of_the_outage_any_more(desk: Desk) -> None:
    one = create(desk, Draft("Mail down", "Nothing comes in")).ticket
    outage = outages.report(desk, "Mail", Texts())
    outages.link(desk, outage.id, one.id)
    own = outages.raise_ticket(desk, outage.id)
    assert links_store.targets(desk.connection, one.id, TicketRelation.CHILD_OF)
    assert outages.unlink(desk, outage.id, one.id)
    assert not links_store.targets(desk.connection, one.id, TicketRelation.CHILD_OF)
    assert not outages.unlink(desk, outage.id, own.id), "its own ticket stays"
    assert own.id in outages_store.tickets_of(desk.connection, outage.id)


def test_a_ticket_is_linked_once_and_can_be_unlinked(desk: Desk) -> None:
    outage = mail_outage(desk)
    one = ticket(desk, "x")
    assert outages.link(desk, outage.id, one.id)
    assert not outages.link(desk, outage.id, one.id)
    assert [o.id for o in outages_store.of_ticket(desk.connection, one.id)] == [outage.id]
    assert outages.unlink(desk, outage.id, one.id)
    assert not outages.unlink(desk, outage.id, one.id)
    with pytest.raises(NotFoundError):
        outages.link(desk, outage.id, 999)


def test_linked_tickets_are_answered_and_resolved_together_in_their_language(desk: Desk) -> None:
    outage = mail_outage(desk)
    german = ticket(desk, "Mail geht nicht", language="de")
    english = ticket(desk, "mail is down", language="en")
    for one in (german, english):
        outages.link(desk, outage.id, one.id)
    parent = outages.raise_ticket(desk, outage.id)
    done = outages.resolve(desk, outage.id, Texts("", "Mail is back."))
    assert (done.tickets, done.left) == ((german.id, english.id, parent.id), ())
    after = tickets_store.many(desk.connection, [german.id, english.id, parent.id])
    assert {one.state for one in after.values()} == {State.RESOLVED}
    assert {one.resolution_code for one in after.values()} == {ResolutionCode.OUTAGE}
    said = [comments_store.of_ticket(desk.connection, one.id)[0].body for one in (german, english)]
    assert "ist behoben" in said[0]
    assert said[1] == "Mail is back."
    assert not outages_store.get(desk.connection, outage.id).is_open


def test_a_ticket_that_depends_on_an_open_one_is_left(desk: Desk) -> None:
    outage = mail_outage(desk)
    one, other = ticket(desk, "a"), ticket(desk, "b")
    links_store.add_relation(
        desk.connection, one.id, other.id, links_store.TicketRelation.DEPENDS_ON
    )
    outages.link(desk, outage.id, one.id)
    assert outages.resolve(desk, outage.id, Texts()).left == (one.id,)


def test_the_outages_own_ticket_is_the_parent_of_all(desk: Desk) -> None:
    outage = mail_outage(desk)
    before, after = ticket(desk, "a"), ticket(desk, "b")
    outages.link(desk, outage.id, before.id)
    parent = outages.raise_ticket(desk, outage.id)
    outages.link(desk, outage.id, after.id)
    assert outages.raise_ticket(desk, outage.id).id == parent.id
    children = {one.other.id for one in links_store.relations_of(desk.connection, parent.id)}
    assert children == {before.id, after.id}


def test_an_outage_that_is_over_gets_no_ticket(desk: Desk) -> None:
    outage = mail_outage(desk)
    outages.resolve(desk, outage.id, Texts())
    with pytest.raises(InputError, match="over"):
        outages.raise_ticket(desk, outage.id)
    assert outages_store.get(desk.connection, outage.id).ticket_id is None


def test_only_a_summary_that_is_written_is_on_the_time_line(desk: Desk) -> None:
    outage = mail_outage(desk)
    for written in (" ", "Disk full", "Disk full", ""):
        outages.summarise(desk, outage.id, written)
    told = outages_store.events(desk.connection, outage.id)
    assert [one.kind for one in told] == ["opened", "summary"]
    assert outages_store.get(desk.connection, outage.id).summary == ""


def test_two_people_at_once_open_one_ticket_for_an_outage(house: House) -> None:
    with house.desk() as desk:
        outage_id = mail_outage(desk).id
    assert len(at_once(house, lambda desk: outages.raise_ticket(desk, outage_id).id)) == 1


def test_a_child_that_somebody_made_by_hand_is_resolved_as_well(desk: Desk) -> None:
    outage = mail_outage(desk)
    parent = outages.raise_ticket(desk, outage.id)
    child = ticket(desk, "a")
    link_ticket(desk, child.id, parent.id, TicketRelation.CHILD_OF)
    assert outages.resolve(desk, outage.id, Texts()).tickets == (child.id, parent.id)


def test_a_ticket_that_stands_for_an_outage_belongs_to_no_other(desk: Desk) -> None:
    first, second = mail_outage(desk), outages.report(desk, "Portal", Texts())
    own = outages.raise_ticket(desk, first.id)
    with pytest.raises(InputError, match="stands for another outage"):
        outages.link(desk, second.id, own.id)
    edit(desk, own.id, Edit(subject="Portal"))
    assert matches(desk.connection, tickets_store.get(desk.connection, own.id)) == ()


def test_nothing_is_linked_to_an_outage_that_is_over(desk: Desk) -> None:
    outage = mail_outage(desk)
    one = ticket(desk, "a")
    outages.resolve(desk, outage.id, Texts())
    with pytest.raises(InputError, match="is over"):
        outages.link(desk, outage.id, one.id)


def test_a_ticket_of_two_outages_waits_for_the_second(desk: Desk) -> None:
    mail, portal = mail_outage(desk), outages.report(desk, "Portal", Texts())
    both = ticket(desk, "a")
    for one in (mail, portal):
        outages.link(desk, one.id, both.id)
    assert outages.resolve(desk, mail.id, Texts()).left == (both.id,)
    assert outages.resolve(desk, portal.id, Texts()).tickets == (both.id,)


def test_a_ticket_that_also_has_what_follows_from_an_outage_waits_for_the_outage_only(
    desk: Desk,
) -> None:
    root, follows = mail_outage(desk), outages.report(desk, "Webmail", Texts())
    outages_store.change(desk.connection, follows.id, {"cause_id": root.id})
    both = ticket(desk, "a")
    for one in (root, follows):
        outages.link(desk, one.id, both.id)
    assert outages.resolve(desk, follows.id, Texts()).left == (both.id,)
    assert outages.resolve(desk, root.id, Texts()).tickets == (both.id,)


def test_tickets_that_wait_for_each_other_are_all_resolved(desk: Desk) -> None:
    outage = mail_outage(desk)
    made = [ticket(desk, subject) for subject in ("a", "b", "c")]
    parent = outages.raise_ticket(desk, outage.id)
    for one, other in zip(made, [*made[1:], parent], strict=True):
        outages.link(desk, outage.id, one.id)
        relation = links_store.TicketRelation.DEPENDS_ON
        links_store.add_relation(desk.connection, one.id, other.id, relation)
    done = outages.resolve(desk, outage.id, Texts())
    assert (set(done.tickets), done.left) == ({parent.id, *(one.id for one in made)}, ())


def test_a_ticket_fits_by_words_of_their_own(desk: Desk) -> None:
    outage = mail_outage(desk)
    (found,) = matches(desk.connection, ticket(desk, "Meine E-Mail geht nicht"))
    assert (found.outage.id, found.reasons) == (outage.id, (Reason.WORDS,))
    assert matches(desk.connection, ticket(desk, "Emailschaden am Becken")) == ()


def test_a_ticket_fits_by_its_configuration_item(desk: Desk) -> None:
    mail_outage(desk)
    items = plan_import(desk, "cis", "key,name,status\nSRV-MAIL-01,Mail,in_use\n")
    apply_import(desk, items)
    one = ticket(desk, "nothing works", language="en")
    link_ci(desk, one.id, 1, RecordRole.PRIMARY)
    assert [m.reasons for m in matches(desk.connection, one)] == [(Reason.ITEM,)]
    assert tool_status(desk.connection, one.id)["E-mail"] == "not known yet"
    assert tool_status(desk.connection, one.id)["Mail delivery"].startswith(
        "outage since 2026-11-02"
    )


def test_a_german_hand_over_has_the_tools_in_german(desk: Desk) -> None:
    outage = outages.report(desk, "Mail is slow", Texts(), title_de="E-Mail ist langsam")
    one = ticket(desk, "x", language="de")
    outages.link(desk, outage.id, one.id)
    assert tool_status(desk.connection, one.id)["E-Mail ist langsam"].startswith("Störung seit")
    outages.resolve(desk, outage.id, Texts())
    assert tool_status(desk.connection, one.id) == {"E-Mail ist langsam": "Störung beendet"}


def test_linked_resolved_and_past_ones_do_not_fit(desk: Desk) -> None:
    outage = mail_outage(desk)
    one = ticket(desk, "E-Mail")
    outages.link(desk, outage.id, one.id)
    other = ticket(desk, "E-Mail")
    assert matches(desk.connection, one) == ()
    assert len(matches(desk.connection, other)) == 1
    outages.resolve(desk, outage.id, Texts())
    assert matches(desk.connection, other) == ()


def test_a_ticket_that_fits_a_consequence_is_shown_the_cause(desk: Desk) -> None:
    root = outages.report(desk, "Directory", Texts())
    follows = outages.report(desk, "Webmail", Texts())
    outages_store.change(desk.connection, follows.id, {"cause_id": root.id})
    (found,) = matches(desk.connection, ticket(desk, "webmail is down"))
    assert (found.outage.id, found.reasons) == (root.id, ())
    assert [one.id for one in found.through] == [follows.id]
