"""Which guide fits a ticket, and why: the articles suggested for it, its words, its category."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kb_assist.guides.model import Channel, Guide, article_id
from kb_assist.text import fold, is_function_word, words

MOST_OFFERS = 3
LOWEST_SCORE = 3.0
"""Below it one unspecific word decided; showing nothing is better. Set on the demo tickets."""
ARTICLE_SCORE = 6.0
"""For the first suggested article that a guide leads to; the second counts half, and so on. It
outweighs one word, because the search has read the whole ticket in both languages."""
CATEGORY_SCORE = 3.5
_SUGGESTED_WEIGHT = 3.0
_TITLE_WEIGHT = 1.0
_SHORTEST_TITLE_WORD = 5
_SHORTEST_PREFIX = 5
"""From this length on ``drucker`` stands for ``druckers`` and ``druckerfach`` too."""
_PRIOR_RESOLVED = 5
_PRIOR_SESSIONS = 10
"""Ten imagined sessions, half of them resolved, so that a new guide is neither first nor last."""
_ARTICLE_LINK = re.compile(r"\]\(kb:([^)#\s]+)")

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is known of a ticket here."""

    text: str
    category: str = ""
    channel: Channel = Channel.AGENT
    articles: tuple[str, ...] = ()
    """Ids of the articles suggested for it, best first."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A guide for a ticket, with the reason."""

    guide: str
    score: float
    words: tuple[str, ...]
    """Words of the ticket, as written there, without those that every text has."""
    category: str
    """The category both have; empty when they have none in common."""
    article: str
    """The best suggested article that the guide leads to; empty when there is none."""
    resolved: float
    """Smoothed share of sessions that ended resolved."""


class GuideOffers:
    """Built once per set of guides; asked per ticket in about a millisecond."""

    def __init__(self, guides: Iterable[Guide]) -> None:
        self._guides = [guide for guide in guides if _is_offered(guide)]
        self._phrases = [_phrases(guide) for guide in self._guides]
        self._articles = [_articles(guide) for guide in self._guides]
        self._frequency = Counter(phrase for phrases in self._phrases for phrase in phrases)

    def offer(
        self, ticket: Ticket, record: Mapping[str, tuple[int, int]] | None = None
    ) -> Sequence[Offer]:
        """At most three, best first; empty when nothing fits. ``record`` is resolved and all
        sessions by guide."""
        asked = {fold(word): word for word in words(ticket.text)}
        offers: list[Offer] = []
        for number, guide in enumerate(self._guides):
            if ticket.channel in guide.front.audience:
                offers.append(self._offer(number, ticket, asked, (record or {}).get(guide.id)))
        fitting = (offer for offer in offers if offer.score >= LOWEST_SCORE)
        return sorted(fitting, key=lambda offer: (-offer.score, offer.guide))[:MOST_OFFERS]

    def _offer(
        self,
        number: int,
        ticket: Ticket,
        asked: Mapping[str, str],
        record: tuple[int, int] | None,
    ) -> Offer:
        guide = self._guides[number]
        score = 0.0
        found: list[str] = []
        for phrase, weight in self._phrases[number].items():
            matched = _matched(phrase, asked)
            if matched:
                score += weight * self._rarity(phrase)
                found += matched
        category = _category(guide, ticket.category)
        ranks = {a: n for n, a in enumerate(ticket.articles) if a in self._articles[number]}
        score += CATEGORY_SCORE if category else 0.0
        score += sum(ARTICLE_SCORE / (rank + 1) for rank in ranks.values())
        resolved, sessions = record or (0, 0)
        rate = (resolved + _PRIOR_RESOLVED) / (sessions + _PRIOR_SESSIONS)
        return Offer(
            guide=guide.id,
            score=score * (0.5 + rate),
            words=tuple(word for word in dict.fromkeys(found) if not is_function_word(word)),
            category=category,
            article=min(ranks, key=lambda article: ranks[article], default=""),
            resolved=rate,
        )

    def _rarity(self, phrase: Phrase) -> float:
        """1 for a phrase that only one guide has, less for common ones."""
        return 1 / (1 + math.log(self._frequency[phrase]))


def _is_offered(guide: Guide) -> bool:
    """Guides without ``suggest`` are made to be called by others."""
    return bool(guide.front.suggest.words or guide.front.suggest.categories)


def _phrases(guide: Guide) -> dict[Phrase, float]:
    phrases: dict[Phrase, float] = {}
    for text in guide.texts.values():
        for word in words(text.title):
            if len(word) >= _SHORTEST_TITLE_WORD and fold(word) not in _COMMON:
                phrases[(fold(word),)] = _TITLE_WEIGHT
    for phrase in guide.front.suggest.words:
        folded = tuple(fold(word) for word in words(phrase))
        if folded:
            phrases[folded] = _SUGGESTED_WEIGHT
    return phrases


def _articles(guide: Guide) -> frozenset[str]:
    """Articles the guide leads to, as an outcome or in a text."""
    found = {step.settings.kb for step in guide.outcomes if step.settings.kb}
    for text in guide.texts.values():
        found.update(_ARTICLE_LINK.findall(text.intro))
        for step in text.steps.values():
            for block in step.blocks:
                found.update(_ARTICLE_LINK.findall(block.markdown))
    return frozenset(article_id(raw) for raw in found)


def _matched(phrase: Phrase, asked: Mapping[str, str]) -> list[str]:
    """The ticket's words for a phrase; empty unless every word of it is there."""
    found: list[str] = []
    for part in phrase:
        word = asked.get(part)
        if word is None and len(part) >= _SHORTEST_PREFIX:
            word = next((w for key, w in asked.items() if key.startswith(part)), None)
        if word is None:
            return []
        found.append(word)
    return found


def _category(guide: Guide, category: str) -> str:
    """A guide for ``network`` fits ``network/wifi`` too."""
    own = guide.front.suggest.categories
    return next((c for c in own if category == c or category.startswith(f"{c}/")), "")


# Words of titles that say nothing about the topic.
_COMMON = frozenset(
    "cannot company desktop fails nicht keine oeffnet startet prueft pruefen checks check reached"
    " schlaegt erreichbar schlechter second sound".split()
)
