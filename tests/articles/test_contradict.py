"""Two articles contradict each other when the same sentence holds another fact."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from kb_assist.articles.contradict import Contradiction, contradictions
from kb_assist.articles.library import Library
from kb_assist.articles.lint_source import LintSource
from kb_assist.articles.model import Article, Confidence

SET = "Set the idle timeout of the tunnel to 30 minutes and restart the client."


def _article(name: str, body: str, title: str = "Tunnel drops", **changed: object) -> Article:
    values = {"id": name, "path": f"{name}.md", "language": "en", "body_line": 1, "digest": name}
    return Article(**(values | {"title": title, "body": body} | changed))  # type: ignore[arg-type]


def _compared(near: frozenset[frozenset[str]], *articles: Article) -> list[Contradiction]:
    return contradictions(LintSource(Library(Path(), articles, ())), near)


def _found(*articles: Article) -> list[Contradiction]:
    near = frozenset(frozenset((a.id, b.id)) for a, b in combinations(articles, 2))
    return _compared(near, *articles)


def test_the_same_sentence_with_another_number_is_shown_with_both_passages() -> None:
    other = SET.replace("30", "60")
    (found,) = _found(_article("a", f"Hello.\n\n{SET}\n"), _article("b", f"* {other}\n"))

    assert (found.first_says, found.second_says) == (SET, other)
    assert found.facts == (("30", "60"),)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Install client version 4.2.1 before you open the tunnel again.", ("4.2.1", "4.3.0")),
        ("Run `netsh interface set mtu=1400` as an administrator of the laptop.", ("1400", "1300")),
        ("Öffnen Sie in der Firewall den Port 4500 für den Tunnel.", ("4500", "500")),
    ],
)
def test_versions_commands_and_ports_are_facts(one: str, other: tuple[str, str]) -> None:
    assert _found(_article("a", one), _article("b", one.replace(*other)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (SET, SET),
        (SET, "Set the idle timeout of the client to 60 minutes and restart the tunnel."),
        ("Wait 30 minutes.", "Wait 60 minutes."),
        ("Go on as it is told in step 3 of this article.", "Go on as it is told in step 4 of it."),
        (
            "After that go on with scenario 2 of this very article.",
            "After that go on with scenario 1 of this very article.",
        ),
        (
            "See https://example.com/v1 for how the tunnel is set up at home.",
            "See https://example.com/v2 for how the tunnel is set up at home.",
        ),
    ],
)
def test_what_is_no_contradiction(one: str, other: str) -> None:
    assert _found(_article("a", one), _article("b", other)) == []


def test_articles_about_other_things_may_differ() -> None:
    other = SET.replace("30", "60")
    a, b = _article("a", SET, title="Error 809"), _article("b", other, title="Error 812")

    assert _found(a, b) == [], "their titles name the difference"
    assert _compared(frozenset(), _article("a", SET), _article("b", other)) == []
    archived = _article("b", other, confidence=Confidence.ARCHIVED)
    assert _found(_article("a", SET), archived) == []


def test_a_sentence_of_many_articles_is_a_template() -> None:
    assert _found(*(_article(f"a{n}", SET.replace("30", f"{n}0")) for n in range(1, 4))) == []
