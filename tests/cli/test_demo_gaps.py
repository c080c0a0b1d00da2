"""What ``serve --demo`` does about gaps."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kb_assist.cli import serve
from kb_assist.gaps import store
from kb_assist.gaps.detect import Kept
from kb_assist.gaps.model import Finding
from tests.tickets.builders import MONDAY
from tests.tickets.conftest import House
from tests.tickets.conftest import house as house


@pytest.fixture
def runs(house: House, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How far back each run looked; a run finds one gap."""
    looked: list[int] = []

    def detect(services: Any, days: int) -> Kept:
        looked.append(days)
        with house.database.write() as connection:
            store.add(connection, Finding(frozenset({1}), {"title": "Badge"}), MONDAY)
        return Kept(1, 0, 0, 0)

    monkeypatch.setattr(serve, "detect_gaps", detect)
    monkeypatch.setattr(store, "_set_tickets", lambda *_: None)
    return looked


def services(house: House, fault: Exception | None = None) -> Any:
    return SimpleNamespace(database=house.database, engine=SimpleNamespace(model_fault=fault))


def test_the_demo_looks_for_gaps_at_its_first_start_only(house: House, runs: list[int]) -> None:
    serve._find_demo_gaps(services(house))
    serve._find_demo_gaps(services(house))

    assert runs == [90]


def test_without_the_model_the_demo_starts_without_gaps(house: House, runs: list[int]) -> None:
    serve._find_demo_gaps(services(house, RuntimeError("no model")))

    assert runs == []
