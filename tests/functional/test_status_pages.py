"""The status of tools and outages, as a browser without JavaScript sees them."""

from __future__ import annotations

import re
from datetime import timedelta

import numpy as np
import pytest
from flask.testing import FlaskClient

from kb_assist.auth.model import Role
from kb_assist.bootstrap import Services
from kb_assist.correlation import checklist, outages, surges, surges_store
from kb_assist.correlation.match import Reason, matches
from kb_assist.correlation.outages import Texts
from kb_assist.correlation.status import tool_status
from kb_assist.correlation.surges_store import Told
from kb_assist.errors import EmbeddingUnavailableError
from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.monitoring import outages_store, store
from kb_assist.monitoring.model import Availability, Health, Probed
from kb_assist.monitoring.outage_model import WATCH, NewOutage
from kb_assist.monitoring.surges import Found, Stage
from kb_assist.tickets import intake
from kb_assist.tickets import store as tickets_store
from kb_assist.tickets.lifecycle import Command, Verb
from kb_assist.tickets.model import SYSTEM, Draft, Edit, ResolutionCode, State
from kb_assist.tickets.records.importing import apply_import, plan_import
from kb_assist.tickets.work import edit, move
from kb_assist.ui.status_board import BAR_DAYS, Run, runs
from tests.fakes import FakeEmbedder
from tests.functional.conftest import SignInAs
from tests.monitoring.conftest import tool

GERMAN = {"Accept-Language": "de-DE,de;q=0.9"}


@pytest.fixture
def outage_id(services: Services) -> int:
    with services.desk(SYSTEM) as desk:
        texts = Texts("Zurzeit kommen keine E-Mails an.", "No e-mail arrives right now.")
        return outages.report(desk, "Mail", texts).id


@pytest.fixture
def ticket_id(services: Services) -> int:
    with services.desk(SYSTEM) as desk:
        draft = Draft("Mail is down", "Since nine no mail arrives.", language="en")
        return intake.create(desk, draft).ticket.id


def test_the_board_shows_tools_by_group_in_both_languages(
    client: FlaskClient, services: Services
) -> None:
    now = services.clock.now()
    with services.database.write() as connection:
        store.sync(connection, [tool("mail", name="E-mail", name_de="Elektropost")], now)
        (one,) = store.watched(connection)
        store.keep(connection, {one.id: (Probed(True, 3), False)}, now, day=now.date())
        broken = (Probed(False, 3, "status 500"), False)
        store.keep(connection, {one.id: broken}, now, day=now.date() - timedelta(days=20))
        store.set_health(connection, one, Health.DOWN, result=broken, at=now)
    english = client.get("/status").text
    german = client.get("/status", headers=GERMAN).text
    assert "E-mail" in english
    assert "status 500" in english
    assert "100.00 %" in english, "the last seven days"
    assert "50.00 %" in english, "the last thirty days"
    assert "Elektropost" in german
    assert "ausgefallen" in german


def test_pages_say_that_the_watch_stands_still(client: FlaskClient, services: Services) -> None:
    now, good = services.clock.now(), (Probed(True, 3), False)
    with services.database.write() as connection:
        store.sync(connection, [tool("mail"), tool("erp", paused=True)], now)
        (mail,) = (one for one in store.watched(connection) if not one.tool.paused)
    page = f"/status/tools/{mail.id}"
    assert "No tool has been probed yet." in client.get("/status").text

    def probed(ago: timedelta) -> None:
        with services.database.write() as connection:
            store.set_health(connection, mail, Health.UP, result=good, at=now - ago)

    probed(timedelta(minutes=9))
    assert "Last probed</dt>" in client.get(page).text
    for address in ("/status", "/status/checklist", page):
        assert "stands still" not in client.get(address).text
        assert "last probed" not in client.get(address).text
    probed(timedelta(days=4))
    for address in ("/status", "/status/checklist"):
        assert "Die Überwachung steht still." in client.get(address, headers=GERMAN).text
        assert "4 days ago</time>; what" in client.get(address).text
    for address in ("/status/checklist", page):
        told = client.get(address, headers=GERMAN).text
        assert re.search(r"zuletzt geprüft <time [^>]*>vor 4 Tagen</time></span>", told)
    with services.database.write() as connection:
        store.sync(connection, [tool("erp", paused=True)], now)
    assert "stands still" not in client.get("/status").text, "there is nothing to probe"


