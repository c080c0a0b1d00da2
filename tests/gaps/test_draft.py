"""Articles drafted from a gap's tickets: what they say, what they never say, when they refuse."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kb_assist.articles.library import load_library
from kb_assist.articles.model import Audience, Confidence
from kb_assist.articles.plain import plain_text
from kb_assist.errors import InputError
from kb_assist.gaps.draft import Draft, Material, TooThin, compose, slug_of
from kb_assist.gaps.mask import Known, masked
from kb_assist.gaps.model import Stocked
from kb_assist.gaps.roles import Role, roles
from kb_assist.gaps.save import Saved, Taken, Target, save
from tests.factories import write_article

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
SOLVED = (
    "Cause: the dock firmware was two versions behind. Reproduced with three manual sleeps. "
    "Installed the current dock firmware and took the power off for 30 s. "
    "Verified with ten sleep cycles, both screens came back."
)
GELOEST = (
    "Ursache: Firmware der Dockingstation veraltet, Bild kommt nach Standby nicht wieder. "
    "Dock-Firmware mit dem Werkzeug des Herstellers aktualisiert. "
    "Überprüft: fünfmal Standby und Aufwecken, beide Monitore da."
)


def _ticket(number: int, resolution: str, language: str = "en") -> Stocked:
    return Stocked(
        id=number,
        subject="Screens stay dark" if language == "en" else "Monitore bleiben dunkel",
        question="Screens stay dark after standby.",
        resolution=resolution,
        language=language,
        product="",
        created_at=NOW,
        escalated=False,
        hours=2.0,
    )


MATERIAL = Material(
    "Screens stay dark on the dock",
    (_ticket(1, SOLVED), _ticket(2, SOLVED), _ticket(3, GELOEST, "de")),
    ("Windows",),
    "Dock",
    "team-client",
)


def _draft(material: Material = MATERIAL, answers: dict[Role, str] | None = None) -> Draft:
    made = compose(material, answers or {})
    assert isinstance(made, Draft)
    return made


def test_every_sentence_of_a_resolution_finds_its_role() -> None:
    assert {role: len(said) for role, said in roles(SOLVED).items()} == dict.fromkeys(Role, 1)
    assert roles(GELOEST)[Role.FIX] == [
        "Dock-Firmware mit dem Werkzeug des Herstellers aktualisiert."
    ]


def test_numbered_lines_are_the_fix() -> None:
    told = roles("1. Open the settings of the panel.\n2. Choose the room account once more.")

    assert len(told[Role.FIX]) == 2


def test_a_short_remark_teaches_nothing() -> None:
    assert roles("Rebooted, works again.") == {}
    assert roles("Fix: rebooted.") == {}


def test_a_short_sentence_counts_when_its_author_names_the_role() -> None:
    told = roles("Ursache: Ausweisnummer fehlte. Danach geht es.")

    assert told == {Role.CAUSE: ["Ausweisnummer fehlte."]}


def test_a_draft_is_an_article_that_only_second_level_sees(tmp_path: Path) -> None:
    made = _draft()
    save(made, tmp_path, Target.FILE, NOW)
    (article,) = load_library(tmp_path).articles

    assert (article.id, article.language) == (made.article_id, "en")
    assert (article.confidence, article.audience) == (Confidence.WIP, Audience.L2)
    assert "Installed the current dock firmware" in plain_text(article.body)


def test_what_is_said_twice_is_written_once_with_its_evidence() -> None:
    text = _draft().text

    assert text.count("\n- Installed the current dock firmware") == 1
    assert "told by 3 of 3 solved tickets" in text


def test_the_language_of_the_majority_is_written_and_the_other_is_evidence() -> None:
    made = _draft(
        replace(MATERIAL, tickets=(_ticket(1, SOLVED), *(_ticket(2, GELOEST, "de"),) * 2))
    )

    assert "## Ursache" in made.text
    assert "Installed" not in plain_text(made.text.split("---\n")[2])
    assert "Installed" in made.text


def test_thin_tickets_are_refused_with_the_questions_that_are_missing() -> None:
    thin = replace(MATERIAL, tickets=(_ticket(1, "Rebooted, works again."), _ticket(2, "")))
    refused = compose(thin, {})

    assert isinstance(refused, TooThin)
    assert list(refused.questions) == list(Role)


def test_answers_count_like_what_tickets_tell() -> None:
    thin = replace(MATERIAL, tickets=(_ticket(1, ""),))
    one = compose(thin, {Role.CAUSE: "Old firmware."})
    made = _draft(thin, {Role.CAUSE: "Old firmware.", Role.FIX: "1. Update it."})

    assert isinstance(one, TooThin)
    assert Role.CAUSE not in one.questions
    assert made.missing == (Role.DIAGNOSED, Role.VERIFIED)
    assert "Missing: How can somebody check" in made.text


def test_a_ticket_cannot_end_a_comment_or_write_html() -> None:
    evil = "Cause: the <script>x</script> --> setting was missing on every client."
    foreign = (_ticket(1, SOLVED), _ticket(2, SOLVED), _ticket(3, evil, "de"))
    own = (_ticket(1, evil), _ticket(2, SOLVED))
    in_comment = _draft(replace(MATERIAL, tickets=foreign)).text
    in_text = _draft(replace(MATERIAL, tickets=own)).text

    assert "<script" not in in_text
    assert "setting was missing" in plain_text(in_text)
    assert "setting was missing" in in_comment
    assert "setting was missing" not in plain_text(in_comment)


@pytest.mark.parametrize(
    "secret",
    [
        "PC-1190",
        "SRV-LIC01",
        "SCN-012",
        "AP-H4-02",
        "nb0377",
        "10.1.2.3",
        "mail.nordwind.example",
        "m.muster@nordwind.example",
        "Muster",
        "Nordwind",
        "T-4711",
        "INC0012345",
        r"\\files\sales",
        "https://wiki.nordwind.example/x",
    ],
)
def test_nothing_of_one_firm_or_person_is_in_a_draft(secret: str) -> None:
    known = Known(("Mina Muster",), ("Nordwind",), frozenset({"nb0377"}))

    assert secret.casefold() not in masked(f"It was {secret} that failed.", known).casefold()


@pytest.mark.parametrize(
    "fact", ["0x80070002", "KB5034441", "5.2.2", "UTF-8", "WPA-2", "ORA-12541", "-70 dBm"]
)
def test_what_an_article_is_about_stays(fact: str) -> None:
    assert fact in masked(f"It failed with {fact} again.", Known())


def test_a_name_for_files_is_plain() -> None:
    assert slug_of("Türschild „Elbe“ zeigt [device] falsch!") == "tuerschild-elbe-zeigt-falsch"


def test_a_draft_overwrites_nothing(tmp_path: Path) -> None:
    made = _draft()
    write_article(tmp_path, made.path, "title: Mine", "Text\n")

    assert save(made, tmp_path, Target.AUTO, NOW) == Taken(made.path)
    assert "Mine" in (tmp_path / made.path).read_text()


def test_a_branch_needs_a_repository(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no git repository"):
        save(_draft(), tmp_path, Target.BRANCH, NOW)


def _git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    done = subprocess.run(
        ["git", *who, "-C", str(folder), *arguments], capture_output=True, check=True, text=True
    )
    return done.stdout.strip()


def test_in_a_repository_a_draft_is_a_branch_and_the_checkout_is_untouched(tmp_path: Path) -> None:
    articles = tmp_path / "kb"
    write_article(articles, "a/b.md", "title: B", "Text\n")
    _git(tmp_path, "init", "-q", "-b", "main")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "First")
    (articles / "a/b.md").write_text("half written")
    made = _draft()
    before = _git(tmp_path, "status", "--porcelain")
    saved = save(made, articles, Target.AUTO, NOW)

    assert saved == Saved(Target.BRANCH, made.path, f"gap/{made.slug}")
    assert _git(tmp_path, "status", "--porcelain") == before
    assert _git(tmp_path, "show", f"gap/{made.slug}:kb/{made.path}") == made.text.strip()
    assert _git(tmp_path, "rev-parse", f"gap/{made.slug}^") == _git(tmp_path, "rev-parse", "HEAD")
    assert save(made, articles, Target.AUTO, NOW) == Taken(f"gap/{made.slug}")
