"""``kb-assist guides``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kb_assist.cli import guides, guides_play
from kb_assist.cli.main import cli
from tests.fakes import FrozenClock

SAMPLE = Path(__file__).parents[1] / "guides" / "sample"
Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "sample"))


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the sample, on a day before anything is due for review."""
    for module in (guides, guides_play):
        monkeypatch.setattr(module, "SystemClock", FrozenClock)

    def invoke(command: str, *arguments: object, text: str | None = None) -> Result:
        given = ["guides", command, "--guides", str(folder), *map(str, arguments)]
        return CliRunner().invoke(cli, given, input=text)

    return invoke


def spoil(folder: Path, old: str, new: str, name: str = "vpn_connect.md") -> None:
    path = folder / name
    content = path.read_text(encoding="utf-8")
    assert old in content
    path.write_text(content.replace(old, new), encoding="utf-8")


def test_check_is_quiet_about_clean_guides(run: Run) -> None:
    result = run("check")

    assert result.exit_code == 0
    assert "No problems found" in result.stdout


def test_check_names_file_line_and_rule_and_fails(run: Run, folder: Path) -> None:
    spoil(folder, "cert_expiry < today", "expiry < today")
    text = run("check")
    as_json = json.loads(run("check", "--json").stdout)

    assert text.exit_code == 1
    assert "vpn_connect.md:" in text.stdout
    assert "G402" in text.stdout
    assert as_json["problems"][0]["rule"] == "G402"
    assert (
        f"::error file={folder.as_posix()}/vpn_connect.md"
        in run("check", "--format", "github").stdout
    )


def test_words_for_an_option_are_explained(run: Run, folder: Path) -> None:
    spoil(folder, "- `no` → [basics](#basics)", "- `not at all` → [basics](#basics)")

    assert "an option is an id without spaces" in run("check").stdout


def test_check_against_a_release_asks_for_a_new_version(run: Run, folder: Path) -> None:
    spoil(folder, "dossier: [device, internet]", "dossier: [device]")

    assert run("check").exit_code == 0
    assert "G801" in run("check", "--against", SAMPLE).stdout


def test_check_counts_open_sessions_on_a_removed_step(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guides, "_standing", lambda: {("vpn_connect", "reboot"): 3})
    path = Path(shutil.copytree(SAMPLE, folder.parent / "before"))
    extra = "\n## reboot\n\n**Was it restarted?**\n\n- `yes` → [retry](#retry)\n"
    spoil(path, "\n## relogin\n", extra + "- `no` → [retry](#retry)\n\n## relogin\n")

    assert "G802" not in run("check", "--against", path).stdout
    assert "3 open sessions" in run("check", "--against", path, "--sessions").stdout


def test_check_of_a_release_refuses_stale_translations(run: Run, folder: Path) -> None:
    spoil(folder, "Does the VPN connect now?", "Does the VPN connect by now?")

    assert run("check").exit_code == 0
    assert run("check", "--release").exit_code == 1


def test_a_missing_folder_is_named_with_what_to_do() -> None:
    result = CliRunner().invoke(cli, ["guides", "check", "--guides", "absent"])

    assert result.exit_code == 4
    assert "guides new" in result.stderr


def test_cover_counts_and_names_what_is_missing(run: Run, folder: Path) -> None:
    assert run("cover").exit_code == 0
    failed = "renew_cert: failed}\n  ends: esc_pki"
    worked = "renew_cert: ok, retry: yes}\n  ends: done"
    spoil(folder, failed, worked, "vpn_connect.cases.yml")
    text, as_json = run("cover", "vpn_connect"), run("cover", "--json")

    assert text.exit_code == 1
    assert "missing: renew_cert → esc_pki (failed)" in text.stdout
    covered = json.loads(as_json.stdout)["guides"]
    assert not covered["vpn_connect"]["complete"]
    assert covered["home_network"]["branches"] == {"met": 5, "of": 5}


def test_proposed_cases_complete_the_coverage(run: Run, folder: Path) -> None:
    (folder / "vpn_connect.cases.yml").unlink()
    proposed = run("cover", "vpn_connect", "--propose").stdout
    (folder / "vpn_connect.cases.yml").write_text(proposed, encoding="utf-8")

    assert run("cover", "vpn_connect").exit_code == 0
    assert run("check").exit_code == 0