def test_a_group_has_one_heading_and_its_tools_are_in_the_order_of_their_names(
    client: FlaskClient, services: Services
) -> None:
    named = (
        ("netz", "Zeta", "Ampel"),
        ("Netz", "beta", "Özeta"),
        ("netz", "Alpha", "Zebra"),
        ("Netz ", "Gamma", "ofen"),
    )
    tools = [
        tool(f"t{at}", group=group, name=name, name_de=name_de)
        for at, (group, name, name_de) in enumerate(named)
    ]
    with services.desk(SYSTEM) as desk:
        store.sync(desk.connection, tools, desk.now)
        checklist.add_item(desk, ("Bänder wechseln", "Change the tapes"), "NETZ")
    orders = {"en": "Alpha beta Gamma Zeta".split(), "de": "Ampel Özeta ofen Zebra".split()}
    for language, names in orders.items():
        headers = {"Accept-Language": language}
        for path in ("/status", "/status/checklist", "/status/tools"):
            page = client.get(path, headers=headers).text
            page = page[page.index("<h1>") :].partition("</main>")[0]
            found = re.findall(rf">({'|'.join(names)})<", page)
            assert list(dict.fromkeys(found)) == names, (language, path)
            headings = re.findall(r"<h2>(netz) ?</h2>", page, re.IGNORECASE)
            assert len(headings) == (path != "/status/tools")


def test_without_tools_the_board_says_what_to_do(client: FlaskClient) -> None:
    assert "KB_ASSIST_TOOLS" in client.get("/status").text


def test_a_ticket_that_fits_shows_the_outage_first_and_is_linked_with_one_click(
    client: FlaskClient, outage_id: int, ticket_id: int
) -> None:
    page = client.get(f"/tickets/{ticket_id}", headers=GERMAN).text
    assert "Zurzeit kommen keine E-Mails an." in page
    assert page.index("Es gibt eine Störung:") < page.index("Since nine")
    client.post(f"/status/outages/{outage_id}/tickets/{ticket_id}")
    after = client.get(f"/tickets/{ticket_id}").text
    assert "Belongs to an outage:" in after
    assert "There is an outage:" not in after
    client.post(f"/status/outages/{outage_id}/tickets/{ticket_id}/remove")
    assert "There is an outage:" in client.get(f"/tickets/{ticket_id}").text


def test_a_script_gets_only_the_changed_part(
    client: FlaskClient, outage_id: int, ticket_id: int
) -> None:
    address = f"/status/outages/{outage_id}/tickets/{ticket_id}"
    answer = client.post(address, headers={"X-Fragment": "work"})
    assert answer.status_code == 200
    assert "X-Toast" in answer.headers
    assert "<html" not in answer.text


def test_an_outage_goes_from_report_to_summary(
    client: FlaskClient, services: Services, ticket_id: int
) -> None:
    made = client.post("/status/outages", data={"title": "Mail", "text_en": "Mail is slow."})
    address = made.headers["Location"]
    client.post(f"{address}/tickets/{ticket_id}")
    client.post(address, data={"progress": "identified", "text_en": "Disk full.", "note": "db01"})
    page = client.get(address).text
    assert "cause is known" in page
    assert "db01" in page
    done = client.post(f"{address}/resolve", data={"text_en": "Back."}, follow_redirects=True).text
    assert "1 ticket is resolved with it." in done
    client.post(f"{address}/summary", data={"summary": "The disk was full."})
    assert "The disk was full." in client.get(address).text
    with services.database.read() as connection:
        ticket = tickets_store.get(connection, ticket_id)
        assert outages_store.open_ones(connection) == ()
    assert (ticket.state, ticket.resolution_text) == (State.RESOLVED, "Back.")


