"""Which sentence of a resolution tells the cause, the diagnosis, the fix, the check; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What an article about a solved problem has to say."""

    CAUSE = "cause"
    DIAGNOSED = "diagnosed"
    """How somebody found out that this is the cause."""
    FIX = "fix"
    """What exactly was done."""
    VERIFIED = "verified"
    """How somebody saw that it helped."""


# Whoever numbers lines writes down what to do.
_STEP = re.compile(r"^\d{1,2}[.)]\s+")
# A shorter sentence ("rebooted, works") teaches nobody anything, unless its author names its role:
# "Cause: badge number missing" says all there is to say.
_FEWEST_WORDS = 5
_FEWEST_LABELLED_WORDS = 2

# Not after abbreviations; a sentence begins with a capital, a quotation mark or a bracket.
_END = re.compile(
    r"(?<=[.!?])(?<!\bHr\.)(?<!\bFr\.)(?<!\bNr\.)(?<!\bca\.)(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)"
    r"(?<!\bz\.)(?<!\bu\.)(?<!\bd\.)(?<!\be\.)(?<!\bi\.)(?<!\b\d\.)\s+(?=[A-ZÄÖÜ„“\"(\[0-9])|\n+"
)

# An author who names the role is believed.
_LABELS: Mapping[Role, re.Pattern[str]] = {
    Role.CAUSE: re.compile(r"^(?:ursache|grund|(?:root )?cause|reason)\s*[:–-]\s*", re.IGNORECASE),
    Role.DIAGNOSED: re.compile(
        r"^(?:diagnose|analyse|diagnosis|analysis|diagnosed|nachweis)\s*[:–-]\s*", re.IGNORECASE
    ),
    Role.FIX: re.compile(
        r"^(?:l[öo]sung|behebung|abhilfe|ma(?:ß|ss)nahme|fix|resolution|solution|workaround)"
        r"\s*[:–-]\s*",
        re.IGNORECASE,
    ),
    Role.VERIFIED: re.compile(
        r"^(?:[üu]berpr[üu]f(?:t|ung)|kontrolle|gepr[üu]ft|test|verified|verification|check)"
        r"\s*[:–-]\s*",
        re.IGNORECASE,
    ),
}


def _any_of(expressions: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(expressions.split())})\b".replace("_", " "), re.IGNORECASE)


# Of several roles that a sentence's words speak for, the first wins: checks name the fix again, and
# a diagnosis names what was broken.
_CUES: Mapping[Role, re.Pattern[str]] = {
    Role.VERIFIED: _any_of(
        r"verified tested confirmed retested double-checked came_back_every no_lost worked_for"
        r" without_(?:any_)?(?:error|abort|drop)\w* test_(?:booking|mail|print|meeting|run)"
        r" getestet gegengeprüft bestätigt abgeglichen verglichen probeweise testbuchung testmail"
        r" testdruck stichprobe ohne_(?:fehler|abbr\w+) keine_abbr\w+ seitdem_(?:kein|ohne)\w*"
    ),
    Role.DIAGNOSED: _any_of(
        r"diagnosed reproduced traced ruled_out checked found_in compared comparing event_viewer"
        r" (?:system|controller|panel|application|event)_logs? log_of device_manager_showed"
        r" nachgestellt ausgeschlossen protokoll\w* ereignisanzeige eingegrenzt mitgeschnitten"
        r" mitschnitt anmeldeprotokoll\w* zeigte_im geprüft_mit"
    ),
    Role.CAUSE: _any_of(
        r"because due_to caused_by root_cause was_missing were_missing had_expired was_expired"
        r" had_not was_fixed_to still_had was_not_running did_not_start"
        r" weil lag_an verursacht ursache hatten?_noch war_abgelaufen abgelaufen fehlten? war_aber"
        r" falsch(?:e|er|en|es)? veraltet(?:e|er|en)? nicht_mehr_gültig zurückgesetzt_wieder"
    ),
    Role.FIX: _any_of(
        r"installed updated replaced changed enabled disabled started restarted added pushed"
        r" removed set reset re-?enrolled renewed extended moved opened fixed corrected assigned"
        r" recreated cleared renamed imported configured upgraded signed_\w+_in_again"
        r" gesetzt gelegt (?:neu)?gestartet installiert aktualisiert verteilt angemeldet"
        r" registriert eingetragen geändert korrigiert ersetzt getauscht ausgetauscht umbenannt"
        r" gelöscht geleert freigegeben aktiviert deaktiviert eingespielt konfiguriert"
        r" eingerichtet zurückgesetzt entfernt hinzugefügt umgestellt erhöht verlängert erneuert"
        r" importiert verschoben angelegt zugewiesen gesperrt entsperrt neu_verbunden"
    ),
}


def roles(resolution: str) -> dict[Role, list[str]]:
    """Sentences by role, in the order of the text; those that say nothing usable are left out."""
    found: dict[Role, list[str]] = {}
    for part in _END.split(resolution):
        sentence = " ".join((part or "").split())
        told = _labelled(sentence)
        fewest = _FEWEST_LABELLED_WORDS if told else _FEWEST_WORDS
        told = told or _by_words(sentence)
        if told is None:
            continue
        role, said = told
        if len(said.split()) >= fewest:
            found.setdefault(role, []).append(said[:1].upper() + said[1:])
    return found


def _labelled(sentence: str) -> tuple[Role, str] | None:
    """The role that the author names, and the sentence without its label."""
    for role, label in _LABELS.items():
        match = label.match(sentence)
        if match:
            return role, sentence[match.end() :]
    return None


def _by_words(sentence: str) -> tuple[Role, str] | None:
    step = _STEP.match(sentence)
    if step:
        return Role.FIX, sentence[step.end() :]
    cued = (role for role, cue in _CUES.items() if cue.search(sentence))
    return next(((role, sentence) for role in cued), None)
