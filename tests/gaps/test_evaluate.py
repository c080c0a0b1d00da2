"""``kb-assist gaps evaluate``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kb_assist.cli import apart
from kb_assist.cli.main import cli
from kb_assist.settings import Settings
from tests.fakes import FakeEmbedder

_KEYS = (
    "uncovered_precision uncovered_recall bcubed_precision bcubed_recall bcubed_f1 topics_found"
    " clusters"
).split()


@pytest.fixture
def evaluate(
    settings: Settings, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):  # type: ignore[no-untyped-def]
    """Run the command over tickets and give its figures."""
    monkeypatch.setenv("KB_ASSIST_VAR", str(settings.var))
    monkeypatch.setattr(apart, "load_embedder", lambda _: embedder)

    def run(*files: list[dict[str, object]]) -> dict[str, float]:
        arguments = ["gaps", "evaluate", "--json", "--articles", str(settings.articles)]
        for number, lines in enumerate(files):
            path = tmp_path / f"tickets-{number}.jsonl"
            path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
            arguments += ["--tickets", str(path)]
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 0, result.output
        figures: dict[str, float] = json.loads(result.stdout)
        return figures

    return run


def _topic(name: str, *bodies: str) -> list[dict[str, object]]:
    return [
        {"id": f"{name}-{at}", "body": body, "language": "en", "relevant": [], "missing": name}
        for at, body in enumerate(bodies)
    ]


_BADGE = _topic(
    "badge",
    "new badge for the door does not open turnstile",
    "turnstile badge door broken",
    "door turnstile refuses badge",
)
_COFFEE = _topic(
    "coffee",
    "projector lamp in meeting room dark",
    "meeting room projector lamp",
    "dark projector lamp room",
)
_COVERED = [
    {"id": "c", "body": "VPN error 809", "language": "en", "relevant": ["vpn/error-809.md"]}
]


def test_every_figure_is_given(evaluate) -> None:  # type: ignore[no-untyped-def]
    figures = evaluate(_BADGE + _COFFEE + _COVERED)

    assert all(figures[key] is not None for key in _KEYS)
    assert figures["absent_topics"] == 2


def test_absent_topics_are_found(evaluate) -> None:  # type: ignore[no-untyped-def]
    figures = evaluate(_BADGE + _COFFEE + _COVERED)

    assert figures["topics_found"] == 1.0
    assert figures["bcubed_f1"] > 0.8


def test_several_files_are_one_stock(evaluate) -> None:  # type: ignore[no-untyped-def]
    assert evaluate(_BADGE, _COFFEE)["tickets"] == 6


def test_a_second_run_embeds_no_ticket_again(evaluate, embedder) -> None:  # type: ignore[no-untyped-def]
    first = evaluate(_BADGE)
    asked = len(embedder.queries)

    assert evaluate(_BADGE) == first
    assert len(embedder.queries) == asked
