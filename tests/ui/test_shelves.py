"""What the browse page shows."""

from __future__ import annotations

from kb_assist.ui.shelves import PAGE_ROWS, page_of, shelves
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


def test_a_page_begins_within_a_topic_and_holds_no_more_than_fits() -> None:
    many = [article(f"A{n:03}", path=f"a/{n:03}.md", title=f"{n:03}") for n in range(PAGE_ROWS + 5)]
    topics = shelves([*many, OTHER], "en")
    first, second = page_of(topics, 0), page_of(topics, PAGE_ROWS)

    assert [(topic.name, topic.first) for topic in topics] == [("a", 0), ("vpn", PAGE_ROWS + 5)]
    assert [len(topic.rows) for topic in first] == [PAGE_ROWS]
    assert [(topic.name, len(topic.rows)) for topic in second] == [("a", 5), ("vpn", 1)]
    assert second[0].rows[0].article.title == f"{PAGE_ROWS:03}"
