"""A score follows from findings, a finding from what was recorded, and a share has its doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from kb_assist.articles.reports import ParagraphReport
from kb_assist.gaps.health import report as health_report
from kb_assist.gaps.health.findings import (
    GuideUse,
    Share,
    Use,
    Written,
    is_telling,
    of_article,
    of_guide,
    score,
)
from kb_assist.gaps.health.report import Health, Sources
from kb_assist.guides.published import Published
from kb_assist.storage.tables.records import cis
from kb_assist.storage.tables.tickets import tickets
from kb_assist.tickets import feedback_store
from kb_assist.tickets.feedback_model import Signal, SignalKind
from kb_assist.tickets.links import link_article
from kb_assist.tickets.model import ArticleRole
from tests.factories import write_article
from tests.gaps.conftest import OTHERS, Watch
from tests.tickets.builders import MONDAY

GOOD = Use(impressions=9, opens=9, linked=9, solved=9)


def _kinds(use: Use = GOOD, written: Written | None = None) -> list[str]:
    return [finding.kind for finding in of_article(use, written or Written())]


def test_the_interval_is_wilsons() -> None:
    interval = Share(8, 10).interval

    assert interval is not None
    assert [round(end, 3) for end in interval] == [0.490, 0.943]
    assert Share(0, 0).as_json() == {
        "count": 0,
        "of": 0,
        "share": None,
        "low": None,
        "high": None,
    }


def test_a_good_article_has_a_full_score_and_nothing_against_it() -> None:
    assert (of_article(GOOD, Written()), score([])) == ([], 100)


@pytest.mark.parametrize(
    ("use", "kind"),
    [
        (Use(opens=9, solved=1, did_not_help=9), "solves_little"),
        (Use(opens=9, reopened=Share(5, 6), reopened_before=Share(1, 9)), "reopened_more"),
        (Use(opens=9, escalated=Share(5, 6), escalated_before=Share(1, 9)), "escalated_more"),
        (Use(opens=9, remarks=("The menu moved.",)), "reported"),
        (Use(impressions=60, opens=1), "hardly_opened"),
        (Use(), "never_used"),
    ],
)
def test_use_tells_what_is_wrong(use: Use, kind: str) -> None:
    assert _kinds(use) == [kind]


def test_what_nobody_uses_and_nothing_leads_to_is_an_orphan() -> None:
    assert _kinds(Use(), Written(is_referred=False)) == ["orphan"]
    assert _kinds(GOOD, Written(is_referred=False)) == [], "people find it without a link"


def test_being_unseen_says_nothing_before_everything_could_be_seen() -> None:
    unseen = of_article(Use(), Written(is_referred=False), unused_tells=False)

    assert unseen == []
    assert not is_telling([Use(impressions=5, linked=1)], 7)
    assert is_telling([Use(impressions=5), Use(impressions=1, linked=1)], 7)


def test_few_cases_are_no_evidence() -> None:
    assert _kinds(Use(opens=2, solved=0, did_not_help=2)) == []
    assert _kinds(Use(opens=2, reopened=Share(1, 1), reopened_before=Share(0, 9))) == []


def test_the_text_tells_what_is_wrong_the_heaviest_first() -> None:
    problems = (
        ("long-paragraph", "Too long."),
        ("dead-link", "It leads nowhere."),
        ("hidden-image", "On another server."),
        ("review-due", "Told as review_overdue."),
        ("translation-code", "Other codes."),
        ("near-duplicate", "The same as x."),
    )
    written = Written(overdue_days=200, problems=problems, retired=("nb-0001",))
    found = of_article(GOOD, written)

    assert [finding.kind for finding in found] == [
        "review_overdue",
        "dead_links",
        "retired",
        "translation_drift",
        "near_duplicate",
        "lint",
    ]
    assert score(found) == 100 - sum(finding.points for finding in found)


def test_a_step_at_which_people_leave_is_named() -> None:
    use = GuideUse(40, Share(30, 36), Share(4, 40), (("plug", Share(4, 12)), ("ask", Share(1, 40))))
    (found,) = of_guide(use)

    assert found.kind == "loses_people"
    assert [step["step"] for step in found.facts["steps"]] == ["plug"]


def test_an_overdue_guide_is_told_once() -> None:
    use = GuideUse(9, Share(9, 9), Share(0, 9), overdue_days=3, problems=(("G804", "review_by"),))

    assert [finding.kind for finding in of_guide(use)] == ["review_overdue"]


def _sources(watch: Watch, *reports: ParagraphReport) -> Sources:
    snapshot = watch.searcher().snapshot
    return Sources(snapshot, reports, Published(), watch.house.now)


def _report(watch: Watch, *reports: ParagraphReport) -> dict[str, Health]:
    with watch.house.database.read() as connection:
        found = health_report.report(connection, _sources(watch, *reports))
    return {one.id: one for one in found}


def test_an_article_is_judged_by_its_tickets(watch: Watch) -> None:
    ids = watch.tell(*OTHERS, *OTHERS[:2])
    with watch.house.desk() as desk:
        link_article(desk, ids[0], "KB-3", role=ArticleRole.SOLVED)
        for ticket in ids[1:]:
            link_article(desk, ticket, "KB-3", role=ArticleRole.TRIED)
            signals = [Signal(SignalKind.DID_NOT_HELP, subject_id="KB-3")] * 2
            feedback_store.add(desk.connection, signals, ticket_id=ticket, user_id=1, at=desk.now)
        # Each ticket was a failure for this article, however often somebody clicked.
        desk.connection.execute(update(tickets).values(reopened=1))
    at = watch.house.now.isoformat()
    remark = ParagraphReport(at, "KB-3", "", "", "", "Ask m.muster@example.com instead")
    judged = _report(watch, remark)["KB-3"]

    assert judged.figures["solves"]["count"] == 1
    assert judged.figures["solves"]["of"] == 6
    assert judged.figures["reopened"]["count"] == 6
    assert "m.muster" not in str(judged.as_json())
    assert {"reported"} <= {finding.kind for finding in judged.findings}


def test_one_article_is_judged_as_among_all(watch: Watch) -> None:
    ids = watch.tell(*OTHERS)
    with watch.house.desk() as desk:
        link_article(desk, ids[0], "KB-3", role=ArticleRole.SOLVED)
    sources = _sources(watch)
    with watch.house.database.read() as connection:
        for one in health_report.report(connection, sources):
            assert health_report.of_one(connection, sources, one.id) == one


def test_an_article_that_names_what_is_retired_is_found(watch: Watch) -> None:
    path = "a/server.md"
    write_article(watch.settings.articles, path, "title: Server", "Restart SRV-OLD01.\n")
    watch.build()
    row = {"kind": "server", "name": "x", "attributes": {}, "created_at": MONDAY}
    rows = [
        row | {"key": "SRV-OLD01", "status": "retired", "model": "", "updated_at": MONDAY},
        row | {"key": "SRV-OLD02", "status": "in_use", "model": "", "updated_at": MONDAY},
    ]
    with watch.house.database.write() as connection:
        connection.execute(insert(cis), rows)
    findings = {one.kind: one for one in _report(watch)["a/server"].findings}

    assert findings["retired"].facts["names"] == ["srv-old01"]


def test_an_article_that_another_links_to_is_no_orphan(watch: Watch) -> None:
    see = "title: See\nid: SEE", "See [the error](../vpn/error-809.md), [me](see.md).\n"
    write_article(watch.settings.articles, "vpn/see.md", *see)
    watch.build()
    unseen = _report(watch)
    (ticket,) = watch.tell(OTHERS[0])
    shown = [Signal(SignalKind.IMPRESSION, subject_id=f"OTHER-{number}") for number in range(20)]
    with watch.house.desk() as desk:
        feedback_store.add(desk.connection, shown, ticket_id=ticket, user_id=1, at=desk.now)
    found = _report(watch)

    assert not {f.kind for f in (*unseen["KB-3"].findings, *unseen["SEE"].findings)} & {
        "never_used",
        "orphan",
    }, "nothing was shown yet"
    assert "never_used" in {finding.kind for finding in found["KB-3"].findings}
    assert "orphan" in {finding.kind for finding in found["SEE"].findings}


def test_articles_that_contradict_each_other_are_told_on_both_sides(watch: Watch) -> None:
    says = "Set the idle timeout of the tunnel to {} minutes and restart the client.\n"
    for name, minutes in (("one", 30), ("two", 60)):
        write_article(
            watch.settings.articles,
            f"vpn/{name}.md",
            f"title: Tunnel\nid: {name}",
            says.format(minutes),
        )
    watch.build()
    found = _report(watch)
    (here,) = (f for f in found["one"].findings if f.kind == "contradiction")
    (there,) = (f for f in found["two"].findings if f.kind == "contradiction")

    assert here.facts["passages"][0]["facts"] == [["30", "60"]]
    assert there.facts["passages"][0]["facts"] == [["60", "30"]]
    assert there.facts["passages"][0]["article"] == "one"


def test_archived_articles_need_nobody_and_the_worst_come_first(watch: Watch) -> None:
    found = list(_report(watch).values())

    assert "KB-7" not in {one.id for one in found}
    assert [one.score for one in found] == sorted(one.score for one in found)
    assert "review_overdue" in {finding.kind for finding in found[0].findings}


def test_figures_of_the_domain_count_known_and_new_questions(watch: Watch) -> None:
    ids = watch.tell(*OTHERS)
    with watch.house.desk() as desk:
        link_article(desk, ids[0], "KB-3", role=ArticleRole.SOLVED)
        link_article(desk, ids[1], "KB-3", role=ArticleRole.LINKED)
        link_article(desk, ids[2], "KB-1", role=ArticleRole.TRIED)
        desk.connection.execute(update(tickets).values(resolved_at=desk.now))
    sources = replace(_sources(watch), now=watch.house.now + timedelta(hours=1))
    with watch.house.database.read() as connection:
        kcs = health_report.kcs(connection, sources, days=90)

    assert (kcs["link_rate"]["count"], kcs["link_rate"]["of"]) == (2, 4)
    assert (kcs["reuse"]["count"], kcs["reuse"]["of"]) == (1, 1)
    assert kcs["confidence"]["archived"] == 1
    assert [one["id"] for one in kcs["solved_but_not_validated"]] == ["KB-3"]