def test_the_title_is_in_the_readers_language_wherever_an_outage_is_named(
    client: FlaskClient, ticket_id: int
) -> None:
    titles = {"title": "Mail is slow", "title_de": "E-Mail ist langsam"}
    address = client.post("/status/outages", data=titles).headers["Location"]
    client.post(f"{address}/tickets/{ticket_id}")
    for place in ("/status", "/status/checklist", address, f"/tickets/{ticket_id}"):
        assert ">Mail is slow<" in client.get(place).text, place
        german = client.get(place, headers=GERMAN).text
        assert ">E-Mail ist langsam<" in german, place
        assert ">Mail is slow<" not in german, place


def test_the_second_title_is_changed_and_a_form_without_titles_leaves_them(
    client: FlaskClient,
) -> None:
    address = client.post("/status/outages", data={"title_de": "Drucken"}).headers["Location"]
    assert "Drucken" in client.get(address).text
    client.post(address, data={"progress": "identified"})
    client.post(
        address, data={"progress": "identified", "title": "Printing", "title_de": "Drucken"}
    )
    assert "Printing</h1>" in client.get(address).text
    assert "Drucken</h1>" in client.get(address, headers=GERMAN).text


def test_what_a_colleague_said_meanwhile_is_not_overwritten(
    client: FlaskClient, services: Services, outage_id: int
) -> None:
    address = f"/status/outages/{outage_id}"
    found = re.search(r'name="seen" value="(\w+)"', client.get(address).text)
    assert found
    form = {"progress": "investigating", "title": "Mail", "seen": found.group(1)}
    theirs = form | {"progress": "identified", "text_en": "Disk full.\r\nDay two.", "text_de": ""}
    assert client.post(address, data=theirs).status_code == 303

    mine = form | {"text_en": "", "text_de": "Seit neun.", "note": "Call Ines <1>"}
    refused = client.post(address, data=mine)
    assert refused.status_code == 409
    page = refused.text
    assert "Somebody changed the outage while you were writing" in page
    changes = page[page.index("while you were writing") : page.index("</dl>", page.index("while"))]
    assert "Disk full.\nDay two." in changes
    assert "cause is known" in changes
    assert "Title" not in changes, "both say the same"
    assert ">Seit neun.</textarea>" in page
    assert 'value="Call Ines &lt;1&gt;"' in page
    with services.database.read() as connection:
        kept = outages_store.get(connection, outage_id)
    assert (kept.text_en, kept.progress) == ("Disk full.\nDay two.", "identified")

    again = re.search(r'name="seen" value="(\w+)"', page)
    assert again
    assert client.post(address, data=mine | {"seen": again.group(1)}).status_code == 303
    assert "Seit neun." in client.get(address, headers=GERMAN).text


def test_what_a_colleague_learned_meanwhile_is_not_overwritten(
    client: FlaskClient, outage_id: int
) -> None:
    address = f"/status/outages/{outage_id}"
    client.post(f"{address}/resolve")
    found = re.search(r'name="seen" value="(\w+)"', client.get(address).text)
    assert found
    form = {"seen": found.group(1)}
    assert client.post(f"{address}/summary", data=form | {"summary": "Disk."}).status_code == 303
    refused = client.post(f"{address}/summary", data=form | {"summary": "Relay."})
    assert refused.status_code == 409
    assert "Somebody changed the outage while you were writing" in refused.text
    assert '<p class="words">Disk.</p>' in refused.text
    assert ">Relay.</textarea>" in refused.text
    assert ">Save</button>" in refused.text
    assert "Say how it goes" not in refused.text


def test_a_form_that_was_open_when_the_outage_ended_is_kept(
    client: FlaskClient, services: Services, outage_id: int
) -> None:
    address = f"/status/outages/{outage_id}"
    found = re.search(r'name="seen" value="(\w+)"', client.get(address).text)
    assert found
    client.post(f"{address}/resolve")
    form = {"progress": "monitoring", "title": "Mail", "text_en": "Nearly.", "seen": found.group(1)}
    refused = client.post(address, data=form)
    assert refused.status_code == 409
    assert ">Nearly.</textarea>" in refused.text


