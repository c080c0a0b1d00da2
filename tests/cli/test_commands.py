"""The command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kb_assist import bootstrap
from kb_assist.cli import apart, check
from kb_assist.cli.mail import parse_mail
from kb_assist.cli.main import cli
from kb_assist.indexer import reindex as reindexing
from kb_assist.indexer.reindex import ReindexResult
from kb_assist.settings import Settings
from tests.factories import write_article
from tests.fakes import FakeEmbedder

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the small knowledge base with the fake model."""
    monkeypatch.setenv("KB_ASSIST_ARTICLES", str(settings.articles))
    monkeypatch.setenv("KB_ASSIST_VAR", str(settings.var))
    for module in (apart, bootstrap, check):
        monkeypatch.setattr(module, "load_embedder", lambda _: embedder)
    monkeypatch.setitem(reindexing.reindex.__kwdefaults__, "load_model", lambda _: embedder)
    monkeypatch.setattr(reindexing, "model_fingerprint", lambda _: embedder.identity.fingerprint)

    def invoke(*arguments: object, text: str | None = None) -> Result:
        return CliRunner().invoke(cli, [str(a) for a in arguments], input=text)

    return invoke


def test_index_ends_with_one_json_object(run: Run) -> None:
    result = run("index", "--json")

    assert json.loads(result.stdout)["articles"] == 7
    assert result.exit_code == 0


