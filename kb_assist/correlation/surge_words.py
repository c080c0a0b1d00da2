"""Says in words what the tickets of a surge are about."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from kb_assist.correlation.surges_store import Told
from kb_assist.storage import full_text
from kb_assist.text import fold, words
from kb_assist.tickets import store
from kb_assist.tickets.model import Ticket
from kb_assist.tickets.terms import telling_terms

_MOST_WORDS = 3
# Shorter ones are particles, longer ones are pasted from a log.
_LENGTHS = range(3, 31)
# What complaints about anything say; at a new desk their number does not tell that yet.
_SAY_LITTLE = frozenset(
    fold(word)
    for word in (
        "heute gestern morgens vormittag minute minuten stunde stunden uhr geht gehen sagt steht"
        " probiert versucht today yesterday minutes hours goes says said tried trying cannot"
        " something everything nothing"
    ).split()
)
# A word of fewer of the tickets is not what they share.
_LEAST_SHARE = 0.3


def describe(connection: Connection, likeness: Mapping[int, float]) -> Told:
    """Title and words; ``likeness``: by ticket id, how typical it is."""
    found = store.many(connection, list(likeness))
    typical = max(found, key=lambda key: likeness[key])
    shared = _shared(list(found.values()))
    spread = full_text.spread(connection, list(shared))
    rated = sorted(shared, key=lambda term: (-_worth(shared[term][1], spread.get(term, 0)), term))
    told = _apart([shared[term][0] for term in rated])
    return Told(found[typical].subject, ", ".join(told[:_MOST_WORDS]))


def _apart(rated: Sequence[str]) -> list[str]:
    """Without further forms of a word before, as “Intranets” is of “intranet”."""
    told: list[str] = []
    for word in rated:
        pairs = [(fold(word), fold(one)) for one in told]
        if not any(new.startswith(old) or old.startswith(new) for new, old in pairs):
            told.append(word)
    return told


def _may_tell(word: str) -> bool:
    return len(word) in _LENGTHS and word.isalpha() and fold(word) not in _SAY_LITTLE


def _worth(count: int, spread: int) -> float:
    """Words of many of the tickets that stand in few others."""
    return count * count / math.sqrt(max(spread, count))


def _shared(tickets: Sequence[Ticket]) -> dict[str, tuple[str, int]]:
    """Term to its usual spelling and the number of tickets, for those that enough of them share."""
    spellings: dict[str, Counter[str]] = {}
    counts: Counter[str] = Counter()
    for ticket in tickets:
        said = f"{ticket.subject}\n{ticket.product}\n{ticket.body}"
        written = [word for word in words(said) if _may_tell(word)]
        terms = {term: word for word in written for term in telling_terms(word, ticket.language)}
        counts.update(terms.keys())
        for term, word in terms.items():
            spellings.setdefault(term, Counter())[word] += 1
    least = max(2, math.ceil(_LEAST_SHARE * len(tickets)))
    return {
        term: (spellings[term].most_common(1)[0][0], count)
        for term, count in counts.items()
        if count >= least
    }