def test_an_outage_gets_its_tool_later(
    client: FlaskClient, services: Services, outage_id: int, ticket_id: int
) -> None:
    with services.database.write() as connection:
        store.sync(connection, [tool("relay", name="Relay", cis=("MX-01",))], services.clock.now())
        (watched,) = store.watched(connection)
    with services.desk(SYSTEM) as desk:
        named = intake.create(desk, Draft("Nothing", "MX-01 does not answer")).ticket
        assert matches(desk.connection, named) == ()
    address = f"/status/outages/{outage_id}"
    assert f'<option value="{watched.id}">Relay</option>' in client.get(address).text
    form = {"progress": "investigating", "tool_id": str(watched.id)}
    assert client.post(address, data=form).status_code == 303
    page = client.get(address).text
    assert f'<option value="{watched.id}" selected>Relay</option>' in page
    assert "<strong>tool</strong> – Relay" in page
    with services.database.read() as connection:
        (found,) = matches(connection, named)
    assert found.reasons == (Reason.ITEM,)

    client.post(address, data={"progress": "identified"})
    assert "MX-01" in client.get(address).text, "a form without tools leaves it"
    client.post(address, data={"progress": "identified", "tool_id": ""})
    assert "MX-01" not in client.get(address).text
    assert client.post(address, data=form | {"tool_id": "99"}).status_code == 422


def test_an_outage_of_the_watch_stays_with_its_tool(
    client: FlaskClient, services: Services
) -> None:
    now = services.clock.now()
    with services.database.write() as connection:
        store.sync(connection, [tool("relay"), tool("mail")], now)
        relay, mail = store.watched(connection)
        made = outages_store.add(connection, NewOutage(WATCH, "Relay", now, relay.id))
    address = f"/status/outages/{made}"
    assert 'name="tool_id"' not in client.get(address).text
    form = {"progress": "identified", "tool_id": str(mail.id)}
    assert client.post(address, data=form).status_code == 422
    with services.database.read() as connection:
        assert outages_store.get(connection, int(made or 0)).tool_id == relay.id


def test_an_outage_gets_a_ticket_of_its_own(client: FlaskClient, outage_id: int) -> None:
    made = client.post(f"/status/outages/{outage_id}/ticket")
    assert "/tickets/" in made.headers["Location"]
    assert "Belongs to an outage:" in client.get(made.headers["Location"]).text


def test_the_board_says_that_tickets_wait_although_the_outage_is_over(
    client: FlaskClient, services: Services, outage_id: int, ticket_id: int
) -> None:
    client.post(f"/status/outages/{outage_id}/tickets/{ticket_id}")
    with services.database.write() as connection:
        outages_store.end(connection, outage_id, services.clock.now())
    assert "1 ticket waits" in client.get("/status").text
    client.post(f"/status/outages/{outage_id}/resolve")
    assert "1 ticket waits" not in client.get("/status").text


def test_a_tools_page_has_its_state_and_its_outages(
    client: FlaskClient, services: Services
) -> None:
    with services.desk(SYSTEM) as desk:
        tools = [tool("mail", name="E-mail", depends_on=("dns",), cis=("SRV-1",)), tool("dns")]
        store.sync(desk.connection, tools, desk.now)
        (mail,) = (one for one in store.watched(desk.connection) if one.tool.key == "mail")
        store.keep(
            desk.connection, {mail.id: (Probed(True, 3), False)}, desk.now, day=desk.now.date()
        )
        made = outages.report(desk, "Queue is full", Texts(), tool_id=mail.id)
    page = client.get(f"/status/tools/{mail.id}").text
    assert f'href="/status/outages/{made.id}"' in page
    assert "100.00 %" in page
    assert "SRV-1" in page
    assert ">Dns</a>" in page


def test_the_page_of_an_outage_does_not_call_a_tool_down_that_nobody_watches(
    client: FlaskClient, services: Services
) -> None:
    with services.desk(SYSTEM) as desk:
        store.sync(desk.connection, [tool("mail")], desk.now)
        (mail,) = store.watched(desk.connection)
        made = outages.report(desk, "Queue is full", Texts(), tool_id=mail.id)
        broken = (Probed(False, 3), False)
        store.set_health(desk.connection, mail, Health.DOWN, result=broken, at=desk.now)
    address = f"/status/outages/{made.id}"
    assert '<span class="badge badge-required">down</span>' in client.get(address).text
    with services.database.write() as connection:
        store.sync(connection, [], services.clock.now())
    page = client.get(address).text
    assert '<span class="badge badge-required">down</span>' not in page
    assert '<span class="badge">switched off</span>' in page


