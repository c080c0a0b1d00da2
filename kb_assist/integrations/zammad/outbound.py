"""What goes back to Zammad: suggestions, the resolution, the link to the dossier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from kb_assist.errors import N_, IndexUnavailableError
from kb_assist.integrations.zammad.client import Zammad
from kb_assist.integrations.zammad.inbound import OWN_MARK
from kb_assist.retrieval.model import Answer, Strength
from kb_assist.retrieval.search import Searcher
from kb_assist.storage.db import Database
from kb_assist.tickets import suggest
from kb_assist.tickets.handover import store as handover_store
from kb_assist.tickets.model import EventKind, State, Ticket
from kb_assist.tickets.outbox.deliver import Delivery
from kb_assist.tickets.outbox.store import Message
from kb_assist.tickets.suggest import Question, Reader
from kb_assist.translations import in_language

_SHOWN = 3
_STRENGTHS = {Strength.STRONG: N_("strong"), Strength.POSSIBLE: N_("possible")}


@dataclass(frozen=True, slots=True)
class Outbound:
    """Sends messages of the outbox whose target is Zammad."""

    zammad: Zammad
    database: Database
    searcher: Callable[[], Searcher]
    reader: Reader
    public_url: str

    def __call__(self, message: Message) -> Delivery:
        if message.ticket_id is None:
            return Delivery(delivered=False, error=N_("No ticket."), permanent=True)
        with self.database.read() as connection:
            asked = suggest.question(connection, message.ticket_id)
            handed = handover_store.of_ticket(connection, message.ticket_id)
        try:
            html = self._text(message, asked, handed[-1].number if handed else 0)
        except IndexUnavailableError as error:
            return Delivery(delivered=False, error=error.message)
        if html is None:
            return Delivery(delivered=True)
        note = f"<p>{OWN_MARK} {html}</p>"
        return self.zammad.add_note(asked.ticket.external_id or "", "kb-assist", note)

    def _text(self, message: Message, asked: Question, dossier: int) -> str | None:
        """``dossier``: its number. None: nothing that an agent there would want to know."""
        ticket = asked.ticket
        lang = ticket.language
        if message.kind == EventKind.CREATED.value:
            answer = suggest.articles(self.searcher(), asked, self.reader, limit=_SHOWN)
            opening = in_language(N_("Open in kb-assist"), lang)
            return self._suggestions(answer, lang) + self._link(ticket, opening)
        if message.kind == EventKind.HANDED_OVER.value:
            told = in_language(N_("Handed over to the next level, see the dossier:"), lang)
            return told + self._link(ticket, ticket.number, f"/hand-over/{dossier}")
        if message.payload["ticket"]["state"] == State.RESOLVED.value and ticket.resolution_text:
            told = in_language(N_("Resolved:"), lang)
            return f"{told}<br>{escape(ticket.resolution_text)}"
        return None

    def _suggestions(self, answer: Answer, lang: str) -> str:
        good = [s for s in answer.suggestions if s.strength is not Strength.NONE]
        if not good:
            return in_language(N_("No article fits."), lang)
        rows = [
            f'<li><a href="{escape(self._address("/articles/" + s.article.id))}">'
            f"{escape(s.article.title)}</a> ({in_language(_STRENGTHS[s.strength], lang)})</li>"
            for s in good
        ]
        return f"{in_language(N_('Suggestions'), lang)}<ul>{''.join(rows)}</ul>"

    def _link(self, ticket: Ticket, text: str, below: str = "") -> str:
        address = self._address(f"/tickets/{ticket.id}{below}")
        return f' <a href="{escape(address)}">{escape(text)}</a>'

    def _address(self, path: str) -> str:
        return f"{self.public_url.rstrip('/')}{path}"