@pytest.mark.parametrize("lang", ["de", "en"])
def test_a_new_guide_is_clean_and_never_overwritten(run: Run, folder: Path, lang: str) -> None:
    created = run("new", "scanner_dark", "--lang", lang, "--title", "Scanner is: dark")

    assert created.exit_code == 0
    assert run("check").exit_code == 0
    assert run("cover", "scanner_dark").exit_code == 0
    assert run("fmt", "--check").exit_code == 0
    assert run("new", "scanner_dark").exit_code == 4


def test_fmt_changes_layout_and_check_only_reports(run: Run, folder: Path) -> None:
    spoil(folder, " → [retry](#retry)", " -> [again](#retry)")
    reported = run("fmt", "--check")
    run("fmt")

    assert reported.exit_code == 1
    assert "vpn_connect.md would be changed" in reported.stdout
    assert (folder / "vpn_connect.md").read_text() == (SAMPLE / "vpn_connect.md").read_text()


def test_sync_keeps_stale_hashes_until_somebody_accepts(run: Run, folder: Path) -> None:
    spoil(folder, "Does the VPN connect now?", "Does the VPN connect by now?")
    run("sync")
    assert "G703" in run("check").stdout
    run("sync", "vpn_connect", "--accept", "retry")

    assert "No problems found" in run("check").stdout


def test_sync_adds_new_steps_to_be_translated_and_drops_old_ones(run: Run, folder: Path) -> None:
    spoil(folder, "## done", "## solved")
    spoil(folder, "[done](#done)", "[solved](#solved)")
    result = run("sync", "vpn_connect")
    overlay = (folder / "vpn_connect.de.md").read_text(encoding="utf-8")

    assert "to translate: solved" in result.stdout
    assert "dropped: done" in result.stdout
    assert "**The VPN works again**" in overlay
    assert "src:00000000" in overlay


def test_sync_begins_a_translation(run: Run, folder: Path) -> None:
    (folder / "vpn_connect.de.md").unlink()
    run("sync", "vpn_connect", "--lang", "de")
    problems = json.loads(run("check", "--json").stdout)["problems"]

    assert {problem["rule"] for problem in problems} == {"G703"}


def test_graph_prints_mermaid_and_draws(run: Run) -> None:
    picture = run("graph", "vpn_connect", "--svg", "--lang", "de").stdout

    assert run("graph", "vpn_connect").stdout.startswith("flowchart TD\n")
    assert picture.startswith("<svg")
    assert "Verbindet das VPN jetzt?" in picture
    assert run("graph", "absent").exit_code == 1


def test_graph_marks_what_changed(run: Run, folder: Path) -> None:
    unchanged = run("graph", "vpn_connect", "--against", SAMPLE).stdout
    spoil(folder, "latency >= 300", "latency >= 400")
    spoil(folder, "Does the VPN connect now?", "Does the VPN connect by now?")
    changed = run("graph", "vpn_connect", "--against", SAMPLE).stdout

    assert "<br/>" not in unchanged
    assert changed.count("<br/>changed") == 1
    assert changed.count("<br/>reworded") == 1


def test_play_walks_to_an_outcome_and_prints_the_note(run: Run) -> None:
    given = "\n1\n2\nnonsense\n04.05.2099\n400\n"
    arguments = ("vpn_connect", "--lang", "de", "--context", "asset=NB-7")
    result = run("play", *arguments, text=given)

    assert result.exit_code == 0
    assert "[NB-7]" in result.stdout
    assert "? not a date" in result.stdout
    assert "An das Netzwerk-Team übergeben" in result.stdout
    assert "| 400 ms |" in result.stdout


def test_play_goes_back_and_changes_an_answer(run: Run) -> None:
    result = run("play", "home_network", text="1\n<\n3\n")

    assert result.exit_code == 0
    assert "| Mobile phone |" in result.stdout


@pytest.mark.parametrize("command", ["cover", "graph", "play"])
def test_a_broken_guide_is_named_instead_of_run(run: Run, folder: Path, command: str) -> None:
    spoil(folder, "[basics](#basics)", "[nowhere](#nowhere)")
    result = run(command, "vpn_connect")

    assert result.exit_code == 4
    assert "guides check" in result.stderr