def test_one_failed_probe_of_many_is_not_rounded_away(
    client: FlaskClient, services: Services
) -> None:
    now = services.clock.now()
    with services.database.write() as connection:
        store.sync(connection, [tool("mail")], now)
        (one,) = store.watched(connection)
        store.add_days(connection, one.id, {now.date(): (24_999, 1, 0)})
    page = client.get("/status").text
    assert "99.99 %" in page
    assert "100.00 %" not in page


def test_only_an_article_that_can_be_read_says_what_to_do(
    client: FlaskClient, services: Services
) -> None:
    with services.desk(SYSTEM) as desk:
        tools = [tool("mail", article="KB-2"), tool("erp", article="KB-99")]
        store.sync(desk.connection, tools, desk.now)
        ids = {one.tool.key: one.id for one in store.watched(desk.connection)}
        told = {key: outages.report(desk, key, Texts(), tool_id=ids[key]).id for key in ids}
    board = client.get("/status").text
    assert board.count("What to do") == 1
    for key, is_there in (("mail", True), ("erp", False)):
        page = client.get(f"/status/tools/{ids[key]}").text
        outage = client.get(f"/status/outages/{told[key]}").text
        assert ("/articles/KB-1" in page, "/articles/KB-1" in outage) == (is_there, is_there)
        assert ("There is no article KB-99." in page) is not is_there
        assert "/articles/KB-99" not in page + outage + board


def test_how_long_a_tool_has_been_as_it_is_reads_as_a_span(
    client: FlaskClient, services: Services
) -> None:
    now = services.clock.now()
    with services.database.write() as connection:
        store.sync(connection, [tool("mail"), tool("erp")], now)
        for one, days in zip(store.watched(connection), (4, 0), strict=True):
            at, broken = now - timedelta(days=days), (Probed(False, 3), False)
            store.set_health(connection, one, Health.DOWN, result=broken, at=at)
        first, second = (one.id for one in store.watched(connection))
    spans = {"en": ("for 4 days", "for 1 second"), "de": ("seit 4 Tagen", "seit 1 Sekunde")}
    for language, told in spans.items():
        headers = {"Accept-Language": language}
        board = client.get("/status", headers=headers).text
        for key, span in zip((first, second), told, strict=True):
            assert f">{span}</time>" in client.get(f"/status/tools/{key}", headers=headers).text
            assert f">{span}</time>" in board


def test_board_and_checklist_say_the_same_of_groups_and_causes(
    client: FlaskClient, services: Services, outage_id: int
) -> None:
    with services.desk(SYSTEM) as desk:
        store.sync(desk.connection, [tool("mail", group="")], desk.now)
        other = outages.report(desk, "ERP", Texts())
        outages_store.change(desk.connection, other.id, {"cause_id": outage_id})
    for path in ("/status", "/status/checklist"):
        page = client.get(path, headers=GERMAN).text
        assert "<h2>Ohne Gruppe</h2>" in page
        assert page.count(f'folgt aus: <a href="/status/outages/{outage_id}">Mail</a>') == 1


def test_a_ticket_that_fits_what_follows_from_an_outage_says_so(
    client: FlaskClient, services: Services, outage_id: int
) -> None:
    with services.desk(SYSTEM) as desk:
        other = outages.report(desk, "ERP", Texts())
        outages_store.change(desk.connection, other.id, {"cause_id": outage_id})
        named = intake.create(desk, Draft("ERP", "Es geht nicht.")).ticket.id
    page = client.get(f"/tickets/{named}", headers=GERMAN).text
    assert "„ERP“ passt zum Ticket und folgt daraus" in page
    assert "im Ticket genannt" not in page


