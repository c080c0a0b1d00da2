"""Since when something happens, in the words of whoever wrote the ticket; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

# As much as is read at a glance; a longer sentence is cut around the time it names.
_LONGEST = 200

_DAYS = (
    r"montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
)
_MONTHS = (
    r"january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec"
)
# German "seit" is about time wherever it stands before a word.
_GERMAN = r"\bseit\s+\w"
# English "since" gives reasons as often as times: only what begins like a time counts.
_ENGLISH = (
    r"\bsince\s+(?:about |around |approximately |early |late |at least )?"
    r"(?:\d|noon|midnight|yesterday|today|tonight|last |this (?:morning|afternoon|week|month)"
    rf"|(?:{_DAYS}|{_MONTHS}|two|three|four|five|six|a (?:week|month))\b"
    r"|(?:the |an? |our |your |my )?(?:last )?"
    r"(?:update|upgrade|change|migration|reboot|restart|move|patch|weekend|morning|holidays?)\b"
    r"|i (?:started|changed|updated|moved|got|installed)\b)"
)
_FOR = r"\bfor (?:\d+|two|three|four|five|six|several|a few|some) (?:days|weeks|months)\b"
_TIME = re.compile(f"{_GERMAN}|{_ENGLISH}|{_FOR}", re.IGNORECASE)
# Not after a number: "since 3. November" goes on.
_SENTENCE_END = re.compile(r"(?<![\d])(?<!\bca)[.!?](?=\s)|\n\s*\n|\n(?=[-*•])")


def since_when(texts: Iterable[str]) -> str:
    """The first sentence that says so; empty when none does."""
    for text in texts:
        found = _TIME.search(text)
        if found:
            return _sentence_around(text, found.start())
    return ""


def _sentence_around(text: str, at: int) -> str:
    ends = [end.end() for end in _SENTENCE_END.finditer(text)]
    start = max((end for end in ends if end <= at), default=0)
    stop = min((end for end in ends if end > at), default=len(text))
    if stop - start > _LONGEST:
        start = max(start, text.rfind(" ", start, max(at - _LONGEST // 3, start)) + 1)
        stop = min(stop, start + _LONGEST)
    return " ".join(text[start:stop].split())
