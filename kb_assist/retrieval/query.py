"""Ticket text to query: what the person asks, without what mail adds around it."""

from __future__ import annotations

import re
from functools import lru_cache

from mailparser_reply import EmailReplyParser
from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

from kb_assist.retrieval.model import Query
from kb_assist.text import LANGUAGES, UNKNOWN_LANGUAGE, identifiers, normalise

# More than this never helps the search and makes cleaning slow.
MAX_CHARACTERS = 20_000
# Below this the language of a text counts as unknown.
_SURE = 0.75

_GREETING = re.compile(
    r"^\s*(?:hallo|hi|hey|hello|dear|moin|servus|gr[üu]ß gott|gr[üu]ezi|good (?:morning|afternoon|day|evening)"
    r"|guten (?:morgen|tag|abend)|liebe[rs]?|sehr geehrte[rs]?|to whom it may concern|mahlzeit)\b"
    r"[^.!?\n]{0,60}[,!.:]?\s*$",
    re.IGNORECASE,
)
_INLINE_GREETING = re.compile(
    r"^\s*(?:hallo|hi|hey|hello|moin|dear|guten (?:morgen|tag|abend)|good (?:morning|afternoon)|liebe[rs]?"
    r"|sehr geehrte[rs]?)\b[^.!?\n,]{0,40}[,!]\s+",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^\s*(?:mit (?:freundlichen|besten|lieben|herzlichen) gr[üu](?:ß|ss)en|mit freundlichem gru(?:ß|ss)"
    r"|(?:freundliche|viele|beste|liebe|sch[öo]ne|herzliche) gr[üu](?:ß|ss)e|gr[üu](?:ß|ss)e?|mfg|vg|lg|bg"
    r"|(?:kind|best|warm|with kind|with best) regards|regards|best wishes|all the best|cheers|sincerely"
    r"|yours (?:sincerely|faithfully|truly)|best|(?:many )?thanks(?: (?:and (?:kind |best )?regards"
    r"|in advance|a lot|so much))?|thank you(?: (?:in advance|very much|so much))?|thx"
    r"|(?:vielen |besten |herzlichen )?dank(?: (?:im voraus|vorab))?|danke(?: (?:im voraus|vorab|euch|ihnen))?)"
    r"\b[\s,.!]*(?:[^\W\d_]+[\s.,]*){0,4}$",
    re.IGNORECASE,
)
_SIGNATURE_MARK = re.compile(r"^\s*(?:-- ?|—|_{3,}|-{5,}|={5,})\s*$")
_SENT_FROM = re.compile(
    r"^\s*(?:sent from my|von meinem .{2,30} gesendet|gesendet von|get outlook for|outlook für)\b.*$",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    r"(?:this (?:e-?mail|message).{0,80}(?:confidential|intended)|confidentiality notice|if you are not the intended"
    r"|diese (?:e-?mail|nachricht).{0,80}(?:vertraulich|bestimmt)|vertrauliche informationen|gesch[äa]ftsf[üu]hr"
    r"|handelsregister|amtsgericht|registergericht|ust-?id|please consider the environment|denken sie an die umwelt"
    r"|sitz der gesellschaft|irrtümlich erhalten|not the intended recipient|registered office)",
    re.IGNORECASE,
)
_QUOTE_LINE = re.compile(r"^\s*>")
_QUOTE_HEADER = re.compile(
    r"^\s*(?:on\b.{5,120}\bwrote:|am\b.{5,120}\bschrieb\b.{0,80}:|-{2,} ?(?:original message|urspr[üu]ngliche nachricht"
    r"|forwarded message|weitergeleitete nachricht) ?-{2,}|(?:von|from):\s.+)\s*$",
    re.IGNORECASE,
)
_MAIL_HEADER = re.compile(
    r"^\s*(?:von|from|an|to|cc|gesendet|sent|datum|date|betreff|subject|antwort an|reply-to):\s.*$",
    re.IGNORECASE,
)
_FORWARD = re.compile(r"^\s*(?:(?:re|aw|fwd?|wg|antw)\s*:\s*)+", re.IGNORECASE)
_CONTACT = re.compile(
    r"^\s*(?:tel|telefon|phone|mobil|mobile|fax|e-?mail|mail|www|durchwahl|büro|office)\b[.:\s+(\d]",
    re.IGNORECASE,
)


def clean_query(text: str, *, language: str = "", subject: str = "") -> Query:
    """A ticket's body (and subject) as a query.

    ``language`` is what the ticket says about itself and is believed where given; otherwise the
    text decides. When cleaning would leave nothing, the text is used as it came.
    """
    removed: list[str] = []
    original = normalise(text[: MAX_CHARACTERS * 2])
    if len(text) > MAX_CHARACTERS:
        removed.append("length")
        original = original[:MAX_CHARACTERS]
    body = _clean_body(original, removed)
    title = _FORWARD.sub("", normalise(subject[:500])).strip()
    cleaned = "\n".join(part for part in (title, body) if part)
    if not cleaned:
        cleaned, removed = original.strip(), []
    german = _german(cleaned, language)
    return Query(
        text=cleaned,
        language=_language(german),
        german=german,
        identifiers=tuple(identifiers(cleaned)),
        removed=tuple(dict.fromkeys(removed)),
    )


def typed_query(text: str) -> Query:
    """What a person typed into the search field: nothing is taken away."""
    typed = " ".join(normalise(text[:MAX_CHARACTERS]).split())
    german = _german(typed, "")
    return Query(typed, _language(german), german, tuple(identifiers(typed)))


def _clean_body(text: str, removed: list[str]) -> str:
    newest = _newest_reply(text, removed)
    lines = [line for line in newest.split("\n") if not _is_noise(line, removed)]
    lines = _cut_at_closing(lines, removed)
    while lines and (not lines[0].strip() or _GREETING.match(lines[0])):
        if lines[0].strip():
            removed.append("greeting")
        lines.pop(0)
    if lines and (greeting := _INLINE_GREETING.match(lines[0])):
        removed.append("greeting")
        lines[0] = lines[0][greeting.end() :]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _newest_reply(text: str, removed: list[str]) -> str:
    """The newest message of a mail; a mail that is nothing but a forward keeps the forwarded text."""
    if not re.search(r"^\s*(?:>|on\b|am\b|von:|from:|-{2,})", text, re.IGNORECASE | re.MULTILINE):
        return text
    newest = EmailReplyParser(languages=["en", "de"]).parse_reply(text) or ""
    newest = _before_quote(newest)
    if len(newest.split()) >= _ENOUGH_WORDS:
        if len(newest) < len(text.strip()):
            removed.append("quote")
        return newest
    kept = [re.sub(r"^(?:\s*>)+ ?", "", line) for line in text.split("\n")]
    return "\n".join(line for line in kept if not _MAIL_HEADER.match(line))


# A newest message shorter than this ("see below", "FYI") leaves the problem to what it quotes.
_ENOUGH_WORDS = 6


def _before_quote(text: str) -> str:
    lines: list[str] = []
    for line in text.split("\n"):
        if _QUOTE_HEADER.match(line) and any(kept.strip() for kept in lines):
            break
        if not _QUOTE_LINE.match(line):
            lines.append(line)
    return "\n".join(lines).strip()


def _is_noise(line: str, removed: list[str]) -> bool:
    if _SENT_FROM.match(line):
        removed.append("signature")
        return True
    if _FOOTER.search(line) and not _asks(line):
        removed.append("footer")
        return True
    return False


def _asks(line: str) -> bool:
    """A question about a footer is still a question."""
    return "?" in line


def _cut_at_closing(lines: list[str], removed: list[str]) -> list[str]:
    """Everything from the closing words on is a signature, unless the text only begins there."""
    for number, line in enumerate(lines):
        before = sum(len(kept.split()) for kept in lines[:number])
        if before < 3:
            continue
        if _SIGNATURE_MARK.match(line) or _CLOSING.match(line):
            after = lines[number + 1 :]
            if _SIGNATURE_MARK.match(line) and not _looks_like_signature(after):
                continue
            if any(word for word in after if word.strip()):
                removed.append("signature")
            # People add a postscript that matters ("PS: error 809").
            postscript = [text for text in after if re.match(r"^\s*p\.?s\.?[: ]", text, re.I)]
            return lines[:number] + postscript
    return lines


def _looks_like_signature(lines: list[str]) -> bool:
    """Short lines, contact data: a rule above a log extract is not the start of a signature."""
    text = [line for line in lines if line.strip()]
    if not text:
        return True
    return any(_CONTACT.match(line) for line in text) or (
        len(text) <= 6 and all(len(line) <= 60 for line in text)
    )


@lru_cache(maxsize=1)
def _language_model() -> LanguageIdentifier:
    model = LanguageIdentifier.from_modelpath(MODEL_DIR / MODEL_FILE, norm_probs=True)
    model.set_languages(list(LANGUAGES))
    return model


def _german(text: str, declared: str) -> float:
    """Probability of German against English."""
    code = declared.lower().split("-")[0].split("_")[0]
    if code in LANGUAGES:
        return _DECLARED if code == "de" else 1.0 - _DECLARED
    if not any(c.isalpha() for c in text):
        return 0.5
    found, probability = _language_model().classify(text[:2_000])
    return float(probability) if found == "de" else 1.0 - float(probability)


# Ticket fields are sometimes a default nobody changed.
_DECLARED = 0.97


def _language(german: float) -> str:
    if german >= _SURE:
        return "de"
    return "en" if german <= 1 - _SURE else UNKNOWN_LANGUAGE