def test_nonsense_is_refused(client: FlaskClient, outage_id: int) -> None:
    address = f"/status/outages/{outage_id}"
    refused = client.post("/status/outages", data={"title": " "}, headers=GERMAN)
    assert refused.status_code == 422
    assert "steht noch im Formular" in refused.text, "and how to get back to it"
    assert client.post(address, data={"progress": "?"}).status_code == 422
    assert client.post("/status/outages", data={"title": "\x00"}).status_code == 422
    large = client.post("/status/outages", data={"title": "x", "tool_id": str(10**20)})
    assert large.status_code == 422
    assert "A number is too large." in large.text
    long = {"progress": "identified", "note": "x" * 5_001}
    assert client.post(address, data=long).status_code == 422
    assert client.get("/status/outages/999").status_code == 404


def test_the_first_level_links_but_does_not_edit(
    sign_in_as: SignInAs, indexed: None, outage_id: int, ticket_id: int
) -> None:
    first = sign_in_as(Role.L1_AGENT)
    assert "Report an outage" not in first.get("/status").text
    assert first.post("/status/outages", data={"title": "x"}).status_code == 403
    assert first.post(f"/status/outages/{outage_id}/resolve").status_code == 403
    assert first.post(f"/status/outages/{outage_id}/tickets/{ticket_id}").status_code == 303


def test_the_hand_over_knows_the_outage(
    client: FlaskClient, services: Services, outage_id: int, ticket_id: int
) -> None:
    with services.database.read() as connection:
        assert tool_status(connection, ticket_id)["Mail"].startswith("outage since")


def test_a_new_ticket_that_means_the_same_shows_the_outage_at_once(
    client: FlaskClient, services: Services, outage_id: int
) -> None:
    alike = "mailbox outbox messages stay unsent forever"
    with services.desk(SYSTEM) as desk:
        for number in range(3):
            told = intake.create(desk, Draft(f"{alike} {number}", alike)).ticket
            outages.link(desk, outage_id, told.id)
        same = intake.create(desk, Draft(f"unsent {alike}", alike)).ticket.id
        other = intake.create(desk, Draft("Keyboard broken", "Two keys stick.")).ticket.id

    assert "No e-mail arrives right now." in client.get(f"/tickets/{same}").text
    assert "No e-mail arrives right now." not in client.get(f"/tickets/{other}").text
    with services.database.read() as connection:
        (found,) = matches(connection, tickets_store.get(connection, same))
    assert found.reasons == (Reason.MEANING,)


