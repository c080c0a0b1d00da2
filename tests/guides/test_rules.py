"""Every rule finds the fault it is for: one small change to a clean guide each."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kb_assist.articles.model import Problem, Severity
from kb_assist.guides.check import Surroundings, check, publishable
from kb_assist.guides.library import GuideFolder, load_folder
from kb_assist.guides.rules import ERRORS_FOR_RELEASE, RULES, WARNINGS
from kb_assist.translations import in_language

SAMPLE = Path(__file__).parent / "sample"
BEFORE = load_folder(SAMPLE)
TODAY = date(2026, 11, 2)
ARTICLES = frozenset({"KB-1004"})
V, H, D = "vpn_connect.md", "home_network.md", "vpn_connect.de.md"
VC = "vpn_connect.cases.yml"

# Rule, file, text to replace, replacement.
MUTANTS: list[tuple[str, str, str, str]] = [
    ("G001", V, "---\nguide: vpn_connect", "guide: vpn_connect"),
    ("G001", V, "translations: [de]", "translations: [de"),
    ("G002", V, "owner: team-network", "ovner: team-network"),
    ("G002", V, "version: 4", "version: four"),
    ("G002", V, "version: 4\n", ""),
    ("G003", V, "guide: vpn_connect", "guide: vpn_connection"),
    ("G003", D, "lang: de", "lang: fr"),
    ("G101", V, "## retry", "## Try again"),
    ("G101", V, "## retry", "## retry__it"),
    ("G102", V, "## done", "## retry"),
    ("G103", V, "## retry", "### retry"),
    ("G103", V, "## retry", "# retry\n\n## retry"),
    ("G104", V, "`ask: date`", "please `ask: date`"),
    ("G105", V, "Run `certmgr.msc`", "Run <b>certmgr.msc</b> `certmgr.msc`"),
    ("G105", V, "Run `certmgr.msc`", "<script>alert(1)</script>\n\nRun `certmgr.msc`"),
    ("G105", V, '- `cert` A message', "- `cert` A <i>message</i>"),
    ("G105", D, "Meldung vorlesen", "<u>Meldung</u> vorlesen"),
    ("G106", V, "- otherwise → [latency](#latency)", "- else → [latency](#latency)"),
    ("G106", V, "- `no` → [basics](#basics)", "- `no` → basics"),
    ("G106", V, "- `no` → [basics](#basics)", "- `no` → [basics](#basics)\n\nOne more thing."),
    ("G107", V, "**Does the VPN connect now?**", "Does the VPN connect now?"),
    ("G107", V, "**Does the VPN connect now?**\n", ""),
    ("G108", V, "`ask: date`", "`ask: [date`"),
    ("G108", V, "min: 0", "min: none"),
    ("G108", V, "`ask: date`", "`optional: true, ask: date`"),
    ("G109", V, "`ask: date`", "`ask: date, do: agent`"),
    ("G109", V, "- if `cert_expiry < today`", "- `yes` Yes\n- if `cert_expiry < today`"),
    ("G110", V, "**Until which date is the VPN certificate valid?**", "** **"),
    ("G110", V, " `ask: date`", ""),
    ("G110", V, "# VPN does not connect\n", ""),
    ("G112", V, "[KB-1004](kb:KB-1004)", "[run](javascript:alert%281%29) [x](ms-msdt:/id)"),
    ("G112", V, "[KB-1004](kb:KB-1004)", "[file](file:///etc/passwd)"),
    ("G112", V, "[KB-1004](kb:KB-1004)", "![x](https://tracker.example/x.png)"),
    ("G201", V, "`ask: date`", "`ask: day`"),
    ("G201", V, "`do: agent, minutes: 5`", "`do: robot, minutes: 5`"),
    ("G201", V, "`end: resolved`", "`end: solved`"),
    ("G202", V, "`ask: date`", "`ask: date, unit: days`"),
    ("G202", V, "`ask: date`", "`ask: date, colour: red`"),
    ("G203", V, "**Expected:** a new certificate", "Expect a new certificate"),
    ("G204", V, "- `failed` → [esc_pki](#esc_pki)\n", ""),
    ("G204", V, "- `failed` → [esc_pki]",
     "- `maybe` Perhaps → [done](#done)\n- `failed` → [esc_pki]"),
    ("G205", V, "- `no` → [error_shown](#error_shown)\n", ""),
    ("G206", V, "- `other` Something else →", "- `other` →"),
    ("G207", V, "to: L2, queue: network", "to: L2"),
    ("G207", V, "`end: article, kb: KB-1004`", "`end: article`"),
    ("G208", V, "repeat: 2, exhausted: esc_network", "repeat: 2"),
    ("G209", V, "`ask: choice, repeat", "`ask: multi, repeat"),
    ("G210", V, "- `other` Something else", "- `login` Something else"),
    ("G211", V, "`ask: date`", "`ask: date, before: tomorrow`"),
    ("G211", V, "prefill: ctx.asset", "prefill: asset"),
    ("G211", V, "min: 0, max: 5000", "min: 5001, max: 5000"),
    ("G211", V, "`ask: asset, prefill: ctx.asset`", "`ask: text, pattern: '[A-Z'`"),
    ("G211", V, "`ask: asset, prefill: ctx.asset`", "`ask: text, pattern: 'N+', example: PC`"),
    ("G301", V, "- next → [retry](#retry)", "- next → [retry](#again)"),
    ("G301", V, "exhausted: esc_network", "exhausted: nowhere"),
    ("G302", V, "- next → [retry](#retry)\n", ""),
    ("G302", V, "- `cert` A message about a certificate → [cert_expiry](#cert_expiry)",
     "- `cert` A message"),
    ("G302", V, "`ask: choice, repeat", "`ask: choice, optional: true, repeat"),
    ("G303", V, "- otherwise → [screenshot](#screenshot)\n", ""),
    ("G303", V, "- if `latency >= 300`", "- otherwise → [retry](#retry)\n- if `latency >= 300`"),
    ("G304", V, "`end: resolved`", "`end: resolved`\n\n- next → [retry](#retry)"),
    ("G305", V, "- `cert` A message about a certificate → [cert_expiry](#cert_expiry)\n", ""),
    ("G306", V, "- `yes` → [done](#done)\n- `no` → [error_shown](#error_shown)",
     "- `yes` → [retry](#retry)\n- `no` → [retry](#retry)"),
    ("G307", V, ", repeat: 2, exhausted: esc_network", ""),
    ("G307", V, "exhausted: esc_network", "exhausted: retry"),
    ("G401", V, "`cert_expiry < today`", "`cert_expiry is today`"),
    ("G401", V, "`cert_expiry < today`", "`__import__(\"os\")`"),
    ("G402", V, "`cert_expiry < today`", "`expiry < today`"),
    ("G402", V, "prefill: ctx.asset", "prefill: ctx.phone"),
    ("G402", V, "for {{device}}", "for {{devices}}"),
    ("G403", V, "- if `latency >= 300`", "- if `renew_cert == \"ok\"`"),
    ("G404", V, "for {{device}}", "for {{cert_expiry}}"),
    ("G404", V, "Use this when", "For {{device}}: use this when"),
    ("G405", V, "- if `latency >= 150 and", "- if `latency >= 400 and"),
    ("G405", V, "- if `latency >= 300`", "- if `latency >= 6000`"),
    ("G406", V, "`latency >= 300`", "`latency >= \"300\"`"),
    ("G406", V, "`latency >= 300`", "`latency >= today`"),
    ("G406", V, 'error_shown == "timeout"', 'error_shown > "timeout"'),
    ("G407", V, 'error_shown == "timeout"', 'error_shown == "timeouts"'),
    ("G501", V, "dossier: [device, internet]", "dossier: [device, latency]"),
    ("G502", V, "dossier: [device, internet]", "dossier: [device, internets]"),
    ("G503", H, "exports: [link]", "exports: [links]"),
    ("G601", V, "call: home_network", "call: home_net"),
    ("G602", V, "- `escalate` → [esc_network](#esc_network)\n", ""),
    ("G603", H, "**The internet works again** `end: resolved`",
     "**VPN** `call: vpn_connect`\n\n- otherwise → [provider](#provider)"),
    ("G604", V, "- `escalate` → [esc", "- `closed` → [retry](#retry)\n- `escalate` → [esc"),
    ("G605", H, "audience: [agent, customer]", "audience: [agent]"),
    ("G606", V, "[KB-1004](kb:KB-1004)", "[KB-1](kb:1)"),
    ("G606", V, "kb: KB-1004`", "kb: 4711`"),
    ("G606", D, "[KB-1004](kb:KB-1004)", "[KB-1](kb:KB-1)"),
    ("G701", V, "translations: [de]", "translations: [de, fr]"),
    ("G702", D, "## done", "## done_now"),
    ("G702", D, "# VPN verbindet nicht\n", ""),
    ("G703", V, "**Does the VPN connect now?**", "**Does the VPN connect by now?**"),
    ("G704", D, "- `other` Etwas anderes\n", ""),
    ("G705", D, "für {{device}}", "für das Gerät"),
    ("G706", D, "**Expected:** Binnen einer Minute erscheint", "Binnen einer Minute erscheint"),
    ("G707", D, "**Verbindet das VPN jetzt?**", "**Verbindet das VPN jetzt?** `ask: yesno`"),
    ("G707", D, "- `other` Etwas anderes", "- `other` Etwas anderes → [retry](#retry)"),
    ("G708", D, "## done", "## finished\n\n**Fertig**\n\n## done"),
    ("G709", V, "translations: [de]", "translations: []"),
    ("G710", D, "> **Agent:** Meldung", "Meldung"),
    ("G801", V, "dossier: [device, internet]", "dossier: [device]"),
    ("G803", V, "**Does the VPN connect now?**", "**Did somebody replace hardware?**"),
    ("G804", V, "review_by: 2027-03-31", "review_by: 2026-10-01"),
    ("G901", VC, "basics/link: cable, basics/router: failed}\n  ends: esc_network",
     "basics/link: wifi, basics/router: ok, retry: yes}\n  ends: done"),
    ("G902", VC, "error_shown: timeout, latency: 149",
     "error_shown: login, password_changed: no, latency: 151"),
    ("G904", VC, "ends: esc_pki", "ends: esc_network"),
    ("G904", VC, "renew_cert: failed}", "renew_cert: failed, retry: yes}"),
    ("G904", VC, "renew_cert: failed}", "}"),
    ("G904", VC, "renew_cert: failed}", "renew_cert: perhaps}"),
    ("G904", VC, "renew_cert: failed}", "renew_cart: failed}"),
    ("G905", VC, "ends: esc_pki", "end: esc_pki"),
    ("G905", VC, "- case: renewal fails", "- case: [renewal fails"),
]  # fmt: skip


def found(
    folder: Path, *, before: GuideFolder | None = None, release: bool = False
) -> list[Problem]:
    return check(load_folder(folder), Surroundings(TODAY, ARTICLES, before, release=release))


def mutate(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    content = path.read_text(encoding="utf-8")
    assert old in content, old
    path.write_text(content.replace(old, new, 1), encoding="utf-8")


def test_the_sample_is_clean(folder: Path) -> None:
    assert found(folder) == []


@pytest.mark.parametrize(("rule", "name", "old", "new"), MUTANTS)
def test_a_fault_is_reported_under_its_rule_and_in_german(
    folder: Path, rule: str, name: str, old: str, new: str
) -> None:
    mutate(folder, name, old, new)
    problems = found(folder, before=BEFORE)

    assert rule in {problem.rule for problem in problems}, problems
    for problem in problems:
        assert problem.line >= 1
        assert problem.path.startswith(("vpn_connect", "home_network"))
        assert in_language(problem.message, "de") != problem.message


def test_the_reason_within_a_fault_is_translated_with_it(folder: Path) -> None:
    mutate(folder, V, "version: 4", "version: 0")
    told = {in_language(problem.message, "de") for problem in found(folder)}

    assert told == {"Angabe „version“: ist kleiner als 1"}


def test_every_rule_of_the_catalogue_has_a_mutant_or_a_test_of_its_own() -> None:
    assert set(RULES) - {rule for rule, *_ in MUTANTS} == {"G802", "G903"}


def test_a_fault_is_reported_once_and_hides_what_follows_from_it(folder: Path) -> None:
    mutate(folder, V, "## retry", "## Try again")

    assert [problem.rule for problem in found(folder)] == ["G101"]


def test_the_line_is_that_of_the_fault(folder: Path) -> None:
    mutate(folder, V, "`cert_expiry < today`", "`expiry < today`")
    lines = (folder / V).read_text(encoding="utf-8").split("\n")
    problem = found(folder)[0]

    assert "expiry < today" in lines[problem.line - 1]


def test_a_fault_in_a_called_guide_is_not_reported_at_its_callers(folder: Path) -> None:
    mutate(folder, H, "- `mobile` Mobile phone → [provider](#provider)", "- `mobile` Phone")

    assert {problem.path for problem in found(folder)} == {H}


def test_stale_translations_are_warnings_until_a_release(folder: Path) -> None:
    mutate(folder, V, "**Does the VPN connect now?**", "**Does the VPN connect by now?**")

    assert [p.severity for p in found(folder)] == [Severity.WARNING]
    assert [p.severity for p in found(folder, release=True)] == [Severity.ERROR]
    assert WARNINGS >= ERRORS_FOR_RELEASE


def test_a_removed_step_matters_when_sessions_stand_on_it(folder: Path) -> None:
    for name in (V, D):
        mutate(folder, name, "## slow_article", "## slow")
    mutate(folder, V, "[slow_article](#slow_article)", "[slow](#slow)")
    mutate(folder, V, "version: 4", "version: 5")
    content = (folder / VC).read_text(encoding="utf-8").replace("slow_article", "slow")
    (folder / VC).write_text(content, encoding="utf-8")
    standing = {("vpn_connect", "slow_article"): 2}
    surroundings = Surroundings(TODAY, before=BEFORE, standing=standing)
    problems = check(load_folder(folder), surroundings)

    assert [problem.rule for problem in problems] == ["G802"]
    assert "2 open sessions" in problems[0].message


def test_a_path_of_more_than_25_steps_is_reported(tmp_path: Path) -> None:
    steps = "".join(
        f"## s{n}\n\n**Q{n}?**\n\n- `yes` → [s{n + 1}](#s{n + 1})\n- `no` → [e](#e)\n\n"
        for n in range(26)
    )
    head = "---\nguide: long\nversion: 1\nlang: en\nowner: me\n---\n# Long\n\n"
    end = "## s26\n\n**Done** `end: resolved`\n\n## e\n\n**Out** `end: closed`\n"
    (tmp_path / "long.md").write_text(head + steps + end, encoding="utf-8")
    answers = [{f"s{n}": "yes" for n in range(26)}]
    answers += [{**{f"s{k}": "yes" for k in range(n)}, f"s{n}": "no"} for n in range(26)]
    cases = "".join(
        f"- case: c{n}\n  today: 2026-01-01\n  answers: {each}\n"
        f"  ends: {'e' if 'no' in each.values() else 's26'}\n"
        for n, each in enumerate(answers)
    )
    (tmp_path / "long.cases.yml").write_text(cases, encoding="utf-8")

    assert {problem.rule for problem in found(tmp_path)} == {"G903"}


def test_files_without_a_guide_are_reported(folder: Path) -> None:
    (folder / V).unlink()
    problems = found(folder)

    assert {(problem.path, problem.rule) for problem in problems} == {(D, "G003"), (VC, "G003")}


def test_a_file_that_is_not_text_is_reported(folder: Path) -> None:
    (folder / "odd.md").write_bytes(b"\xff\xfe\x00")

    assert [(p.path, p.rule) for p in found(folder)] == [("odd.md", "G001")]


def test_one_pass_finds_faults_in_several_guides(folder: Path) -> None:
    mutate(folder, D, "## done", "## done_now")
    mutate(folder, H, "**Expected:** ", "")

    assert {problem.path for problem in found(folder)} == {H}

    (folder / H).write_text((SAMPLE / H).read_text(encoding="utf-8"), encoding="utf-8")
    mutate(folder, H, "translations: [de]", "translations: [de, fr]")
    assert {problem.path for problem in found(folder)} == {D, H}


def test_a_guide_is_published_unless_its_structure_or_that_of_a_called_guide_is_broken(
    folder: Path,
) -> None:
    loaded = load_folder(folder)
    assert set(publishable(loaded, found(folder))) == {"vpn_connect", "home_network"}

    mutate(folder, D, "## done", "## done_now")
    loaded = load_folder(folder)
    assert set(publishable(loaded, found(folder))) == {"vpn_connect", "home_network"}

    mutate(folder, H, "**Expected:** ", "")
    loaded = load_folder(folder)
    assert publishable(loaded, found(folder)) == {}

    (folder / H).unlink()
    loaded = load_folder(folder)
    assert publishable(loaded, found(folder)) == {}


def test_a_translation_that_would_show_customers_what_is_for_agents_is_left_out(
    folder: Path,
) -> None:
    mutate(folder, D, "> **Agent:** Meldung", "Meldung")
    published = publishable(load_folder(folder), found(folder))

    assert set(published["vpn_connect"].texts) == {"en"}
    assert set(published["home_network"].texts) == {"en", "de"}


def test_rules_may_branch_on_how_a_called_guide_ended(folder: Path) -> None:
    options = "- `resolved` → [retry](#retry)\n- `escalate` → [esc_network](#esc_network)"
    rules = (
        '- if `basics == "resolved"` → [retry](#retry)\n- otherwise → [esc_network](#esc_network)'
    )
    mutate(folder, V, options, rules)
    assert found(folder) == []

    mutate(folder, V, 'basics == "resolved"', 'basics == "solved"')
    assert [problem.rule for problem in found(folder)] == ["G407"]


def test_aliases_in_a_front_matter_cannot_nest_without_end(folder: Path) -> None:
    mutate(folder, V, "suggest: {", "extra: &a {b: *a}\nsuggest: {")

    assert [problem.rule for problem in found(folder)] == ["G001"]
