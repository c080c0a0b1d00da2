"""Answers as the result list shows them; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kb_assist.articles.model import Article, Audience, Confidence
from kb_assist.retrieval.model import Answer, Strength, Suggestion

# A share this far from a tenth is told in twentieths.
_ROUND_ENOUGH = 0.025


@dataclass(frozen=True, slots=True)
class Card:
    """One suggestion with the other articles that say the same."""

    suggestion: Suggestion
    translations: tuple[Article, ...]
    similar: tuple[Article, ...]
    """Near-identical articles that are not translations."""


def cards(answer: Answer, reader: Audience) -> list[Card]:
    """Best first; only what the reader may see and what is still in use."""
    shown: list[Card] = []
    for suggestion in answer.suggestions:
        others = {
            other.id: other
            for other in suggestion.alternatives
            if reader.may_read(other.audience) and other.confidence is not Confidence.ARCHIVED
        }
        source = source_id(suggestion.article)
        shown.append(
            Card(
                suggestion,
                tuple(other for other in others.values() if source_id(other) == source),
                tuple(other for other in others.values() if source_id(other) != source),
            )
        )
    return shown


def source_id(article: Article) -> str:
    """Equal for an article and its translations."""
    return article.translation_of or article.id


def measured_share(precision: Mapping[str, float], strength: Strength) -> tuple[int, int] | None:
    """How often the first article was right at this strength, as "9 of 10"; None: not measured."""
    share = precision.get(strength.value)
    if share is None:
        return None
    of = 10 if abs(share - round(share * 10) / 10) <= _ROUND_ENOUGH else 20
    return round(share * of), of
