"""Says in words what the tickets of a surge are about."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from kb_assist.correlation.surges_store import Told
from kb_assist.redaction import Personal, redact
from kb_assist.storage import full_text
from kb_assist.text import fold, words
from kb_assist.tickets import store
from kb_assist.tickets.intake import MAX_SUBJECT_CHARACTERS
from kb_assist.tickets.model import Ticket
from kb_assist.tickets.privacy_store import ERASED
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
# Of what is personal, only these are words; to look for the others takes long.
_PERSONAL_WORDS = (Personal.NAME, Personal.EMAIL, Personal.USER_FOLDER)
_PLACEHOLDER = re.compile(r"\[(?:" + "|".join(_PERSONAL_WORDS) + r")\]")
# Shorter ones are words of every second text, as for redaction.
_SHORTEST_NAME = 4


def describe(connection: Connection, likeness: Mapping[int, float]) -> Told:
    """Title and words, without personal data; ``likeness``: by ticket id, how typical it is.

    Erased tickets say nothing; both are empty where there are no others.
    """
    known = store.many(connection, list(likeness))
    found = {key: one for key, one in known.items() if one.subject != ERASED}
    if not found:
        return Told("", "")
    typical = max(found, key=lambda key: likeness[key])
    shared = _shared(list(found.values()))
    spread = full_text.spread(connection, list(shared))
    rated = sorted(shared, key=lambda term: (-_worth(shared[term][1], spread.get(term, 0)), term))
    told = _apart([shared[term][0] for term in rated])
    return Told(public_subject(found[typical]), ", ".join(told[:_MOST_WORDS]))


def public_subject(ticket: Ticket) -> str:
    """Its subject as people may read it who may not read the ticket."""
    # Placeholders may be longer than what they stand for.
    return redact(ticket.subject, names=[ticket.requester_name]).text[:MAX_SUBJECT_CHARACTERS]


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
    people = _surnames(tickets)
    for ticket in tickets:
        written = [w for w in words(_said(ticket)) if _may_tell(w) and fold(w) not in people]
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


def _said(ticket: Ticket) -> str:
    """Without who said it."""
    text = f"{ticket.subject}\n{ticket.product}\n{ticket.body}"
    known = redact(text, kinds=_PERSONAL_WORDS, names=[ticket.requester_name]).text
    return _PLACEHOLDER.sub(" ", known)


def _surnames(tickets: Sequence[Ticket]) -> frozenset[str]:
    """Of all their requesters: they write about each other, too."""
    parts = (ticket.requester_name.split() for ticket in tickets)
    return frozenset(fold(one[-1]) for one in parts if one and len(one[-1]) >= _SHORTEST_NAME)
