"""Lint rules: what each finds, where, and what it leaves alone; and the three reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from kb_assist.articles.library import Library, load_library
from kb_assist.articles.lint import lasting_problems, lint
from kb_assist.articles.lint_report import format_github, format_json, format_text
from kb_assist.articles.lint_source import LintSource
from kb_assist.articles.model import Problem, Severity

Load = Callable[[], Library]
Write = Callable[..., Path]
Found = list[tuple[str, int, str]]

TODAY = date(2026, 11, 24)
# The header of the fixture has five lines, so this is where a body begins.
BODY = 6
SECTIONS = "## Issue\n\nIt fails.\n\n## Cause\n\nOld.\n\n## Resolution\n\nReplace it.\n"
ABSCHNITTE = "## Problem\n\nGeht nicht.\n\n## Ursache\n\nAlt.\n\n## Lösung\n\nTauschen.\n"
DEMO = Path(__file__).parents[2] / "articles"


def found(library: Library) -> Found:
    return [(each.path, each.line, each.rule) for each in lint(library, today=TODAY)]


def messages(library: Library, rule: str) -> list[str]:
    return [each.message for each in lint(library, today=TODAY) if each.rule == rule]


def prose(seed: int, length: int = 60) -> str:
    """Words no other seed shares three in a row of."""
    return " ".join(f"w{(seed * 7919 + n * n) % 99991}" for n in range(length))


def test_an_article_as_it_should_be_has_no_findings(article: Write, load: Load) -> None:
    article("a.md", SECTIONS)
    article("b.md", ABSCHNITTE, language="de")
    assert found(load()) == []


def test_problems_of_reading_stand_among_the_findings_in_path_order(
    write: Write, article: Write, load: Load
) -> None:
    article("b.md", "[x](gone.md)\n\n" + SECTIONS)
    write("a.md", "---\ntags: [a\n---\n" + SECTIONS)
    write("c.md", "---\nid: b\ntitle: t\nlanguage: en\n---\n" + SECTIONS)
    assert found(load()) == [
        ("a.md", 1, "title"),
        ("a.md", 3, "front-matter"),
        ("b.md", BODY, "dead-link"),
        ("c.md", 1, "duplicate-id"),
    ]


# Links and anchors


@pytest.mark.parametrize(
    "link",
    [
        "[x](gone.md)",
        "[x](../gone.md#issue)",
        "[x](<with space.md>)",
        '[x](gone.md "A title")',
        "[x](kb:NO-SUCH-ID)",
        "[![A](a.png)](gone.md)",
        "[x][1]\n\n[1]: gone.md",
        '<a class="b" href="gone.md">x</a>',
        "- item [x](gone.md)",
        "| a |\n| - |\n| [x](gone.md) |",
        "> [!NOTE]\n> [x](gone.md)",
    ],
)
def test_a_link_to_no_article_is_an_error(
    article: Write, write: Write, load: Load, link: str
) -> None:
    write("a.png", b"")
    article("a.md", f"{SECTIONS}\n{link}\n")
    dead = [each for each in lint(load(), today=TODAY) if each.rule == "dead-link"]
    (problem,) = dead
    assert problem.severity is Severity.ERROR
    assert "gone.md" in problem.message or "NO-SUCH-ID" in problem.message or "space" in link


def test_a_dead_link_is_reported_on_its_line_of_the_file(article: Write, load: Load) -> None:
    article("a.md", f"{SECTIONS}\none\ntwo [x](gone.md)\n\n- three\n- [y](lost.md)\n")
    start = BODY + SECTIONS.count("\n")
    assert found(load()) == [("a.md", start + 2, "dead-link"), ("a.md", start + 5, "dead-link")]


def test_links_to_articles_headings_guides_and_other_sites_are_fine(
    article: Write, write: Write, load: Load
) -> None:
    write("guides/vpn.md", "---\nguide: vpn\n---\n# VPN\n")
    article("vpn/b.md", ABSCHNITTE + "\n## Größe & Co\n\n### Größe & Co\n", language="de")
    article(
        "a.md",
        f"{SECTIONS}\n[1](vpn/b.md) [2](vpn/b.md#lösung) [3](vpn/b.md#gr%C3%B6%C3%9Fe--co-1)"
        " [4](kb:vpn/b) [5](kb:vpn/b#ursache) [6](#issue) [7](#top) [8](https://a.b/gone.md#x)"
        " [9](mailto:a@b.c) [10](guides/vpn.md) [11](/vpn/b.md) [12](//a.b/gone.md)\n",
    )
    assert found(load()) == []


def test_links_in_code_and_comments_are_ignored(article: Write, load: Load) -> None:
    article(
        "a.md",
        f"{SECTIONS}\n```md\n[x](gone.md)\n```\n\n"
        "1. a\n\n    ```md\n    ![x](gone.png)\n    ```\n\n"
        "Write `[x](gone.md)` or \\[x](gone.md).\n\n<!-- [x](gone.md)\n\n[y](gone.md) -->\n",
    )
    assert found(load()) == []


def test_a_link_to_a_heading_that_does_not_exist_is_reported(article: Write, load: Load) -> None:
    article("a.md", f"{SECTIONS}\n[x](#nothing) [y](b.md#Issue)\n")
    article("b.md", SECTIONS)
    assert messages(load(), "dead-anchor") == [
        "There is no heading #Issue in b.md. Did you mean #issue?",
        "There is no heading #nothing in a.md.",
    ]


def test_a_dead_link_names_the_only_article_of_that_file_name(article: Write, load: Load) -> None:
    article("new/place.md", SECTIONS)
    article("a.md", f"{SECTIONS}\n[x](old/Place.md)\n")
    (message,) = messages(load(), "dead-link")
    assert message.endswith("Did you mean new/place.md?")


def test_a_link_to_a_file_that_is_no_article_is_dead(
    article: Write, write: Write, load: Load
) -> None:
    write("README.md", "# About")
    article("a.md", f"{SECTIONS}\n[x](README.md)\n")
    assert [rule for _, _, rule in found(load())] == ["dead-link"]


# Pictures


def test_a_picture_that_does_not_exist_is_an_error(
    article: Write, write: Write, load: Load
) -> None:
    write("vpn/img/there is.png", b"")
    article(
        "vpn/a.md",
        f"{SECTIONS}\n![1](img/there%20is.png)\n![2](img/gone.png)\n\n<img src='gone.gif'>\n",
    )
    start = BODY + SECTIONS.count("\n")
    assert found(load()) == [
        ("vpn/a.md", start + 2, "missing-image"),
        ("vpn/a.md", start + 4, "missing-image"),
    ]


@pytest.mark.parametrize("name", ["x" * 300 + ".png", "a%00b.png", "../../secret.png"])
def test_an_impossible_picture_is_reported_as_missing(
    article: Write, load: Load, name: str
) -> None:
    article("a.md", f"{SECTIONS}\n![x]({name})\n")
    assert [rule for _, _, rule in found(load())] == ["missing-image"]


def test_pictures_that_are_never_shown_are_reported_once(article: Write, load: Load) -> None:
    article(
        "a.md",
        f"{SECTIONS}\n![1](https://a.b/c.png)\n\n![2](data:image/png;base64,AA)\n\n![3](d.svg)\n",
    )
    library = load()
    assert [rule for _, _, rule in found(library)] == ["hidden-image"]
    assert messages(library, "hidden-image")[0].startswith(
        "3 pictures, the first being https://a.b/c.png, are not shown"
    )


# Sections


@pytest.mark.parametrize(
    "body",
    [
        SECTIONS,
        ABSCHNITTE,
        "## Symptoms\n\nx\n\n## Root cause\n\nx\n\n## Workaround\n\nx\n",
        "## Fehlerbild\n\nx\n\n### Ursachen\n\nx\n\n## Lösungsweg\n\nx\n",
        "# Problem\n\nx\n\n# Gründe\n\nx\n\n# How to fix it: fix\n\nx\n",
        "## Issue\n\nx\n\n## Voraussetzungen\n\nx\n\n## Solution\n\nx\n",
    ],
)
def test_sections_are_known_by_their_usual_names(article: Write, load: Load, body: str) -> None:
    article("a.md", body)
    assert found(load()) == []


@pytest.mark.parametrize(
    ("audience", "missing"),
    [
        ("customer", "the section Resolution."),
        ("l1", "the sections Cause, Resolution."),
        ("l2", "the sections Cause, Resolution."),
    ],
)
def test_missing_sections_depend_on_the_audience(
    article: Write, load: Load, audience: str, missing: str
) -> None:
    article("a.md", "## Issue\n\nx\n", more=f"audience: {audience}\n")
    library = load()
    assert found(library) == [("a.md", BODY + 1, "missing-section")]
    assert messages(library, "missing-section")[0].endswith(missing)


def test_missing_sections_are_named_in_the_language_of_the_article(
    article: Write, load: Load
) -> None:
    article("a.md", "## Problem\n\nx\n", language="de")
    assert messages(load(), "missing-section")[0].endswith("the sections Ursache, Lösung.")


def test_the_title_is_no_section(article: Write, load: Load) -> None:
    article("problem.md", "# Title of problem\n\nx\n")
    assert "Issue" in messages(load(), "missing-section")[0]


def test_a_library_written_to_another_plan_gets_one_finding(article: Write, load: Load) -> None:
    for number in range(12):
        article(f"{number}.md", f"## Overview\n\n{prose(number)}\n")
    article("half.md", "## Issue\n\nx\n")
    assert found(load()) == [
        (".", 1, "missing-section"),
        ("half.md", BODY, "missing-section"),
    ]


def test_archived_articles_are_left_alone(article: Write, load: Load) -> None:
    more = "confidence: archived\nreviewed: 2020-01-01\nreview_every: 1d\n"
    article("a.md", "word " * 200, more=more)
    assert found(load()) == []


# Paragraphs and reviews


def test_a_paragraph_of_more_than_150_words_is_reported_where_it_begins(
    article: Write, load: Load
) -> None:
    article("a.md", f"{SECTIONS}\n{'word ' * 150}\n\n{'word ' * 75}\n{'word ' * 76}\n")
    library = load()
    assert found(library) == [("a.md", BODY + SECTIONS.count("\n") + 3, "long-paragraph")]
    assert "151 words" in messages(library, "long-paragraph")[0]


@pytest.mark.parametrize(
    "body",
    [
        "- " + "word " * 200,
        "Steps:\n- " + "word " * 200,
        "```\n" + "word " * 200 + "\n```",
        "| a |\n| - |\n| " + "word " * 200 + "|",
        "    " + "word " * 200,
        "<table><tr><td>" + "word " * 200 + "</td></tr></table>",
        "<!-- " + "word " * 200 + " -->",
    ],
    ids=["list", "list behind text", "code", "table", "indented code", "html", "comment"],
)
def test_lists_code_and_tables_may_be_long(article: Write, load: Load, body: str) -> None:
    article("a.md", f"{SECTIONS}\n{body}\n")
    assert found(load()) == []


@pytest.mark.parametrize(
    ("reviewed", "every", "rules"),
    [
        ("2026-11-23", "1d", []),
        ("2026-11-22", "1d", ["review-due"]),
        ("2020-01-01", "", []),
        ("2026-11-24", "30d", []),
        ("2026-11-25", "30d", ["review-future"]),
    ],
)
def test_reviews_are_due_after_their_day(
    article: Write, load: Load, reviewed: str, every: str, rules: list[str]
) -> None:
    article("a.md", SECTIONS, more=f"reviewed: {reviewed}\nreview_every: {every}\n")
    assert found(load()) == [("a.md", 1, rule) for rule in rules]


def test_a_review_due_says_since_when(article: Write, load: Load) -> None:
    article("a.md", SECTIONS, more="reviewed: 2026-11-22\nreview_every: 1d\n")
    assert messages(load(), "review-due") == ["The review was due on 2026-11-23, yesterday."]


# Translations


def pair(article: Write, source: str, translation: str, *, more: str = "") -> None:
    article("a.md", source)
    article("a.de.md", translation, language="de", more=f"translation_of: a\n{more}")


def test_a_faithful_translation_has_no_findings(article: Write, load: Load) -> None:
    code = "\n```\nnet use\n```\n\nCode `0x80070005`, server srv1.example.com.\n"
    pair(article, SECTIONS + code, ABSCHNITTE + code)
    assert found(load()) == []


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("translation_of: nobody\n", "no article has this id"),
        ("translation_of: a.de\n", "itself"),
        ("translation_of: a.fr\n", "name a instead"),
    ],
)
def test_a_translation_of_nothing_itself_or_a_translation_is_an_error(
    article: Write, load: Load, header: str, words: str
) -> None:
    article("a.md", SECTIONS)
    article("a.fr.md", SECTIONS, language="fr", more="translation_of: a\n")
    article("a.de.md", ABSCHNITTE, language="de", more=header)
    library = load()
    assert found(library) == [("a.de.md", 1, "translation-source")]
    assert words in messages(library, "translation-source")[0]


def test_a_translation_in_the_language_of_its_source_is_reported(
    article: Write, load: Load
) -> None:
    article("a.md", SECTIONS)
    article("b.md", SECTIONS, more="translation_of: a\n")
    assert found(load()) == [("b.md", 1, "translation-language")]


def test_a_translation_with_another_heading_level_is_reported_there(
    article: Write, load: Load
) -> None:
    pair(article, SECTIONS, ABSCHNITTE.replace("## Ursache", "### Ursache"))
    assert found(load()) == [("a.de.md", BODY + 5, "translation-headings")]


def test_a_translation_without_a_heading_of_its_source_is_reported(
    article: Write, load: Load
) -> None:
    pair(article, SECTIONS + "\n## Verification\n\nTest it.\n", ABSCHNITTE)
    assert "“Verification” of a.md is missing" in messages(load(), "translation-headings")[0]


def test_a_translation_with_a_heading_too_many_is_reported_there(
    article: Write, load: Load
) -> None:
    pair(article, SECTIONS, ABSCHNITTE + "\n## Überprüfung\n\nTesten.\n")
    line = BODY + 1 + ABSCHNITTE.count("\n") + 1
    assert found(load()) == [("a.de.md", line, "translation-headings")]


def test_code_blocks_missing_on_one_side_are_reported(article: Write, load: Load) -> None:
    pair(article, SECTIONS + "\n```\nls\n```\n", ABSCHNITTE)
    assert messages(load(), "translation-code") == ["Code blocks: 0 here, 1 in its source a.md."]


def test_identifiers_missing_on_one_side_are_reported(article: Write, load: Load) -> None:
    pair(
        article,
        SECTIONS + "\nError 0x80070005 after KB5034441.\n",
        ABSCHNITTE + "\nFehler 0x80070006 nach KB5034441.\n",
    )
    library = load()
    line = BODY + 1 + ABSCHNITTE.count("\n") + 1
    assert found(library) == [
        ("a.de.md", BODY + 1, "translation-code"),
        ("a.de.md", line, "translation-code"),
    ]
    missing, extra = messages(library, "translation-code")
    assert missing == "Missing here, but in a.md: 0x80070005."
    assert extra == "Here, but not in a.md: 0x80070006."


def test_a_translation_reviewed_before_its_source_is_reported(article: Write, load: Load) -> None:
    article("a.md", SECTIONS, more="reviewed: 2026-05-02\n")
    more = "translation_of: a\nreviewed: 2026-05-01\n"
    article("a.de.md", ABSCHNITTE, language="de", more=more)
    assert found(load()) == [("a.de.md", 1, "translation-review")]


# Near-duplicates


def test_articles_with_nearly_the_same_wording_are_reported_once(
    article: Write, load: Load
) -> None:
    article("a.md", f"{SECTIONS}\n{prose(1)}\n")
    article("b.md", f"{SECTIONS}\n{prose(1)} and one more\n")
    article("c.md", f"{SECTIONS}\n{prose(2)}\n")
    library = load()
    assert found(library) == [("b.md", 1, "near-duplicate")]
    (message,) = messages(library, "near-duplicate")
    assert message.startswith("It says nearly the same as a.md (9")


def test_translations_are_no_duplicates(article: Write, load: Load) -> None:
    article("a.md", f"{SECTIONS}\n{prose(1)}\n")
    for language in ("de", "fr"):
        more = "translation_of: a\n"
        article(f"a.{language}.md", f"{SECTIONS}\n{prose(1)}\n", language=language, more=more)
    assert found(load()) == []


def test_stubs_are_no_duplicates(article: Write, load: Load) -> None:
    article("a.md", SECTIONS)
    article("b.md", SECTIONS)
    assert found(load()) == []


def test_the_wording_of_a_template_is_no_sign_of_a_duplicate(article: Write, load: Load) -> None:
    for number in range(25):
        article(f"{number}.md", f"{SECTIONS}\n{prose(0, 140)}\n\n{prose(number + 1, 30)}\n")
    assert found(load()) == []


def test_pairs_that_mean_the_same_are_reported_once_beside_those_found_by_wording(
    article: Write, load: Load
) -> None:
    article("a.md", f"{SECTIONS}\n{prose(1)}\n")
    article("b.md", f"{SECTIONS}\n{prose(1)}\n")
    article("c.md", f"{SECTIONS}\n{prose(2)}\n")
    article("c.de.md", ABSCHNITTE, language="de", more="translation_of: c\n")
    library = load()
    similar = {
        "a": [("b", 0.99), ("c", 0.91), ("a", 1.0), ("gone", 0.9)],
        "b": [("a", 0.99)],
        "c": [("a", 0.93), ("c.de", 0.95)],
    }
    problems = lasting_problems(LintSource(library), similar)
    assert [(each.path, each.rule) for each in problems] == [
        ("b.md", "near-duplicate"),
        ("c.md", "near-duplicate"),
    ]
    assert "means nearly the same as a.md (similarity 93 %)" in problems[1].message


def test_findings_do_not_depend_on_the_order_of_reading(article: Write, load: Load) -> None:
    for name in ("c", "a", "b"):
        article(f"{name}.md", f"{SECTIONS}\n{prose(1)}\n")
    assert found(load()) == [
        ("b.md", 1, "near-duplicate"),
        ("c.md", 1, "near-duplicate"),
        ("c.md", 1, "near-duplicate"),
    ]


@pytest.mark.skipif(not DEMO.is_dir(), reason="the articles of the project are not here")
def test_the_articles_of_the_project_only_have_overdue_reviews() -> None:
    # A day on which every one of them has been reviewed and some reviews are overdue.
    problems = lint(load_library(DEMO), today=TODAY)
    assert {each.rule for each in problems} <= {"review-due"}


# Reports

PROBLEMS = [
    Problem(".", 1, "missing-section", "All of them."),
    Problem("a, b/c: 50%.md", 7, "dead-link", "100%: see\nx, y", Severity.ERROR),
]


def test_the_text_report_has_one_line_a_finding_and_a_summary() -> None:
    assert format_text(PROBLEMS, folder="kb/") == (
        "kb/:1: warning missing-section: All of them.\n"
        "kb/a, b/c: 50%.md:7: error dead-link: 100%: see x, y\n"
        "1 error, 1 warning.\n"
    )


def test_the_text_report_says_when_nothing_was_found() -> None:
    assert format_text([]) == "No problems found.\n"


def test_the_json_report_counts_and_lists_all_findings() -> None:
    report = json.loads(format_json(PROBLEMS))
    assert (report["errors"], report["warnings"]) == (1, 1)
    assert report["problems"][1] == {
        "path": "a, b/c: 50%.md",
        "line": 7,
        "rule": "dead-link",
        "severity": "error",
        "message": "100%: see\nx, y",
    }


def test_the_github_report_escapes_messages_and_properties() -> None:
    assert format_github(PROBLEMS, folder="kb").splitlines() == [
        "::warning title=kb-assist missing-section::All of them.",
        "::error file=kb/a%2C b/c%3A 50%25.md,line=7,title=kb-assist dead-link::100%25: see%0Ax, y",
    ]


def test_the_github_report_without_findings_is_empty() -> None:
    assert format_github([]) == ""
