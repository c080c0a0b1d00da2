"""Pages of gaps and escalations, as a browser without JavaScript sees them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from kb_assist.auth import store as accounts
from kb_assist.auth.model import Role, SupportLevel
from kb_assist.bootstrap import Services
from kb_assist.gaps import events, store
from kb_assist.gaps.events import GapEventKind, Happening
from kb_assist.gaps.model import Finding, Gap, GapState
from kb_assist.tickets import intake
from kb_assist.tickets.handover import escalate
from kb_assist.tickets.handover.model import Request
from kb_assist.tickets.model import SYSTEM, Draft
from tests.functional.conftest import SignInAs

GERMAN = {"Accept-Language": "de-DE,de;q=0.9"}
SUBJECTS = ("VPN error 809", "error 809 no VPN connection")


@pytest.fixture
def owner(sign_in_as: SignInAs, indexed: None) -> FlaskClient:
    return sign_in_as(Role.CONTENT_OWNER)


@pytest.fixture
def gap_id(services: Services) -> int:
    """A gap of two tickets, which the article KB-3 answers."""
    with services.desk(SYSTEM) as desk:
        drafts = [
            Draft(
                subject,
                "From home. Regards, Jana Muster",
                language="en",
                requester_name="Jana Muster",
                product="VPN",
            )
            for subject in SUBJECTS
        ]
        ids = [intake.create(desk, draft).ticket.id for draft in drafts]
    return add_gap(services, ids)


def add_gap(
    services: Services, ids: list[int], title: str = "VPN 809", *, hours: float = 30.0
) -> int:
    now = services.clock.now()
    facts = {
        "title": title,
        "terms": ["tunnel"],
        "questions": ["Why does error 809 come?"],
        "products": ["VPN"],
        "languages": ["en"],
        "tickets": len(ids),
        "escalated": 1,
        "hours": hours,
        "handled_hours": 1.5,
        "handled_tickets": 2,
        "first_seen": now.isoformat(),
        "last_seen": now.isoformat(),
        "nearest": ["KB-1"],
        "weeks": [0, 1, 1],
        "signals": {"dismissed": 2, "reopened": 0, "flags": 1},
        "searches": ["tunnel drops at home"],
    }
    with services.database.write() as connection:
        made = store.add(connection, Finding(frozenset(ids), facts), now)
        proposed = Happening(GapEventKind.PROPOSED, facts={"tickets": len(ids)})
        events.record(connection, made, proposed, actor=SYSTEM, at=now)
    return made


def stored(services: Services, gap_id: int) -> Gap:
    with services.database.read() as connection:
        return store.get(connection, gap_id)


def decide(client: FlaskClient, gap_id: int, state: str, **fields: str) -> int:
    return client.post(f"/gaps/{gap_id}/decision", data={"state": state, **fields}).status_code


def test_without_gaps_the_page_says_what_finds_them(owner: FlaskClient) -> None:
    page = owner.get("/gaps").text
    assert "kb-assist gaps detect" in page
    assert "Where to begin" not in page


def test_the_page_shows_new_gaps_pareto_and_effort_in_both_languages(
    owner: FlaskClient, gap_id: int
) -> None:
    english, german = owner.get("/gaps").text, owner.get("/gaps", headers=GERMAN).text
    assert "Closing 1 of 1 gaps answers 80 % of the 2 tickets" in english
    assert "1 h 30 min" in english
    assert f'href="/gaps/{gap_id}"' in english
    assert "Seit letzter Woche" in german
    assert "1 Std. 30 Min." in german


@pytest.mark.parametrize(
    ("query", "is_shown"),
    [
        ("state=proposed", True),
        ("state=all&product=VPN&language=en&owner=none", True),
        ("state=verified", False),
        ("product=SAP", False),
        ("language=de", False),
        ("owner=17", False),
    ],
)
def test_filters_narrow_the_list(
    owner: FlaskClient, gap_id: int, query: str, is_shown: bool
) -> None:
    page = owner.get(f"/gaps?{query}").text
    listed = page[page.index('id="what-to-write"') : page.index('id="pareto"')]
    assert ("VPN 809" in listed) is is_shown


def test_an_unknown_state_is_not_found(owner: FlaskClient) -> None:
    assert owner.get("/gaps?state=lost").status_code == 404


def test_an_overdue_gap_is_among_the_changes(
    owner: FlaskClient, services: Services, gap_id: int
) -> None:
    yesterday = services.clock.today() - timedelta(days=1)
    decide(owner, gap_id, "accepted", due=yesterday.isoformat())
    page = owner.get("/gaps").text
    changes = page[page.index("Overdue") : page.index("Proven")]
    assert "VPN 809" in changes


def test_the_gap_shows_its_evidence_without_the_person(owner: FlaskClient, gap_id: int) -> None:
    page = owner.get(f"/gaps/{gap_id}").text
    assert "Why does error 809 come?" in page
    assert "asked 2 times" in page
    assert "of work that the logs of 2 tickets show" in page
    assert "30 hours from arrival to solution" in page
    assert "error 809 no VPN connection" in page
    assert "Jana" not in page
    assert "Mailbox is full" in page, "what exists nearby"
    assert "found it in 2 tickets" in page
    assert "tunnel drops at home" in page


def test_the_gap_counts_what_people_did(owner: FlaskClient, gap_id: int) -> None:
    english = owner.get(f"/gaps/{gap_id}").text
    german = owner.get(f"/gaps/{gap_id}", headers=GERMAN).text
    assert "2 suggestions dismissed" in english
    assert "1 problem reported in a nearby article" in english
    assert "opened again" not in english, "what did not happen is not told"
    assert "2 Vorschläge verworfen" in german


def test_an_owner_accepts_with_a_person_and_a_day(
    owner: FlaskClient, services: Services, gap_id: int
) -> None:
    with services.database.read() as connection:
        me = accounts.user_by_login(connection, "some.content_owner")
    assert me is not None
    decide(owner, gap_id, "accepted", owner_id=str(me.id), due="2026-12-24")
    gap = stored(services, gap_id)
    assert (gap.state, gap.owner_id, str(gap.due)) == (GapState.ACCEPTED, me.id, "2026-12-24")
    assert "24. Dezember 2026" in owner.get(f"/gaps/{gap_id}", headers=GERMAN).text


def test_a_dismissal_without_a_reason_changes_nothing_and_says_so(
    owner: FlaskClient, services: Services, gap_id: int
) -> None:
    answer = owner.post(f"/gaps/{gap_id}/decision", data={"state": "dismissed"})
    assert answer.status_code == 409
    assert "Not dismissed: write why" in answer.text
    assert stored(services, gap_id).state is GapState.PROPOSED
    decide(owner, gap_id, "dismissed", reason="One lab only", until="2027-01-31")
    page = owner.get(f"/gaps/{gap_id}").text
    assert "One lab only" in page
    assert "January 31, 2027" in page


def test_a_gap_is_verified_only_with_its_proof(
    owner: FlaskClient, services: Services, gap_id: int
) -> None:
    decide(owner, gap_id, "published", article="KB-3")
    before = owner.get(f"/gaps/{gap_id}").text
    refused = decide(owner, gap_id, "verified")
    tried = owner.post(f"/gaps/{gap_id}/proof", data={"article": "KB-3"}, follow_redirects=True)
    verified = decide(owner, gap_id, "verified")

    assert "needs the proof" in before
    assert refused == 409
    assert "2 of 2 tickets find it among the first three, 2 at rank 1." in tried.text
    assert verified == 303
    assert stored(services, gap_id).state is GapState.VERIFIED


def test_a_comment_is_kept_in_the_history(owner: FlaskClient, gap_id: int) -> None:
    owner.post(f"/gaps/{gap_id}/comments", data={"comment": "Ask the network team."})
    assert "Ask the network team." in owner.get(f"/gaps/{gap_id}").text
    assert owner.post(f"/gaps/{gap_id}/comments", data={"comment": " "}).status_code == 422


def test_a_thin_gap_asks_and_its_draft_is_saved_once(
    owner: FlaskClient, services: Services, gap_id: int
) -> None:
    decide(owner, gap_id, "accepted")
    address = f"/gaps/{gap_id}/draft"
    answers = {"answer_cause": "UDP 4500 is blocked.", "answer_fix": "Open it on the router."}
    asked = owner.get(address).text
    thin = owner.post(address, data={"answer_cause": "UDP 4500 is blocked.", "save": "1"})
    shown = owner.post(address, data=answers).text
    saved = owner.post(address, data={**answers, "save": "1"}, follow_redirects=True).text
    again = owner.post(address, data={**answers, "save": "1"})
    german = owner.get(address, headers=GERMAN).text

    assert "What caused the problem?" in asked
    assert "Was war die Ursache des Problems?" in german, "the question is the reader's"
    assert "antworten Sie auf Englisch" in german, "the answer is the article's"
    assert thin.status_code == 409
    assert "Open it on the router." in shown[shown.index("<pre") :]
    assert "Saved as" in saved
    assert "run kb-assist index" in saved
    assert again.status_code == 409
    assert "Nothing is overwritten" in again.text
    assert (services.settings.articles / f"{stored(services, gap_id).article_id}.md").is_file()


def test_a_gap_without_requesters_and_solutions_claims_no_figures(
    owner: FlaskClient, services: Services
) -> None:
    with services.desk(SYSTEM) as desk:
        ids = [
            intake.create(desk, Draft(subject, "", language="en")).ticket.id for subject in SUBJECTS
        ]
    page = owner.get(f"/gaps/{add_gap(services, ids, hours=0.0)}").text

    assert "0 people" not in page
    assert "The tickets name no requester." in page
    assert "from arrival to solution" not in page


def test_nonsense_is_refused(owner: FlaskClient, gap_id: int) -> None:
    assert decide(owner, gap_id, "lost") == 422
    assert decide(owner, gap_id, "accepted", due="tomorrow") == 422
    assert owner.post(f"/gaps/{gap_id}/proof").status_code == 422
    assert owner.get("/gaps/999").status_code == 404


@pytest.mark.parametrize(
    ("role", "reads", "decides"),
    [
        (Role.L1_AGENT, False, False),
        (Role.L2_AGENT, True, False),
        (Role.L3_AGENT, True, False),
        (Role.CONTENT_OWNER, True, True),
        (Role.ADMIN, True, True),
    ],
)
def test_owners_decide_and_the_first_level_sees_nothing(
    sign_in_as: SignInAs, indexed: None, gap_id: int, role: Role, reads: bool, decides: bool
) -> None:
    client = sign_in_as(role)
    read = [client.get(path) for path in ("/gaps", f"/gaps/{gap_id}", "/gaps/escalations")]
    decided = decide(client, gap_id, "accepted")

    assert {answer.status_code for answer in read} == {200 if reads else 403}
    assert decided == (303 if decides else 403)
    assert ("What to do next" in read[1].text) is decides
    assert ('href="/gaps"' in client.get("/articles").text) is reads


@pytest.fixture
def escalated(services: Services, gap_id: int) -> int:
    """The gap's first ticket goes to the second level; returns its id."""
    with services.database.write() as connection:
        group = accounts.ensure_group(connection, "Second Level", SupportLevel.L2)
    ticket_id = min(stored(services, gap_id).ticket_ids)
    with services.desk(SYSTEM) as desk:
        done = escalate.hand_over(desk, ticket_id, Request(group.id, note="Nothing found."))
    assert done is not None
    return ticket_id


