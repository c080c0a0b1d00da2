"""What the result list shows of an answer."""

from __future__ import annotations

import pytest

from kb_assist.articles.model import Article, Audience, Confidence
from kb_assist.retrieval.model import Answer, Mode, Passage, Query, Strength, Suggestion
from kb_assist.ui.results import cards, measured_share

READ = Audience.L1


def article(name: str, **facts: object) -> Article:
    base = {"path": f"{name}.md", "title": name, "language": "en", "body": "", "body_line": 1}
    return Article(id=name, digest=name, **(base | facts))  # type: ignore[arg-type]


def answer_with(*alternatives: Article) -> Answer:
    suggestion = Suggestion(
        rank=1,
        article=article("A"),
        strength=Strength.STRONG,
        passage=Passage("", (), ()),
        shared_identifiers=(),
        shared_terms=(),
        by_meaning=True,
        score=1.0,
        alternatives=alternatives,
    )
    query = Query("x", "en", 0.0, ())
    return Answer(query, Strength.STRONG, 0.9, 0.9, (suggestion,), Mode.HYBRID, "g")


def test_translations_and_near_identical_articles_are_told_apart() -> None:
    german = article("A-de", language="de", translation_of="A")
    [card] = cards(answer_with(german, article("B")), READ)

    assert [other.id for other in card.translations] == ["A-de"]
    assert [other.id for other in card.similar] == ["B"]


def test_the_source_of_a_translation_is_a_translation_too() -> None:
    answer = answer_with(article("A"))
    translated = article("A-de", translation_of="A")
    object.__setattr__(answer.suggestions[0], "article", translated)

    assert [other.id for other in cards(answer, READ)[0].translations] == ["A"]


@pytest.mark.parametrize(
    "hidden",
    [
        article("B", audience=Audience.L2),
        article("B", confidence=Confidence.ARCHIVED),
    ],
)
def test_articles_nobody_may_read_or_use_are_not_named(hidden: Article) -> None:
    [card] = cards(answer_with(hidden), READ)

    assert card.similar == ()


@pytest.mark.parametrize(
    ("share", "told"),
    [(0.911, (9, 10)), (0.453, (9, 20)), (1.0, (10, 10)), (0.107, (1, 10)), (0.95, (19, 20))],
)
def test_a_share_is_told_in_small_numbers(share: float, told: tuple[int, int]) -> None:
    assert measured_share({"strong": share}, Strength.STRONG) == told


def test_what_was_not_measured_is_not_told() -> None:
    assert measured_share({}, Strength.STRONG) is None
