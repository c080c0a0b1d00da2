"""Which guide fits a ticket, and why: shared words in either language, and what has worked."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kb_assist.guides.model import Channel, Guide
from kb_assist.text import fold, words

MOST_OFFERS = 3
# The usual constants of BM25; guides' texts are short and alike in length, so they matter little.
_SATURATION = 1.2
_LENGTH_WEIGHT = 0.5
_WORD_WEIGHT = 3
"""A word the author put into ``suggest`` counts as often as this."""
_PRIOR_RESOLVED = 5
_PRIOR_SESSIONS = 10
"""Ten imagined sessions, half of them resolved, so that a new guide is neither first nor last."""
_SHORTEST_WORD = 3


@dataclass(frozen=True, slots=True)
class Offer:
    """A guide for a ticket. ``words`` are the ticket's words that led to it, as written there."""

    guide: str
    score: float
    words: tuple[str, ...]
    category: str
    """The category both have; empty when words alone decided."""
    resolved: float
    """Smoothed share of sessions that ended resolved."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is known of a ticket here."""

    text: str
    category: str = ""
    channel: Channel = Channel.AGENT


class GuideOffers:
    """Built once per set of guides; asked per ticket in well under a millisecond."""

    def __init__(self, guides: Iterable[Guide]) -> None:
        self._guides = [guide for guide in guides if _is_offered(guide)]
        self._terms = [_terms(guide) for guide in self._guides]
        self._frequency = Counter(term for terms in self._terms for term in terms)
        lengths = [sum(terms.values()) for terms in self._terms]
        self._mean = sum(lengths) / len(lengths) if lengths else 1.0

    def offer(
        self, ticket: Ticket, record: Mapping[str, tuple[int, int]] | None = None
    ) -> Sequence[Offer]:
        """At most three, best first; empty when nothing fits. ``record`` is resolved and all
        sessions by guide."""
        asked = {fold(word): word for word in words(ticket.text) if len(word) >= _SHORTEST_WORD}
        offers = []
        for guide, terms in zip(self._guides, self._terms, strict=True):
            if ticket.channel not in guide.front.audience:
                continue
            shared = [term for term in asked if term in terms]
            category = _category(guide, ticket.category)
            if not shared and not category:
                continue
            resolved, sessions = (record or {}).get(guide.id, (0, 0))
            rate = (resolved + _PRIOR_RESOLVED) / (sessions + _PRIOR_SESSIONS)
            score = (self._score(shared, terms) + (2.0 if category else 0.0)) * (0.5 + rate)
            found = tuple(asked[term] for term in shared)
            offers.append(Offer(guide.id, score, found, category, rate))
        return sorted(offers, key=lambda offer: (-offer.score, offer.guide))[:MOST_OFFERS]

    def _score(self, shared: Iterable[str], terms: Counter[str]) -> float:
        length = sum(terms.values()) / self._mean
        score = 0.0
        for term in shared:
            rare = math.log(1 + (len(self._terms) + 0.5) / (self._frequency[term] + 0.5))
            count = terms[term]
            damped = _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * length)
            score += rare * count * (_SATURATION + 1) / (count + damped)
        return score


def _is_offered(guide: Guide) -> bool:
    """Guides without ``suggest`` are made to be called by others."""
    return bool(guide.front.suggest.words or guide.front.suggest.categories)


def _terms(guide: Guide) -> Counter[str]:
    terms: Counter[str] = Counter()
    for text in guide.texts.values():
        terms.update(fold(word) for word in words(text.title))
        first = text.steps.get(guide.start.id)
        terms.update(fold(word) for word in words(first.question if first else ""))
    for phrase in guide.front.suggest.words:
        for word in words(phrase):
            terms[fold(word)] += _WORD_WEIGHT
    return Counter(
        {t: n for t, n in terms.items() if len(t) >= _SHORTEST_WORD and t not in _COMMON}
    )


def _category(guide: Guide, category: str) -> str:
    """A guide for ``network`` fits ``network/wifi`` too."""
    own = guide.front.suggest.categories
    return next((c for c in own if category == c or category.startswith(f"{c}/")), "")


_COMMON = frozenset(
    "the and does not for with has what who which der die das und nicht ist welches welcher wer"
    " geht eines einer affected betroffen geraet device".split()
)
