"""What a group of tickets is called and what sets it apart; pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from kb_assist.gaps.model import Chances, Stocked
from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.text import fold
from kb_assist.tickets.terms import telling_words

_QUESTIONS = 3
_TERMS = 6
_LONGEST_QUESTION = 200


def facts(
    members: Sequence[Stocked],
    vectors: Vectors,
    terms: Sequence[Sequence[str]],
    spread: Counter[str],
    chances: Sequence[Chances],
) -> dict[str, Any]:
    """Everything a page says about a gap.

    ``vectors`` and ``terms`` belong to ``members``; ``spread`` counts the tickets of the whole
    stock that hold a term.
    """
    order = np.argsort(-(vectors @ vectors.mean(axis=0)), kind="stable").tolist()
    typical = [members[at] for at in order]
    first = min(members, key=lambda m: m.created_at).created_at
    last = max(members, key=lambda m: m.created_at).created_at
    nearest = Counter(c.article_id for c in chances if c.article_id)
    # Who asks the same in the same words is counted, not quoted again.
    questions = dict.fromkeys(_shortened(m.question, _LONGEST_QUESTION) for m in typical)
    return {
        "title": _shortened(typical[0].subject or typical[0].question, 120),
        "questions": list(questions)[:_QUESTIONS],
        "terms": as_written(telling(terms, spread), members),
        "products": _most_common(m.product for m in members),
        "languages": _most_common(m.language for m in members),
        "tickets": len(members),
        "escalated": sum(m.escalated for m in members),
        "hours": round(sum(m.hours for m in members), 1),
        "handled_hours": round(sum(m.handled_hours for m in members), 2),
        "handled_tickets": sum(m.handled_hours > 0 for m in members),
        "first_seen": first.isoformat(),
        "last_seen": last.isoformat(),
        "chance": round(float(np.mean([c.first for c in chances])), 3) if chances else 0.0,
        "nearest": [name for name, _ in nearest.most_common(3)],
    }


def telling(terms: Sequence[Sequence[str]], spread: Counter[str]) -> list[str]:
    """Terms that many of the group's tickets share and few others hold."""
    inside = Counter(term for of_ticket in terms for term in set(of_ticket))
    scores = {
        term: count * math.log((count + 1) / (spread[term] - count + 1) + 1)
        for term, count in inside.items()
        if count > 1 and len(term) > 2
    }
    return sorted(scores, key=lambda term: (-scores[term], term))[:_TERMS]


def as_written(terms: Sequence[str], members: Sequence[Stocked]) -> list[str]:
    """Terms as most of the tickets write them, because people read words and not stems."""
    forms: dict[str, Counter[str]] = {term: Counter() for term in terms}
    for member in members:
        for term, word in telling_words(member.question, member.language).items():
            if term in forms:
                forms[term][word] += 1
    chosen = [min(found.items(), key=_usual)[0] for found in forms.values() if found]
    # Two stems of one word, where a ticket's language is not known.
    return list({fold(word): word for word in chosen}.values())


def _usual(form: tuple[str, int]) -> tuple[int, int, str]:
    """The most common first, then the shortest: the singular rather than the plural."""
    word, count = form
    return -count, len(word), word


def _most_common(values: Any) -> list[str]:
    return [value for value, _ in Counter(v for v in values if v).most_common(5)]


def _shortened(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rsplit(" ", 1)[0] + "…"