def test_a_ticket_opens_while_nobody_can_tell_what_it_means(
    client: FlaskClient,
    services: Services,
    outage_id: int,
    embedder: FakeEmbedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(texts: object) -> Vectors:
        raise EmbeddingUnavailableError("The embedding service is away.")

    with services.desk(SYSTEM) as desk:
        made = [intake.create(desk, Draft(f"Mail {n}", "x")).ticket.id for n in range(4)]
        for told in made[:3]:
            outages.link(desk, outage_id, told)
    monkeypatch.setattr(embedder, "encode_queries", away)

    assert client.get(f"/tickets/{made[3]}").status_code == 200


def test_alike_days_are_one_piece_of_the_bar(services: Services) -> None:
    today = services.clock.today()
    first = today - timedelta(days=BAR_DAYS - 1)
    days = {first + timedelta(days=at): Availability(100, 100) for at in (0, 1, 2, 5)}
    days[first + timedelta(days=6)] = Availability(50, 100)
    found = runs(days, first)
    assert found == (Run(0, 3, "good"), Run(5, 1, "good"), Run(6, 1, "bad"))


@pytest.fixture
def surge_id(services: Services, ticket_id: int) -> int:
    centre = np.zeros(4, dtype=np.float32)
    found = Found((ticket_id,), services.clock.now(), 0.25, centre, 0.3)
    with services.database.write() as connection:
        return surges_store.add(connection, "fake", Told("Mail stands still", "Outbox"), found)


def test_a_surge_is_on_the_board_and_on_its_tickets(
    client: FlaskClient, surge_id: int, ticket_id: int
) -> None:
    assert "Mail stands still" in client.get("/status").text
    assert "1 tickets about “Outbox” within 1 minute" in client.get("/status").text
    page = client.get(f"/tickets/{ticket_id}", headers=GERMAN).text
    assert "Viele Tickets wie dieses" in page
    assert "Mail is down" in client.get(f"/status/surges/{surge_id}").text


def test_a_surge_is_dismissed(client: FlaskClient, surge_id: int, ticket_id: int) -> None:
    client.post(f"/status/surges/{surge_id}/dismiss")
    assert "Mail stands still" not in client.get("/status").text
    assert "Many tickets like this one" not in client.get(f"/tickets/{ticket_id}").text


def test_a_ticket_of_the_same_client_is_offered_the_surge_and_joins_with_one_click(
    client: FlaskClient, services: Services, surge_id: int, ticket_id: int
) -> None:
    with services.desk(SYSTEM) as desk:
        apply_import(desk, plan_import(desk, "clients", "key,name\nC-1,Jana\n"))
        edit(desk, ticket_id, Edit(client_id=1))
        same = intake.create(desk, Draft("Scanner", "Stuck.")).ticket.id
        edit(desk, same, Edit(client_id=1))
        other = intake.create(desk, Draft("Scanner", "Stuck.")).ticket.id

    assert "There are many tickets alike:" not in client.get(f"/tickets/{other}").text
    assert "another ticket of the client belongs to it" in client.get(f"/tickets/{same}").text
    client.post(f"/status/surges/{surge_id}/tickets/{same}")
    page = client.get(f"/tickets/{same}").text
    assert "Many tickets like this one" in page
    assert "There are many tickets alike:" not in page
    assert client.post(f"/status/surges/{surge_id}/tickets/999").status_code == 404


def test_a_new_ticket_that_means_the_same_belongs_to_the_surge_at_once(
    client: FlaskClient, services: Services
) -> None:
    alike = "mailbox outbox messages stay unsent forever"
    with services.desk(SYSTEM) as desk:
        made = [intake.create(desk, Draft(f"{alike} {n}", alike)).ticket.id for n in range(4)]
        centre = np.zeros(4, dtype=np.float32)
        found = Found(tuple(made), desk.now, 0.25, centre, 0.3)
        surges_store.add(desk.connection, "fake", Told("Unsent", "Outbox"), found)
        same = intake.create(desk, Draft(f"unsent {alike}", alike)).ticket.id
        other = intake.create(desk, Draft("Keyboard broken", "Two keys stick.")).ticket.id

    assert "Many tickets like this one" in client.get(f"/tickets/{same}").text
    assert "Many tickets like this one" not in client.get(f"/tickets/{other}").text


def test_a_ticket_like_those_of_two_surges_belongs_to_one(
    client: FlaskClient, services: Services
) -> None:
    alike = "mailbox outbox messages stay unsent forever"
    with services.desk(SYSTEM) as desk:
        centre = np.zeros(4, dtype=np.float32)
        for word in ("sales", "warehouse"):
            drafts = [Draft(f"{alike} {word} {n}", alike) for n in range(4)]
            made = tuple(intake.create(desk, draft).ticket.id for draft in drafts)
            found = Found(made, desk.now, 0.25, centre, 0.3)
            surges_store.add(desk.connection, "fake", Told(word, word), found)
        same = intake.create(desk, Draft(f"warehouse {alike}", alike)).ticket.id

    for _ in range(2):
        client.get(f"/tickets/{same}")
        with services.database.read() as connection:
            holding = surges_store.of_ticket(connection, same)
        assert [one.title for one in holding] == ["warehouse"]

    with services.desk(SYSTEM) as desk:
        surges.open_outage(desk, holding[0].id)
    client.get(f"/tickets/{same}")
    with services.database.read() as connection:
        assert surges_store.of_ticket(connection, same) == ()


def test_a_surge_is_linked_to_an_outage_that_is_known(
    client: FlaskClient, surge_id: int, ticket_id: int, outage_id: int
) -> None:
    assert "Link the selected tickets" in client.get(f"/status/surges/{surge_id}").text
    form = {"outage_id": str(outage_id), "known": "1", "ticket": str(ticket_id)}
    unknown = client.post(f"/status/surges/{surge_id}/outage", data=form | {"outage_id": "99"})
    assert unknown.status_code == 404
    made = client.post(f"/status/surges/{surge_id}/outage", data=form)
    assert made.headers["Location"].endswith(f"/status/outages/{outage_id}")
    assert f"T-{ticket_id}" in client.get(made.headers["Location"]).text
    late = client.post(f"/status/surges/{surge_id}/outage", data={"ticket": str(ticket_id)})
    assert late.headers["Location"] == made.headers["Location"], "somebody else was faster"


def test_a_surge_becomes_an_outage(client: FlaskClient, surge_id: int, ticket_id: int) -> None:
    made = client.post(f"/status/surges/{surge_id}/outage", data={"ticket": str(ticket_id)})
    assert f"T-{ticket_id}" in client.get(made.headers["Location"]).text
    assert "Belongs to an outage:" in client.get(f"/tickets/{ticket_id}").text


def test_only_the_selected_tickets_of_a_surge_go_to_the_outage(
    client: FlaskClient, services: Services, surge_id: int, ticket_id: int
) -> None:
    with services.desk(SYSTEM) as desk:
        other, solved = (intake.create(desk, Draft("Scanner", "Stuck.")).ticket for _ in range(2))
        command = Command(Verb.RESOLVE, resolution_code=ResolutionCode.FIXED, resolution_text="x")
        move(desk, solved.id, command)
        for one in (other, solved):
            surges.join(desk, surge_id, one.id)
    address = f"/status/surges/{surge_id}"
    shown = client.get(address).text
    selectable = re.findall(r'name="ticket" value="(\d+)"', shown)
    assert [int(key) for key in selectable] == [ticket_id, other.id]

    assert client.post(f"{address}/outage").status_code == 422
    made = client.post(f"{address}/outage", data={"ticket": str(ticket_id)})

    page = client.get(made.headers["Location"]).text
    assert f"T-{ticket_id}" in page
    assert f"T-{other.id}" not in page
    with services.database.read() as connection:
        assert surges_store.get(connection, surge_id).tickets == (ticket_id, solved.id)


def test_a_dismissal_is_undone(client: FlaskClient, services: Services, surge_id: int) -> None:
    address = f"/status/surges/{surge_id}"
    done = client.post(f"{address}/dismiss", follow_redirects=True).text
    assert "Report it as an outage" not in done
    assert f'action="{address}/reinstate"' in done
    undone = client.post(f"{address}/reinstate", follow_redirects=True).text
    assert "Report it as an outage" in undone
    assert "Noted. It is a surge again." in undone
    with services.database.read() as connection:
        assert surges_store.get(connection, surge_id).dismissed_at is None


def test_a_surge_of_erased_tickets_has_a_page_without_their_words(
    client: FlaskClient, services: Services, surge_id: int, ticket_id: int
) -> None:
    with services.database.write() as connection:
        surges_store.leave(connection, surge_id, [ticket_id])
        surges_store.change(connection, surge_id, {"title": "", "words": ""})
    page = client.get(f"/status/surges/{surge_id}", headers=GERMAN).text
    assert "Tickets zum selben Thema</h1>" in page
    assert "Die Texte der Tickets sind gelöscht." in page


def test_a_surge_that_is_over_becomes_no_new_outage(
    client: FlaskClient, services: Services, surge_id: int
) -> None:
    with services.database.write() as connection:
        surges_store.change(connection, surge_id, {"stage": Stage.RESOLVED.value})
    page = client.get(f"/status/surges/{surge_id}").text
    assert "Report it as an outage" not in page
    assert "This is no surge" in page


def test_a_surge_is_parted_from_an_outage(
    client: FlaskClient, services: Services, surge_id: int, ticket_id: int
) -> None:
    client.post(f"/status/surges/{surge_id}/outage", data={"ticket": str(ticket_id)})
    shown = client.get(f"/status/surges/{surge_id}").text
    assert f'action="/status/surges/{surge_id}/alone"' in shown
    assert client.post(f"/status/surges/{surge_id}/alone").status_code == 303
    with services.database.read() as connection:
        assert surges_store.get(connection, surge_id).outage_id is None
    assert f"/status/surges/{surge_id}/outage" in client.get(f"/status/surges/{surge_id}").text
