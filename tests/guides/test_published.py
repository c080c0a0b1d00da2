"""The guides that may be run follow the files and the calendar."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from kb_assist.guides import published
from kb_assist.guides.published import PublishedGuides
from tests.guides.conftest import SAMPLE


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits two seconds for the next look."""
    monkeypatch.setattr(published, "_LOOK_EVERY_SECONDS", 0.0)


def test_a_review_is_overdue_from_the_day_on(tmp_path: Path) -> None:
    root = Path(shutil.copytree(SAMPLE, tmp_path / "guides"))
    today = [date(2027, 3, 31)]
    guides = PublishedGuides(root, lambda: today[0])
    before = guides.now()
    today[0] += timedelta(days=1)
    after = guides.now()

    assert [problem.rule for problem in before.problems] == []
    assert {problem.rule for problem in after.problems} == {"G804"}
    assert guides.now() is after, "the same day and files are read once"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    root = Path(shutil.copytree(SAMPLE, tmp_path / "guides"))
    guides = PublishedGuides(root, lambda: date(2026, 11, 2))
    assert "home_network" in guides.now().guides
    (root / "vpn_connect.md").unlink()

    assert "vpn_connect" not in guides.now().guides