def test_an_escalation_is_labelled_and_the_label_corrected(
    owner: FlaskClient, services: Services, escalated: int
) -> None:
    before = owner.get("/gaps/escalations", headers=GERMAN).text
    data = {"label": "rightly_l2", "days": "90"}
    moved = owner.post(f"/gaps/escalations/{escalated}", data=data)
    after = owner.get(moved.headers["Location"]).text

    assert "1 von 1 Übergaben wären vermeidbar gewesen" in before
    assert f"#ticket-{escalated}" in moved.headers["Location"]
    assert "0 of 1 hand-overs might have been avoided" in after
    assert "1 label was corrected by hand." in after
    assert "the log says: no article" in after
    with services.database.read() as connection:
        assert len(store.corrections(connection)) == 1


def test_escalations_are_narrowed_to_a_reason(owner: FlaskClient, escalated: int) -> None:
    assert f"ticket-{escalated}" in owner.get("/gaps/escalations?shown=no_article").text
    narrowed = owner.get("/gaps/escalations?shown=failed&days=30").text
    assert f"ticket-{escalated}" not in narrowed
    assert "No hand-over fits" in narrowed


def test_a_label_that_does_not_exist_is_refused(owner: FlaskClient, escalated: int) -> None:
    assert owner.post(f"/gaps/escalations/{escalated}", data={"label": "x"}).status_code == 422


