"""Plain-text rules every area shares: folding, words, identifiers, language detection."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LANGUAGES = ("de", "en")
UNKNOWN_LANGUAGE = "und"

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co"})
# A whole library is normalised at start, so the usual characters are passed over without a look at
# their category: ASCII, Latin to Hebrew, punctuation without its format marks, symbols, CJK.
_UNCOMMON = re.compile(
    r"[^\n\t -~\u00a0-\u00ac\u00ae-\u05ff\u2010-\u2027\u2030-\u205f\u2070-\ud7ff]"
)

# Written without separators by some, with umlauts by others; German readers treat both as equal.
_GERMAN_FOLDS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "œ": "oe"}
)

# The order matters: the first pattern that matches at a place names the kind.
_IDENTIFIER_PATTERNS: tuple[tuple[str, str], ...] = (
    ("url", r"https?://[^\s<>\"')\]]+"),
    ("email", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    ("unc_path", r"\\\\[\w.$-]+(?:\\[\w.$ -]*[\w.$-])*"),
    ("windows_path", r"\b[A-Za-z]:\\(?:[\w.$() -]*[\w.$()-]\\?)*"),
    ("error_code", r"\b0[xX][0-9A-Fa-f]{3,16}\b"),
    ("error_code", r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b"),
    ("error_code", r"\b(?i:AADSTS|ADSTS|ORA-|SQLSTATE|TNS-|CVE-\d{4}-|HTTP-|SSPR_)\d{3,8}\b"),
    ("update", r"\b[Kk][Bb][ -]?\d{6,7}\b"),
    ("patch", r"\b[A-Z]{2,8}-\d{2,6}\b"),
    ("status_code", r"\b[245]\.\d{1,3}\.\d{1,3}(?=\D|$)(?!\.\d)"),
    ("ip_address", r"\b\d{1,3}(?:\.\d{1,3}){3}\b"),
    ("version", r"\bv?\d+(?:\.\d+){1,4}(?:-p\d+|-rc\d+)?\b"),
    (
        "host_name",
        r"\b[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
        r"\.(?:local|lan|corp|intern|internal|example|com|net|org|de|eu)\b",
    ),
    ("dotted_name", r"\b[a-z_]\w+(?:[.:/]{1,2}[a-z_]\w+)+\b"),
    ("asset", r"\b[A-Z]{2,5}-?\d{3,6}\b"),
    ("number", r"\b\d{3,6}\b"),
)
# None begins within a word; to say so once, before all patterns, makes looking three times as fast.
_IDENTIFIER = re.compile(
    r"(?<!\w)(?=[\w\\.+-])(?:"
    + "|".join(f"(?P<k{i}>{pattern})" for i, (_, pattern) in enumerate(_IDENTIFIER_PATTERNS))
    + ")"
)

_FUNCTION_WORDS = {
    "de": frozenset(
        (
            "der die das und ist nicht ich sie wir ein eine einen einem einer zu zum zur mit auf"
            " für von den dem des im in an am bei wenn oder aber auch wird werden kann können nach"
            " aus wie sich es er man nur noch mein meine meinem ihre ihr ihren haben hat habe sind"
            " bitte über unter seit kein keine mehr durch als beim vom dass dieser diese dieses"
            " sein wurde um so bitte danke hallo geht mir mich"
        ).split()
    ),
    "en": frozenset(
        (
            "the and is not i you we a an to with on for of in at if or but also will can cannot"
            " from how it he my your their have has are be this that these please when by as was"
            " were do does did no more there what which after into been they our me any some could"
            " would should hello thanks don't can't"
        ).split()
    ),
}


@dataclass(frozen=True, slots=True)
class Identifier:
    """Something in a text that must match exactly: an error code, a version, a host name."""

    kind: str
    text: str
    """As written."""
    key: str
    """Folded for comparison: lower case, ``KB 5034441`` and ``kb-5034441`` alike."""


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    language: str
    """``de``, ``en`` or ``und``."""
    confidence: float
    """0 to 1: how far the best language is ahead of the next."""


def normalise(text: str) -> str:
    """NFC, no control characters, no soft hyphens, Unix line ends."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return _UNCOMMON.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    return "" if unicodedata.category(match.group()) in _INVISIBLE else match.group()


def is_function_word(word: str) -> bool:
    """Whether a word only holds sentences together, in German or English."""
    return any(word.casefold() in known for known in _FUNCTION_WORDS.values())


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """Case, umlauts, ß and accents folded: ``Größe``, ``GROESSE`` and ``groesse`` become one."""
    folded = unicodedata.normalize("NFC", word).casefold().translate(_GERMAN_FOLDS)
    if folded.isascii():
        return folded
    decomposed = unicodedata.normalize("NFKD", folded)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def words(text: str) -> list[str]:
    """Words as written, in order."""
    return WORD.findall(text)


def identifiers(text: str) -> list[Identifier]:
    """Identifiers in order of appearance, each key once."""
    found: dict[str, Identifier] = {}
    for match in _IDENTIFIER.finditer(text):
        kind = _IDENTIFIER_PATTERNS[int((match.lastgroup or "k0")[1:])][0]
        raw = match.group().rstrip(".,;:")
        key = raw.casefold()
        if kind == "update":
            key = key.replace(" ", "").replace("-", "")
        elif kind == "version":
            key = key.removeprefix("v")
        found.setdefault(key, Identifier(kind=kind, text=raw, key=key))
    return list(found.values())


def detect_language(text: str) -> LanguageGuess:
    """German, English or unknown, by function words and umlauts.

    Short texts rarely carry enough function words, so the confidence must be looked at.
    """
    tokens = [word.casefold() for word in words(text)[:400]]
    if not tokens:
        return LanguageGuess(UNKNOWN_LANGUAGE, 0.0)
    votes = {
        language: sum(token in function_words for token in tokens)
        for language, function_words in _FUNCTION_WORDS.items()
    }
    votes["de"] += 2 * sum(any(c in "äöüß" for c in token) for token in tokens)
    best = max(votes, key=lambda language: votes[language])
    total = sum(votes.values())
    if total == 0:
        return LanguageGuess(UNKNOWN_LANGUAGE, 0.0)
    margin = (2 * votes[best] - total) / total
    # One or two function words prove little; evidence grows with their number.
    confidence = margin * min(1.0, total / 3)
    if confidence < 0.2:
        return LanguageGuess(UNKNOWN_LANGUAGE, confidence)
    return LanguageGuess(best, confidence)
