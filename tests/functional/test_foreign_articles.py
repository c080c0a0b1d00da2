"""Articles written for another system: no front matter, no guides, pictures that are gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kb_assist.auth.model import Role
from kb_assist.bootstrap import Services
from kb_assist.indexer.reindex import ReindexResult
from kb_assist.settings import Settings
from kb_assist.tickets import intake
from kb_assist.tickets.model import SYSTEM, Draft
from kb_assist.ui.shelves import PAGE_ROWS
from tests.functional.conftest import SignInAs

GERMAN = {"Accept-Language": "de-DE,de;q=0.9"}


@pytest.fixture
def plain(settings: Settings, build: Callable[..., ReindexResult]) -> Path:
    """Only articles without any front matter but a title."""
    for path in settings.articles.rglob("*.md"):
        path.unlink()
    for number in range(PAGE_ROWS + 2):
        said = f"# Problem {number:03}\n\nText {number}. ![Plan](media/plan.png)\n"
        (settings.articles / f"problem-{number:03}.md").write_text(said, encoding="utf-8")
    build()
    return settings.articles


def test_a_team_that_validates_and_reviews_nothing_is_not_told_so_on_every_article(
    sign_in_as: SignInAs, plain: Path
) -> None:
    agent = sign_in_as(Role.L2_AGENT)
    pages = [agent.get(f"/{name}").text for name in ("articles", "articles/problem-001", "?q=text")]

    assert all("problem-001" in page for page in pages[:2])
    for page in pages:
        assert "not validated" not in page
        assert "never reviewed" not in page


def test_a_solution_names_an_article_without_its_path(
    sign_in_as: SignInAs, plain: Path, services: Services
) -> None:
    agent = sign_in_as(Role.L1_AGENT)
    with services.desk(SYSTEM) as desk:
        ticket = intake.create(desk, Draft("Problem 001", "")).ticket
    form = {"kind": "solved", "subject_kind": "article", "subject_id": "problem-001"}
    page = agent.post(f"/tickets/{ticket.id}/feedback", data=form, follow_redirects=True).text

    assert "Solved with “Problem 001”" in page


def test_an_address_that_cannot_be_read_is_told_in_german(
    sign_in_as: SignInAs, plain: Path
) -> None:
    refused = sign_in_as(Role.L1_AGENT).get("/queue?view=odd", headers=GERMAN)

    assert refused.status_code == 422
    assert "„view“ hat einen Wert" in refused.text
    assert "Input should" not in refused.text


def test_with_one_validated_article_the_others_are_told_apart(
    sign_in_as: SignInAs, plain: Path, build: Callable[..., ReindexResult]
) -> None:
    text = "---\ntitle: Good\nconfidence: validated\n---\nText.\n"
    (plain / "good.md").write_text(text, encoding="utf-8")
    build()

    assert "not validated" in sign_in_as(Role.L2_AGENT).get("/articles/problem-001").text


def test_a_picture_that_is_gone_is_not_asked_for(sign_in_as: SignInAs, plain: Path) -> None:
    agent = sign_in_as(Role.L2_AGENT)
    before = agent.get("/articles/problem-001").text
    (plain / "media").mkdir()
    (plain / "media/plan.png").write_bytes(b"picture")

    assert '<span class="no-picture">Plan</span>' in before
    assert 'src="/articles/files/media/plan.png"' in agent.get("/articles/problem-001").text


def test_many_articles_come_in_pages_and_are_found_by_their_title(
    sign_in_as: SignInAs, plain: Path
) -> None:
    agent = sign_in_as(Role.L2_AGENT)
    first, second = agent.get("/articles").text, agent.get(f"/articles?start={PAGE_ROWS}").text
    found = agent.get("/articles?q=PROBLEM+101").text

    assert ("Problem 000" in first, "Problem 101" in first) == (True, False)
    assert ("Problem 000" in second, "Problem 101" in second) == (False, True)
    assert f"{PAGE_ROWS + 1} to {PAGE_ROWS + 2} of {PAGE_ROWS + 2}" in second
    assert ("Problem 101" in found, "Problem 100" in found) == (True, False)
    assert agent.get("/articles?start=999").text.count("Problem 000") == 1, "back to the beginning"


@pytest.mark.parametrize(
    ("role", "hears_of_files"), [(Role.L1_AGENT, False), (Role.CONTENT_OWNER, True)]
)
def test_without_guides_people_hear_what_concerns_them(
    sign_in_as: SignInAs, plain: Path, role: Role, hears_of_files: bool
) -> None:
    page = sign_in_as(role).get("/guides").text

    assert "There are no guides yet" in page
    assert ("kb-assist guides new" in page) is hears_of_files
    assert "Search guides" not in page
