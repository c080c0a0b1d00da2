"""Surges by the bundled model, among the invented complaints of the benchmark."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from kb_assist.correlation import meaning, surges, surges_store
from kb_assist.indexer.embedding.embedder import load_embedder
from kb_assist.settings import Settings
from kb_assist.tickets import suggest
from kb_assist.tickets.intake import create
from kb_assist.tickets.model import Draft
from tests.tickets.builders import MONDAY
from tests.tickets.conftest import House

_BENCH = Path(__file__).parents[2] / "bench"


@pytest.mark.model
def test_outages_at_the_same_time_are_surges_of_their_own(
    house: House, with_model: Settings
) -> None:
    complaints = [
        Draft(line["subject"], line["body"], language=line["language"])
        for line in _lines("complaints.jsonl")[::10]
    ]
    planted = {
        name: [line for line in _lines("surges.jsonl") if line["surge"] == name]
        for name in ("teams-join", "sap-print")
    }
    embedder = load_embedder(with_model)
    space = meaning.space(embedder)

    def arrive(drafts: list[Draft]) -> list[int]:
        with house.desk() as desk:
            made = [create(desk, draft).ticket.id for draft in drafts]
            asked = [suggest.question(desk.connection, key) for key in made]
            new, _ = surges.look(desk, space, meaning.arrivals(embedder, asked))
        return [one.id for one in new]

    hours = [MONDAY - timedelta(hours=2 * n) for n in range(len(complaints), 0, -1)]
    earlier = [
        Draft(one.subject, one.body, language=one.language, created_at=at)
        for one, at in zip(complaints, hours, strict=True)
    ]
    assert arrive(earlier) == []
    # One after the other from each, as they come in.
    told = [line for pair in zip(*planted.values(), strict=True) for line in pair]
    found = [
        key
        for line in told
        for key in arrive([Draft(line["subject"], line["body"], language=line["language"])])
    ]

    assert len(found) == 2
    with house.desk() as desk:
        texts = {line["body"]: name for name, lines in planted.items() for line in lines}
        held = {
            key: [
                texts[suggest.question(desk.connection, ticket).ticket.body]
                for ticket in surges_store.get(desk.connection, key).tickets
            ]
            for key in found
        }
    assert {name for names in held.values() for name in names} == set(planted)
    for names in held.values():
        assert len(set(names)) == 1
        assert len(names) >= 8


def _lines(name: str) -> list[dict[str, str]]:
    text = (_BENCH / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]
