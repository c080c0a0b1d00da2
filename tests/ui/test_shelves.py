"""What the browse page shows."""

from __future__ import annotations

from kb_assist.ui.shelves import shelves
from tests.ui.test_results import article

ENGLISH = article("A", path="email/a.md", title="Mailbox")
GERMAN = article("A-de", path="email/a.de.md", title="Postfach", language="de", translation_of="A")
OTHER = article("B", path="vpn/b.md")
LOOSE = article("C", path="c.md")


def test_a_translation_shares_the_row_and_the_readers_language_leads() -> None:
    [topic] = shelves([GERMAN, ENGLISH], "de")

    assert [row.article.id for row in topic.rows] == ["A-de"]
    assert [other.id for other in topic.rows[0].others] == ["A"]
    assert shelves([GERMAN, ENGLISH], "en")[0].rows[0].article.id == "A"


def test_topics_are_folders_in_alphabetical_order() -> None:
    topics = shelves([OTHER, ENGLISH, LOOSE], "en")

    assert [topic.name for topic in topics] == ["", "email", "vpn"]
    assert [topic.anchor for topic in topics] == ["topic-general", "topic-email", "topic-vpn"]
