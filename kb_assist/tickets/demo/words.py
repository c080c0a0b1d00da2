"""What the invented agents of the demo say."""

from __future__ import annotations

from collections.abc import Mapping

Texts = tuple[str, ...]

WORDS: Mapping[str, Mapping[str, Texts]] = {
    "de": {
        "first": (
            "Guten Tag, ich habe Ihr Ticket übernommen und sehe es mir jetzt an.",
            "Danke für die Meldung. Ich prüfe das und melde mich gleich wieder.",
            "Ist angekommen. Ich schaue zuerst, ob es dazu schon etwas gibt.",
        ),
        "question": (
            "Wir brauchen noch eine Angabe von Ihnen: Tritt es auch an einem anderen Platz auf?",
            "Der Hersteller hat eine Anfrage von uns. Wir melden uns, sobald er antwortet.",
        ),
        "override": ("Der Bereich steht, die fehlende Angabe reichen wir nach.",),
    },
    "en": {
        "first": (
            "Hello, I have taken your ticket and am looking into it now.",
            "Thanks for reporting this. I will check and come back to you shortly.",
            "Received. I will first see whether we know this already.",
        ),
        "question": (
            "We need one more fact from you: does it happen at another desk, too?",
            "The vendor has a request from us. We will write as soon as they answer.",
        ),
        "override": ("Work has stopped there; the missing fact will follow.",),
    },
}

HAND_OVER_NOTES: Mapping[str, Texts] = {
    "de": (
        "Kein passender Artikel, bitte ansehen.",
        "Übliche Schritte ohne Erfolg, braucht mehr Rechte.",
    ),
    "en": (
        "No fitting article, please have a look.",
        "The usual steps did not help, needs more rights.",
    ),
}

ANSWERS: Mapping[str, Mapping[str, str]] = {
    "de": {
        "since_when": "Seit dem Morgen der Meldung, davor nie.",
        "steps_tried": "Neustart, Anmeldung an einem anderen Gerät, Schritte des Artikels.",
        "site": "Haupthaus, Kabel und WLAN gleich.",
    },
    "en": {
        "since_when": "Since the morning it was reported, never before.",
        "steps_tried": "Restart, another device, the steps of the article.",
        "site": "Main building, cable and Wi-Fi alike.",
    },
}

GAVE_UP: Mapping[str, str] = {
    "de": "Abgebrochen: Die Anleitung hat nicht geholfen.",
    "en": "Stopped: the guide did not help.",
}
