"""Query vectors kept on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kb_assist.indexer.query_cache import query_vectors
from tests.fakes import FakeEmbedder


def test_a_second_run_embeds_only_what_is_new(tmp_path: Path) -> None:
    file = tmp_path / "queries.sqlite"
    query_vectors(file, FakeEmbedder(), ["printer jam", "mailbox full"])
    again = FakeEmbedder()
    query_vectors(file, again, ["mailbox full", "vpn down"])

    assert again.queries == ["vpn down"]


def test_vectors_come_in_the_order_of_the_texts(tmp_path: Path) -> None:
    texts = ["a much longer text about a printer", "vpn", "a much longer text about a printer"]
    found = query_vectors(tmp_path / "queries.sqlite", FakeEmbedder(), texts)

    assert np.allclose(found, FakeEmbedder().encode_queries(texts))


def test_what_was_not_asked_for_is_forgotten_when_told_so(tmp_path: Path) -> None:
    file = tmp_path / "queries.sqlite"
    query_vectors(file, FakeEmbedder(), ["printer jam", "mailbox full", "vpn down"])
    query_vectors(file, FakeEmbedder(), ["mailbox full", "vpn down"], forget_others=True)
    again = FakeEmbedder()

    query_vectors(file, again, ["printer jam", "mailbox full", "vpn down"])

    assert again.queries == ["printer jam"]
