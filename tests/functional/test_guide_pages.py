"""Guides as a browser without JavaScript sees them: library, run, ticket, customer's link."""

from __future__ import annotations

import io
import re
import shutil
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from kb_assist.auth import store as accounts
from kb_assist.auth.model import Role, SupportLevel
from kb_assist.bootstrap import Services
from kb_assist.guides import database_store
from kb_assist.settings import Settings
from kb_assist.storage.tables.guides import guide_sessions
from kb_assist.tickets import comments_store, feedback_store, guiding, intake, links, links_store
from kb_assist.tickets.model import SYSTEM, Draft, RecordRole
from kb_assist.tickets.records.importing import apply_import, plan_import
from tests.fakes import FrozenClock
from tests.functional.conftest import SignInAs
from tests.guides.conftest import SAMPLE

GERMAN = {"Accept-Language": "de-DE,de;q=0.9"}
ENGLISH = {"Accept-Language": "en"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
TO_RESOLVED = [("device", "NB-1"), ("internet", "yes"), ("error_shown", "login")]
TO_RESOLVED += [("password_changed", "yes"), ("relogin", "ok"), ("retry", "yes")]
TO_ESCALATION = [("device", "NB-1"), ("internet", "yes"), ("error_shown", "timeout")]
TO_ESCALATION += [("latency", "350,5")]


@pytest.fixture(autouse=True)
def guides(settings: Settings) -> None:
    shutil.copytree(SAMPLE, settings.articles / "guides")


@pytest.fixture
def ticket_id(services: Services) -> int:
    with services.desk(SYSTEM) as desk:
        draft = Draft("VPN does not connect", "The vpn tunnel hangs", requester_name="Jana Muster")
        return intake.create(desk, draft).ticket.id


def start(client: FlaskClient, ticket_id: int | None = None) -> str:
    """The address of a new run."""
    form = {"ticket_id": ticket_id} if ticket_id else {}
    answer = client.post("/guides/vpn_connect/start", data=form)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def seen(page: str) -> str:
    found = re.search(r'data-seq="(\d+)"', page)
    assert found is not None
    return found[1]


def answer(client: FlaskClient, run: str, key: str, value: str, **more: str) -> str:
    form = {"key": key, "value": value, "seen": seen(client.get(run).text)} | more
    response = client.post(f"{run}/answer", data=form, headers=GERMAN, follow_redirects=True)
    assert response.status_code == 200, response.text
    return response.text


def walk(client: FlaskClient, run: str, answers: list[tuple[str, str]]) -> str:
    page = ""
    for key, value in answers:
        page = answer(client, run, key, value)
    return page


def end(client: FlaskClient, run: str) -> str:
    form = {"seen": seen(client.get(run).text)}
    return str(client.post(f"{run}/end", data=form, headers=GERMAN).headers["Location"])


def customer_link(client: FlaskClient, run: str) -> str:
    client.post(f"{run}/link", data={"seen": seen(client.get(run).text)})
    found = re.search(r'value="https?://[^/]+(/g/[^"]+)"', client.get(run).text)
    assert found is not None
    return found[1]


def test_the_library_finds_guides_by_words_of_both_languages(client: FlaskClient) -> None:
    assert "VPN does not connect" in client.get("/guides").text
    assert "VPN verbindet nicht" in client.get("/guides?q=tunnel", headers=GERMAN).text
    assert "VPN does not connect" not in client.get("/guides?q=printer").text
    assert "Keine Anleitung passt" in client.get("/guides?q=printer", headers=GERMAN).text


def test_a_knowledge_base_without_guides_says_how_to_write_one(
    client: FlaskClient, sign_in_as: SignInAs, settings: Settings
) -> None:
    shutil.rmtree(settings.articles / "guides")

    assert "Whoever writes your articles can add some" in client.get("/guides").text
    assert "kb-assist guides new" in sign_in_as(Role.CONTENT_OWNER).get("/guides").text


def test_a_whole_run_in_german_ends_resolved(client: FlaskClient) -> None:
    run = start(client)
    page = walk(client, run, TO_RESOLVED)
    finished = client.get(end(client, run), headers=GERMAN).text

    assert "Das VPN funktioniert wieder" in page
    assert "Beendet" in finished


def test_an_earlier_answer_can_be_changed_and_what_depended_on_it_is_doubted(
    client: FlaskClient,
) -> None:
    run = start(client)
    walk(client, run, TO_RESOLVED[:5])
    before = client.get(f"{run}?at=error_shown").text
    page = answer(client, run, "error_shown", "cert")

    assert 'aria-current="true"' in before
    assert "Bis wann ist das VPN-Zertifikat gültig?" in page
    assert "Nicht mehr sicher" in page


def test_a_doubted_answer_is_still_true_with_one_click(client: FlaskClient) -> None:
    run = start(client)
    walk(client, run, TO_RESOLVED[:4])
    other_way = [("error_shown", "cert"), ("cert_expiry", "2020-01-01"), ("renew_cert", "ok")]
    page = walk(client, run, [*other_way, ("retry", "no"), ("error_shown@2", "login")])
    assert "Beantwortet, bevor etwas anderes geändert wurde." in page
    form = {"key": "password_changed", "seen": seen(page)}
    page = client.post(f"{run}/still-true", data=form, follow_redirects=True).text

    assert "Sign out of Windows" in page
    assert "No longer certain" not in page


def test_a_stale_answer_is_refused_and_the_page_shows_how_it_stands(client: FlaskClient) -> None:
    run = start(client)
    old = seen(client.get(run).text)
    answer(client, run, "device", "NB-1")
    late = {"key": "device", "value": "NB-2", "seen": old}
    response = client.post(f"{run}/answer", data=late)

    assert response.status_code == 409
    assert "nothing is lost" in response.text
    assert "NB-2" not in response.text


def test_what_does_not_fit_is_said_beside_the_field_and_kept(client: FlaskClient) -> None:
    run = start(client)
    walk(client, run, TO_ESCALATION[:3])
    form = {"key": "latency", "value": "9000 ms", "seen": seen(client.get(run).text)}
    response = client.post(f"{run}/answer", data=form, headers=GERMAN)

    assert response.status_code == 422
    assert "höchstens 5000" in response.text
    assert "9000 ms" in response.text


def test_the_ticket_offers_the_fitting_guide_with_its_reason(
    client: FlaskClient, services: Services, ticket_id: int
) -> None:
    page = client.get(f"/tickets/{ticket_id}?help=1").text
    library = client.get(f"/tickets/{ticket_id}/guides").text
    with services.database.read() as connection:
        signals = feedback_store.of_ticket(connection, ticket_id)

    assert "Start the guide" in page
    assert '<span class="term">vpn</span>' in page.lower()
    assert "Fits this ticket" in library
    shown = [s.signal.subject_id for s in signals if s.signal.subject_kind == "guide"]
    assert shown == ["vpn_connect"]


def test_what_the_ticket_knows_is_filled_in(
    client: FlaskClient, services: Services, ticket_id: int
) -> None:
    with services.desk(SYSTEM) as desk:
        apply_import(desk, plan_import(desk, "cis", "key,name\nNB-77,Notebook\n"))
        links.link_ci(desk, ticket_id, 1, RecordRole.PRIMARY)
    page = client.get(start(client, ticket_id)).text

    assert 'value="NB-77"' in page
    assert "Known from the ticket" in page


def test_a_resolved_guide_writes_the_transcript_and_fills_the_resolve_form(
    client: FlaskClient, services: Services, ticket_id: int
) -> None:
    run = start(client, ticket_id)
    walk(client, run, TO_RESOLVED)
    ticket = client.get(end(client, run), headers=GERMAN).text
    with services.database.read() as connection:
        notes = comments_store.of_ticket(connection, ticket_id)
        signals = [s.signal for s in feedback_store.of_ticket(connection, ticket_id)]

    assert "Gelöst mit der Anleitung" in ticket
    assert [note.kind for note in notes] == ["internal"]
    assert "Das VPN funktioniert wieder" in notes[0].body
    assert ("solved", "vpn_connect") in {(s.kind, s.subject_id) for s in signals}
    assert run in ticket


def test_an_escalation_opens_the_hand_over_with_the_answers(
    client: FlaskClient, services: Services, ticket_id: int
) -> None:
    with services.database.write() as connection:
        accounts.ensure_group(connection, "Second Level", SupportLevel.L2)
        group = accounts.ensure_group(connection, "Network", SupportLevel.L2).id
    run = start(client, ticket_id)
    assert "An das Netzwerk-Team übergeben" in walk(client, run, TO_ESCALATION)
    target = end(client, run)
    assert target.endswith(f"/tickets/{ticket_id}/hand-over?group={group}")
    form = {"group_id": group, "then": "hand_over"}
    client.post(f"/tickets/{ticket_id}/hand-over/answers", data=form, headers=GERMAN)
    dossier = client.get(f"/tickets/{ticket_id}/hand-over/1", headers=GERMAN).text

    assert "Wie hoch ist die mittlere Antwortzeit" in dossier
    assert "350,5" in dossier


def test_what_a_guide_had_people_do_is_what_was_tried(
    client: FlaskClient, services: Services, ticket_id: int
) -> None:
    with services.database.write() as connection:
        group = accounts.ensure_group(connection, "Second Level", SupportLevel.L2).id
    walk(client, start(client, ticket_id), [*TO_RESOLVED[:-1], ("retry", "no")])
    page = client.get(f"/tickets/{ticket_id}/hand-over?group={group}", headers=GERMAN).text
    known = page[page.index("Bekannt") :]

    assert "Bereits versucht" in known
    assert "Hat geklappt" in known
    assert 'name="item-steps_tried"' not in page, "nobody is asked what is known"


def test_an_article_as_outcome_is_linked(
    client: FlaskClient, services: Services, ticket_id: int
) -> None:
    run = start(client, ticket_id)
    walk(client, run, [*TO_ESCALATION[:3], ("latency", "200")])
    end(client, run)
    with services.database.read() as connection:
        linked = links_store.articles_of(connection, ticket_id)

    assert len(linked) == 1


def test_none_of_this_helped_is_a_signal_and_keeps_what_was_tried(
    client: FlaskClient, services: Services, ticket_id: int
) -> None:
    run = start(client, ticket_id)
    walk(client, run, TO_RESOLVED[:3])
    client.post(f"{run}/give-up", data={"seen": seen(client.get(run).text)})
    with services.database.read() as connection:
        notes = comments_store.of_ticket(connection, ticket_id)
        signals = [s.signal for s in feedback_store.of_ticket(connection, ticket_id)]
        left = database_store.given_up(connection, "vpn_connect")

    assert left == {run.rsplit("/", 1)[-1]}, "its figures count at once, not after a day"
    assert ("did_not_help", "vpn_connect") in {(s.kind, s.subject_id) for s in signals}
    assert "NB-1" in notes[0].body
    assert run not in client.get("/guides").text


def test_an_abandoned_run_is_counted_once(
    client: FlaskClient, services: Services, clock: FrozenClock, ticket_id: int
) -> None:
    start(client, ticket_id)
    clock.advance(timedelta(days=2))
    with services.desk(SYSTEM) as desk:
        counts = [guiding.note_abandoned(desk), guiding.note_abandoned(desk)]
        signals = [s.signal for s in feedback_store.of_ticket(desk.connection, ticket_id)]

    assert counts == [1, 0]
    assert [s.subject_id for s in signals if s.kind == "abandoned"] == ["vpn_connect"]


def test_a_colleague_goes_on_and_sees_the_run_in_the_library(
    client: FlaskClient, services: Services, sign_in_as: SignInAs
) -> None:
    colleague = sign_in_as(Role.L1_AGENT, "omar")
    with services.database.write() as connection:
        omar = accounts.user_by_login(connection, "omar")
        assert omar is not None
        connection.exec_driver_sql(
            "UPDATE users SET display_name = 'Omar Test' WHERE login = 'omar'"
        )
    run = start(client)
    form = {"to": "Omar Test", "seen": seen(client.get(run).text)}
    client.post(f"{run}/hand-over", data=form)

    assert run in colleague.get("/guides").text
    assert run not in client.get("/guides").text
    assert client.post(f"{run}/hand-over", data={"to": "Nobody", "seen": "9"}).status_code == 422


def test_after_a_long_pause_what_may_have_changed_is_asked_again(
    client: FlaskClient, clock: FrozenClock, sign_in_as: SignInAs
) -> None:
    run = start(client)
    walk(client, run, TO_RESOLVED[:5])
    clock.advance(timedelta(days=3))
    later = sign_in_as(Role.L2_AGENT)
    page = later.get(run).text
    assert "Ask again what may have changed" in page
    again = later.post(f"{run}/resume", data={"seen": seen(page)}, follow_redirects=True).text

    assert "Still true" in again
    assert "Sign out of Windows" in again


def test_a_file_of_a_step_becomes_an_attachment_of_the_ticket(
    client: FlaskClient, ticket_id: int
) -> None:
    run = start(client, ticket_id)
    walk(client, run, [("device", "NB-1"), ("internet", "yes"), ("error_shown", "other")])
    key, now = "screenshot", seen(client.get(run).text)
    wrong = {"key": key, "seen": now, "file": (io.BytesIO(b"x"), "a.txt")}
    refused = client.post(f"{run}/answer", data=wrong)
    form = {"key": key, "seen": now, "file": (io.BytesIO(PNG), "error.png")}
    page = client.post(f"{run}/answer", data=form, follow_redirects=True).text

    assert refused.status_code == 422
    assert "png" in refused.text
    assert "Does the VPN connect now?" in page
    assert "error.png" in client.get(f"/tickets/{ticket_id}").text


def test_a_note_stays_with_the_run(client: FlaskClient) -> None:
    run = start(client)
    form = {"text": "Jana calls back at two", "seen": seen(client.get(run).text)}

    assert "calls back" in client.post(f"{run}/note", data=form, follow_redirects=True).text
    assert "calls back" in client.get(f"{run}/transcript.md").text


def test_a_fragment_is_the_part_of_the_page_only(client: FlaskClient) -> None:
    run = start(client)
    form = {"key": "device", "value": "NB-1", "seen": seen(client.get(run).text)}
    part = client.post(f"{run}/answer", data=form, headers={"X-Fragment": "1"})

    assert part.status_code == 200
    assert "<html" not in part.text
    assert "With the VPN off" in part.text


def test_somebody_who_may_not_work_on_tickets_cannot_answer_at_one(
    client: FlaskClient, sign_in_as: SignInAs, ticket_id: int
) -> None:
    run = start(client, ticket_id)
    owner = sign_in_as(Role.CONTENT_OWNER, "owner")

    assert owner.get(run).status_code == 200
    form = {"key": "device", "value": "NB-1", "seen": seen(owner.get(run).text)}
    assert owner.post(f"{run}/answer", data=form).status_code == 403
    assert owner.post("/guides/vpn_connect/start", data={"ticket_id": ticket_id}).status_code == 403


@pytest.fixture
def customer(app: object) -> FlaskClient:
    return app.test_client()  # type: ignore[attr-defined,no-any-return]


def test_a_customer_answers_without_signing_in_and_both_see_it(
    client: FlaskClient, customer: FlaskClient, ticket_id: int
) -> None:
    run = start(client, ticket_id)
    link = customer_link(client, run)
    page = customer.get(link, headers=GERMAN).text
    assert "Welches Gerät ist betroffen?" in page
    assert "Ihr Support stellt Ihnen ein paar Fragen" in page, "at first: who asks, and why"
    answer(customer, link, "device", "NB-5")

    assert "ein paar Fragen" not in customer.get(link, headers=GERMAN).text
    assert "NB-5" in client.get(run).text
    assert client.get(f"{run}/progress").get_json() == customer.get(f"{link}/progress").get_json()
    assert "Jana Muster" in client.get(f"{run}/transcript.md").text


def test_nothing_for_agents_is_sent_to_customers(
    client: FlaskClient, customer: FlaskClient
) -> None:
    run = start(client)
    link = customer_link(client, run)
    form = {"text": "difficult caller", "seen": seen(client.get(run).text)}
    client.post(f"{run}/note", data=form)
    walk(customer, link, [("device", "NB-5"), ("internet", "yes")])
    asked = customer.get(link).text
    answer(customer, link, "error_shown", "cert")
    answer(customer, link, "cert_expiry", "2020-01-01")
    hidden = customer.get(link).text
    forged = {"key": "renew_cert", "value": "ok", "seen": seen(hidden)}

    assert "read the message aloud" in client.get(f"{run}?at=error_shown").text
    assert "read the message aloud" not in asked
    assert "We will do this step." in hidden
    assert "certutil" not in hidden
    assert "difficult caller" not in asked + hidden
    assert customer.post(f"{link}/answer", data=forged).status_code == 403
    assert "renew_cert" not in customer.get(f"{link}?at=renew_cert").text


def test_a_link_ends_when_withdrawn_or_expired_or_forged(
    client: FlaskClient, customer: FlaskClient, clock: FrozenClock, sign_in_as: SignInAs
) -> None:
    run = start(client)
    first = customer_link(client, run)
    second = customer_link(client, run)
    assert customer.get(first).status_code == 404
    assert customer.get(second).status_code == 200
    assert customer.get(second[:-2] + "xx").status_code == 404
    client.post(f"{run}/link", data={"withdraw": "1"})
    assert customer.get(second).status_code == 404
    third = customer_link(client, run)
    clock.advance(timedelta(hours=73))

    gone = customer.get(third, headers=GERMAN)
    assert gone.status_code == 404
    assert "gilt nicht mehr" in gone.text


def test_a_link_is_limited_to_what_people_do(client: FlaskClient, customer: FlaskClient) -> None:
    link = customer_link(client, start(client))
    statuses = [customer.get(f"{link}/progress").status_code for _ in range(70)]

    assert statuses[:50] == [200] * 50
    assert statuses[-1] == 429


def test_the_owner_sees_graph_findings_coverage_and_figures(
    client: FlaskClient, sign_in_as: SignInAs
) -> None:
    for _ in range(6):
        run = start(client)
        walk(client, run, TO_RESOLVED)
        end(client, run)
    owner = sign_in_as(Role.CONTENT_OWNER, "owner").get("/guides/vpn_connect").text
    agent = client.get("/guides/vpn_connect").text

    assert owner.count("<svg xmlns") == agent.count("<svg xmlns") == 1
    assert "6 of 6" in owner
    assert "Findings" in owner
    assert "Coverage" in owner
    assert "Findings" not in agent


def test_a_finding_is_told_in_the_owners_language(settings: Settings, sign_in_as: SignInAs) -> None:
    translation = settings.articles / "guides" / "vpn_connect.de.md"
    text = translation.read_text(encoding="utf-8")
    translation.write_text(text.replace("src:f46e498a", "src:00000000"), encoding="utf-8")
    owner = sign_in_as(Role.CONTENT_OWNER, "owner")
    german = owner.get("/guides/vpn_connect", headers=GERMAN).text

    assert "Übersetzung ist älter als ihre Vorlage" in german
    assert "ist veraltet, die Vorlage ist jetzt f46e498a" in german
    assert (
        "translation older than its source"
        in owner.get("/guides/vpn_connect", headers=ENGLISH).text
    )


def test_a_question_is_shown_without_its_placeholders(
    client: FlaskClient, sign_in_as: SignInAs
) -> None:
    start(client)
    page = sign_in_as(Role.CONTENT_OWNER).get("/guides/vpn_connect").text

    assert "Attach a screenshot" in page
    assert "{{device}}" not in page


def test_figures_can_be_had_for_one_version(
    client: FlaskClient, sign_in_as: SignInAs, services: Services
) -> None:
    for _ in range(6):
        start(client)
    with services.database.write() as connection:
        of_one = select(guide_sessions.c.id).limit(1)
        older = update(guide_sessions).where(guide_sessions.c.id == of_one.scalar_subquery())
        connection.execute(older.values(version=0))
    owner = sign_in_as(Role.CONTENT_OWNER, "owner")

    present = owner.get("/guides/vpn_connect", headers=ENGLISH).text
    every = owner.get("/guides/vpn_connect?version=all", headers=ENGLISH).text
    first = owner.get("/guides/vpn_connect?version=0", headers=ENGLISH).text
    assert "5 runs" in present, "those of the version that is published now"
    assert "6 runs" in every
    assert "?version=0" in every
    assert "one run" in first


def test_open_sessions_are_counted_by_the_step_they_stand_on(
    client: FlaskClient, services: Services
) -> None:
    first, second = start(client), start(client)
    walk(client, first, TO_RESOLVED[:1])
    walk(client, second, TO_RESOLVED)
    end(client, second)
    with services.database.read() as connection:
        assert database_store.standing(connection) == {("vpn_connect", "internet"): 1}


def test_small_cells_are_hidden(client: FlaskClient, sign_in_as: SignInAs) -> None:
    run = start(client)
    walk(client, run, TO_RESOLVED)
    end(client, run)
    owner = sign_in_as(Role.CONTENT_OWNER, "owner").get("/guides/vpn_connect").text

    assert "1 of 1" not in owner
    assert "few" in owner


def test_a_guide_that_is_edited_shows_its_new_words(
    client: FlaskClient, settings: Settings, services: Services
) -> None:
    run = start(client)
    path = settings.articles / "guides" / "vpn_connect.md"
    path.write_text(path.read_text().replace("Which device is affected?", "Which one is it?"))
    services.guides._looked_at = 0.0

    assert "Which one is it?" in client.get(run).text


def test_an_unknown_run_or_guide_is_not_found(client: FlaskClient) -> None:
    assert client.get("/guides/runs/nothing").status_code == 404
    assert client.get("/guides/nothing").status_code == 404
    assert client.post("/guides/nothing/start").status_code == 404


def test_runs_of_one_guide_are_told_apart_by_where_they_stand(client: FlaskClient) -> None:
    start(client)
    over = start(client)
    walk(client, over, TO_RESOLVED)
    page = client.get("/guides").text
    first = re.search(r"Go on with.*?</ul>", page, re.DOTALL)
    assert first is not None
    stands = re.findall(r'<p class="sub">(.+?)</p>', first[0])
    assert len(stands) == 2
    assert len(set(stands)) == 2
    assert sum("still to be ended" in one for one in stands) == 1


@pytest.mark.parametrize(("other", "kept"), [("Ines Muster", True), ("Lena Beispiel", False)])
def test_whoever_is_renamed_goes_on_with_their_runs(
    client: FlaskClient, sign_in_as: SignInAs, services: Services, other: str, *, kept: bool
) -> None:
    """Unless somebody else has the old name: then nobody can tell whose they are."""
    start(client)
    admin = sign_in_as(Role.ADMIN, "boss")
    with services.database.write() as connection:
        boss = accounts.user_by_login(connection, "boss")
        me = accounts.user_by_login(connection, "some.l2_agent")
        assert boss is not None
        assert me is not None
        accounts.set_user(connection, boss.id, display_name=other)
    changed = admin.post(f"/admin/accounts/{me.id}/person", data={"name": "Lena Neu"})

    assert changed.status_code == 303
    assert ("Go on with" in client.get("/guides").text) is kept


def test_the_record_counts_what_was_resolved(client: FlaskClient, services: Services) -> None:
    start(client)
    run = start(client)
    walk(client, run, TO_RESOLVED)
    end(client, run)
    with services.database.read() as connection:
        assert database_store.record(connection) == {"vpn_connect": (1, 1)}


def test_the_article_stands_beside_the_step_for_those_who_may_read_it(
    client: FlaskClient, settings: Settings, customer: FlaskClient, services: Services
) -> None:
    path = settings.articles / "guides" / "vpn_connect.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("KB-1004](kb:KB-1004)", "KB-3](kb:KB-3)"), encoding="utf-8")
    run = start(client)
    link = customer_link(client, run)

    assert "AssumeUDPEncapsulation" in client.get(run).text
    assert "AssumeUDPEncapsulation" not in customer.get(link).text