def test_without_escalations_the_page_says_so(owner: FlaskClient) -> None:
    assert "No ticket went from L1 to L2." in owner.get("/gaps/escalations").text


def test_owner_and_day_change_without_another_decision(
    owner: FlaskClient, services: Services, gap_id: int
) -> None:
    decide(owner, gap_id, "accepted", due="2026-12-24")
    decide(owner, gap_id, "accepted", due="2027-01-31")
    page = owner.get(f"/gaps/{gap_id}").text
    assert str(stored(services, gap_id).due) == "2027-01-31"
    assert "changed its owner or day" in page


def test_a_long_list_leads_to_its_next_page(
    owner: FlaskClient, services: Services, gap_id: int
) -> None:
    (ticket_id, *_) = stored(services, gap_id).ticket_ids
    for number in range(50):
        add_gap(services, [ticket_id], f"Small {number}")
    page = owner.get("/gaps?product=VPN").text
    assert "Next page" in page
    assert "start=50" in page
    assert "Next page" not in owner.get("/gaps?product=VPN&start=50").text


def test_a_ticket_leads_to_its_gap_from_second_level_on(
    sign_in_as: SignInAs, indexed: None, services: Services, gap_id: int
) -> None:
    address = f"/tickets/{min(stored(services, gap_id).ticket_ids)}"
    link = f'href="/gaps/{gap_id}"'
    assert link in sign_in_as(Role.L2_AGENT).get(address).text
    assert link not in sign_in_as(Role.L1_AGENT).get(address).text
    decide(sign_in_as(Role.ADMIN), gap_id, "dismissed", reason="One lab only")
    assert link not in sign_in_as(Role.L2_AGENT).get(address).text