def test_index_takes_another_folder(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write_article(other, "a.md", "title: A", "Text.\n")

    assert json.loads(run("index", "--json", "--articles", other).stdout)["articles"] == 1


def test_index_names_the_missing_folder_and_what_to_do(run: Run, tmp_path: Path) -> None:
    result = run("index", "--articles", tmp_path / "absent")

    assert result.exit_code == 4
    assert "--articles" in result.stderr


def test_rollback_goes_back(run: Run, settings: Settings) -> None:
    first = json.loads(run("index", "--json").stdout)["index"]
    write_article(settings.articles, "new.md", "title: New", "Text.\n")
    run("index")

    assert json.loads(run("index", "--rollback", "--json").stdout)["index"] == first


def test_search_prints_the_article_and_why(run: Run) -> None:
    run("index")
    result = run("search", "error", "809")

    assert "VPN error 809" in result.stdout
    assert "vpn/error-809.md" in result.stdout


def test_search_without_an_index_says_what_to_do(run: Run) -> None:
    result = run("search", "x")

    assert result.exit_code == 5
    assert "kb-assist index" in result.stderr


def test_suggest_reads_standard_input(run: Run) -> None:
    run("index")
    answer = json.loads(run("suggest", "--json", text="Hallo,\nDrucker druckt nicht\n").stdout)

    assert answer["suggestions"][0]["article"]["id"] == "KB-4"


def test_suggest_reads_a_mail(run: Run, tmp_path: Path) -> None:
    run("index")
    mail = tmp_path / "mail.eml"
    mail.write_bytes(
        b"Subject: =?utf-8?q?VPN_809?=\r\nContent-Type: text/html; charset=iso-8859-1\r\n\r\n"
        b"<p>Verbindung geht nicht f\xfcr mich</p><script>alert(1)</script>\r\n"
    )
    answer = json.loads(run("suggest", "--file", mail, "--json").stdout)

    assert "für mich" in answer["query"]["text"]
    assert "alert" not in answer["query"]["text"]
    assert answer["suggestions"][0]["article"]["id"] == "KB-3"


def test_an_empty_ticket_is_refused(run: Run) -> None:
    run("index")

    assert run("suggest", text="  \n").exit_code == 4


def test_a_mail_with_a_lying_charset_is_read() -> None:
    raw = b"Subject: x\r\nContent-Type: text/plain; charset=klingon\r\n\r\nFehler 809\r\n"

    assert "809" in parse_mail(raw).body


def _tickets(tmp_path: Path) -> Path:
    lines = [
        {"id": "1", "body": "error 809 vpn", "language": "en", "relevant": ["vpn/error-809.md"]},
        {"id": "2", "body": "Drucker druckt nicht", "relevant": ["printing/queue.md"]},
        {"id": "3", "subject": "bicycle", "body": "where is the bicycle", "relevant": []},
    ]
    path = tmp_path / "tickets.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_evaluate_gives_every_figure(run: Run, settings: Settings, tmp_path: Path) -> None:
    arguments = ("--articles", settings.articles, "--tickets", _tickets(tmp_path), "--json")
    summary = json.loads(run("evaluate", *arguments).stdout)

    assert summary["tickets"] == 3
    assert summary["answerable"] == 2
    assert summary["mrr_at_10"] == summary["hit_at_1"] == 1.0
    assert {"p50", "p95"} == set(summary["latency_ms"])
    assert set(summary["languages"]) == {"en", "und"}
    for key in (
        "articles chunks hit_at_5 hit_at_10 ndcg_at_10 abstention_auc strong_precision"
        " strong_coverage false_strong_rate index_seconds embed_seconds"
    ).split():
        assert key in summary


def test_evaluate_leaves_the_served_index_alone(
    run: Run, settings: Settings, tmp_path: Path, build: Callable[..., ReindexResult]
) -> None:
    run("evaluate", "--articles", settings.articles, "--tickets", _tickets(tmp_path))

    assert not settings.index_dir.exists()


def test_evaluate_fails_below_a_limit(run: Run, settings: Settings, tmp_path: Path) -> None:
    base = ("evaluate", "--articles", settings.articles, "--tickets", _tickets(tmp_path))

    assert run(*base, "--fail-below", "mrr_at_10=0.9").exit_code == 0
    assert run(*base, "--fail-below", "mrr_at_10=1.1").exit_code == 1
    assert run(*base, "--fail-below", "nonsense").exit_code == 4


def test_evaluate_compares_a_setting(run: Run, settings: Settings, tmp_path: Path) -> None:
    arguments = ("--articles", settings.articles, "--tickets", _tickets(tmp_path))
    result = run("evaluate", *arguments, "--compare", "exact_limit=1000,2000", "--json")

    assert set(json.loads(result.stdout)) == {"exact_limit=1000", "exact_limit=2000"}


def test_a_broken_ticket_line_is_named(run: Run, settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text('{"id": "1"}\n{"id": 2', encoding="utf-8")
    result = run("evaluate", "--articles", settings.articles, "--tickets", path)

    assert result.exit_code == 4
    assert "line 2" in result.stderr


def test_lint_fails_for_errors_only(run: Run, settings: Settings) -> None:
    assert run("lint").exit_code == 0
    write_article(settings.articles, "broken.md", "title: [unclosed", "Text.\n")
    result = run("lint", "--format", "github")

    assert result.exit_code == 1
    assert "::error file=" in result.stdout


def test_doctor_finds_a_missing_index_and_then_a_healthy_one(run: Run) -> None:
    sick = run("doctor", "--json")
    run("index")
    healthy = run("doctor", "--json")

    assert sick.exit_code == 1
    assert healthy.exit_code == 0
    states = {f["name"]: f["state"] for f in json.loads(healthy.stdout)["findings"]}
    assert {states[name] for name in ("index", "model", "database", "cache")} == {"ok"}


def test_doctor_finds_an_outdated_and_an_unreachable_database(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def state() -> str:
        findings = json.loads(run("doctor", "--json").stdout)["findings"]
        return str(next(f["state"] for f in findings if f["name"] == "database"))

    settings.var.mkdir()
    settings.database_file.touch()
    outdated = state()
    monkeypatch.setenv("KB_ASSIST_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

    assert (outdated, state()) == ("warning", "fault")


def test_serve_names_a_taken_port(run: Run) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("serve", "--port", taken.getsockname()[1])

    assert result.exit_code == 4
    assert "KB_ASSIST_PORT" in result.stderr


def test_a_file_where_the_folder_should_be_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "var").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("KB_ASSIST_VAR", str(tmp_path / "var"))
    result = CliRunner().invoke(cli, ["users", "list"])

    assert result.exit_code == 1
    assert str(tmp_path / "var") in result.stderr
    assert "A file is in the way" in result.stderr
    assert (tmp_path / "var").read_text(encoding="utf-8") == "not a folder"
