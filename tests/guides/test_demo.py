"""The guides that come along are as good as the program asks others' to be."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from kb_assist.articles.library import load_library
from kb_assist.guides.cases import read_cases, run_case
from kb_assist.guides.check import Surroundings, check
from kb_assist.guides.cover import cover
from kb_assist.guides.fmt import format_guide
from kb_assist.guides.library import guides_folder, load_folder
from kb_assist.guides.model import Ask, Kind, Outcome

ARTICLES = Path(__file__).parents[2] / "articles"
FOLDER = load_folder(guides_folder(ARTICLES))
NAMES = sorted(FOLDER.guides)
CHECKED_ON = date(2026, 11, 2)


def test_there_is_nothing_to_mend() -> None:
    articles = frozenset(load_library(ARTICLES).by_id)

    assert check(FOLDER, Surroundings(CHECKED_ON, articles, release=True)) == []


@pytest.mark.parametrize("name", NAMES)
def test_cases_cover_every_branch_both_sides_of_every_limit_and_every_outcome(name: str) -> None:
    bundle = FOLDER.bundle(name)
    cases, findings = read_cases(FOLDER.cases[name])
    coverage = cover(bundle, [run_case(bundle, case) for case in cases])

    assert findings == []
    assert coverage.is_complete
    assert coverage.missing_edges == coverage.missing_sides == coverage.missing_outcomes == []


@pytest.mark.parametrize("name", NAMES)
def test_every_guide_is_in_german_and_english_and_laid_out_as_usual(name: str) -> None:
    guide = FOLDER.guides[name]

    assert set(guide.texts) == {"de", "en"}
    for path in FOLDER.root.glob(f"{name}*.md"):
        content = path.read_text(encoding="utf-8")
        assert format_guide(content) == content


def test_the_demo_shows_what_guides_can_do() -> None:
    steps = [step for guide in FOLDER.guides.values() for step in guide.steps.values()]

    assert len(NAMES) >= 12
    assert {guide.lang for guide in FOLDER.guides.values()} == {"de", "en"}
    assert {step.type for step in steps if step.kind is Kind.ASK} == {a.value for a in Ask}
    assert {step.type for step in steps if step.kind is Kind.END} == {o.value for o in Outcome}
    assert sum(step.kind is Kind.CALL for step in steps) >= 5


def test_guides_are_no_articles() -> None:
    assert not [a.path for a in load_library(ARTICLES).articles if a.path.startswith("guides/")]


def test_the_demo_leads_to_no_other_pages_than_these() -> None:
    hosts: set[str] = set()
    for path in FOLDER.root.iterdir():
        hosts |= set(re.findall(r"https?://([\w.-]*\w)", path.read_text(encoding="utf-8")))

    assert hosts <= {"example.org", "outlook.office.com"}