def test_long_evidence_is_cut(owner: FlaskClient, services: Services) -> None:
    with services.desk(SYSTEM) as desk:
        drafts = [Draft(f"Case {number}", "", language="en") for number in range(52)]
        ids = [intake.create(desk, draft).ticket.id for draft in drafts]
    page = owner.get(f"/gaps/{add_gap(services, ids)}").text
    assert "Case 51" in page
    assert "> Case 1 <" not in page
    assert "> Case 2 <" in page
    assert "and 2 more" in page


def test_several_gaps_are_accepted_at_once(
    owner: FlaskClient, services: Services, gap_id: int
) -> None:
    other = add_gap(services, [min(stored(services, gap_id).ticket_ids)], "Another")
    chosen = {"gap": [gap_id, other], "state": "accepted", "due": "2026-12-24"}
    assert "2 gaps changed." in owner.post("/gaps/bulk", data=chosen, follow_redirects=True).text
    for key in (gap_id, other):
        assert stored(services, key).state is GapState.ACCEPTED


def test_of_several_gaps_none_is_dismissed_without_a_reason(
    owner: FlaskClient, services: Services, gap_id: int
) -> None:
    refused = owner.post("/gaps/bulk", data={"gap": [gap_id], "state": "dismissed"})
    assert refused.status_code == 422
    assert stored(services, gap_id).state is GapState.PROPOSED
    assert owner.post("/gaps/bulk", data={"state": "accepted"}).status_code == 422
    verified = owner.post("/gaps/bulk", data={"gap": [gap_id], "state": "verified"})
    assert verified.status_code == 422


def _go(client: FlaskClient, path: str, **fields: object) -> tuple[int, str]:
    """Status and the page that follows."""
    answer = client.post(path, data=fields)
    place = answer.headers.get("Location", "")
    return answer.status_code, client.get(place).text if place else answer.text


def test_a_gap_is_renamed_and_gets_its_found_title_back(owner: FlaskClient, gap_id: int) -> None:
    status, page = _go(owner, f"/gaps/{gap_id}/title", title="Tunnel from home")
    assert (status, "<h1>Tunnel from home</h1>" in page) == (303, True)
    assert "<h1>VPN 809</h1>" in _go(owner, f"/gaps/{gap_id}/title", title="")[1]


def test_a_merge_is_made_and_taken_back_on_the_pages(
    owner: FlaskClient, services: Services, gap_id: int
) -> None:
    with services.desk(SYSTEM) as desk:
        lamp = intake.create(desk, Draft("Lamp is dark", "", language="en")).ticket.id
    other = add_gap(services, [lamp], "Lamp")
    status, whole = _go(owner, f"/gaps/{other}/merge", into=gap_id)
    assert (status, "asked 3 times" in whole) == (303, True)
    assert f'action="/gaps/{other}/separate"' in whole
    assert "lives on in" in owner.get(f"/gaps/{other}").text

    assert "asked once" in _go(owner, f"/gaps/{other}/separate")[1]
    assert "asked 2 times" in owner.get(f"/gaps/{gap_id}").text
    assert _go(owner, f"/gaps/{other}/separate")[0] == 422
    assert _go(owner, f"/gaps/{other}/merge", into=other)[0] == 422
    assert _go(owner, f"/gaps/{other}/merge")[0] == 422


def test_tickets_are_split_off_and_put_back(owner: FlaskClient, gap_id: int) -> None:
    status, piece = _go(owner, f"/gaps/{gap_id}/split", ticket=1, title="Apart")
    assert (status, "<h1>Apart</h1>" in piece) == (303, True)
    assert f'name="into" value="{gap_id}"' in piece, "it can be put back"
    assert "asked once" in owner.get(f"/gaps/{gap_id}").text
    made = gap_id + 1
    assert "asked 2 times" in _go(owner, f"/gaps/{made}/merge", into=gap_id)[1]
    assert _go(owner, f"/gaps/{gap_id}/split")[0] == 422, "no ticket was chosen"


@pytest.mark.parametrize("form", ["title", "merge", "separate", "split"])
def test_only_owners_arrange(sign_in_as: SignInAs, indexed: None, gap_id: int, form: str) -> None:
    agent = sign_in_as(Role.L2_AGENT)
    assert agent.post(f"/gaps/{gap_id}/{form}", data={"title": "x"}).status_code == 403
    assert f"/gaps/{gap_id}/{form}" not in agent.get(f"/gaps/{gap_id}").text
