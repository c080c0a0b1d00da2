"""What tickets sound like anywhere: short invented ones that tell where queries lie in the space.

Embedding models of this kind put all questions into one corner. Subtracting a typical question
makes the differences between questions visible; see docs/adr for the measurements. These texts
are only the starting point, used until enough real tickets have been seen.
"""

from __future__ import annotations

TYPICAL_TICKETS: dict[str, tuple[str, ...]] = {
    "de": (
        "Drucker druckt nicht mehr",
        "Seit heute Morgen komme ich nicht mehr ins System, es erscheint eine Fehlermeldung.",
        "Bitte um Hilfe bei der Anmeldung, das Kennwort wird nicht angenommen.",
        "Nach dem letzten Update startet das Programm nicht mehr und schließt sich sofort wieder.",
        "Wie kann ich einen freigegebenen Ordner einbinden?",
        "Der Rechner ist sehr langsam, besonders beim Öffnen größerer Dateien.",
        "Die Verbindung bricht im Homeoffice ständig ab. Ein Neustart hat nicht geholfen.",
        "Neue Berechtigung wird benötigt, der Zugriff wird verweigert.",
        "E-Mails mit Anhang kommen beim Empfänger nicht an.",
        "Im Dialog bleibt die Schaltfläche grau, obwohl alle Felder ausgefüllt sind.",
        "Server antwortet nicht, im Protokoll steht ein Zeitüberschreitungsfehler.",
        "Einstellungen für Benutzer ändern",
        "Lizenz abgelaufen, was ist zu tun?",
        "Der Bericht zeigt falsche Zahlen, seit die Daten übernommen wurden.",
        "Installation schlägt mit Fehlercode fehl",
        "Telefon klingelt nicht, Anrufe landen direkt auf der Mailbox.",
    ),
    "en": (
        "Printer does not print any more",
        "Since this morning I cannot get into the system, an error message appears.",
        "Please help with signing in, the password is not accepted.",
        "After the latest update the program no longer starts and closes again at once.",
        "How do I connect a shared folder?",
        "The computer is very slow, especially when opening larger files.",
        "The connection keeps dropping when working from home. A restart did not help.",
        "A new permission is needed, access is denied.",
        "E-mails with an attachment do not reach the recipient.",
        "The button in the dialog stays grey although all fields are filled in.",
        "Server does not respond, the log shows a time-out error.",
        "Change settings for users",
        "Licence expired, what should be done?",
        "The report shows wrong numbers since the data was migrated.",
        "Installation fails with an error code",
        "Phone does not ring, calls go straight to voicemail.",
    ),
}
