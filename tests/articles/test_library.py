"""A folder becomes a library; whatever is wrong with a file is reported, never fatal."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb_assist.articles import library as library_module
from kb_assist.articles.library import Library, load_library
from kb_assist.articles.model import Audience, Confidence, Severity
from kb_assist.errors import InputError

Load = Callable[[], Library]
Write = Callable[..., Path]

COMPLETE = """---
id: KB-1
title: "Drucker: druckt nicht"
language: de-DE
audience: L2
product: Drucker
tags: [druck, 2.10, on]
owner: team-print
confidence: Validated
reviewed: 2026-05-31
review_every: 6 months
translation_of: KB-0
environment: Windows 11, Windows 10
description: Was tun, wenn nichts kommt.
source: elsewhere
---
## Problem

Text.
"""


def rules(library: Library) -> list[tuple[str, int, str]]:
    return [(each.path, each.line, each.rule) for each in library.problems]


def test_all_front_matter_is_read(write: Write, load: Load) -> None:
    write("drucker/leer.md", COMPLETE)
    library = load()
    (article,) = library.articles
    assert library.problems == ()
    assert (article.id, article.path, article.title) == (
        "KB-1",
        "drucker/leer.md",
        "Drucker: druckt nicht",
    )
    assert (article.language, article.audience, article.product) == ("de", Audience.L2, "Drucker")
    assert (article.owner, article.confidence) == ("team-print", Confidence.VALIDATED)
    assert (article.reviewed, article.review_every_days) == (date(2026, 5, 31), 180)
    assert article.environment == ("Windows 11", "Windows 10")
    assert article.translation_of == "KB-0"
    assert article.description == "Was tun, wenn nichts kommt."
    assert article.body.startswith("## Problem\n")
    assert article.body_line == 17


def test_values_stay_as_written_whatever_yaml_would_make_of_them(write: Write, load: Load) -> None:
    write("a.md", "---\nid: 0815\ntitle: 2.10\nlanguage: no\ntags: [on, 1.10, 2026-01-01]\n---\nx")
    (article,) = load().articles
    assert (article.id, article.title, article.language) == ("0815", "2.10", "no")
    assert article.tags == ("on", "1.10", "2026-01-01")


def test_articles_are_in_path_order_and_found_by_id_and_path(write: Write, load: Load) -> None:
    for name in ("b.md", "a/z.md", "a.md"):
        write(name, f"---\nid: id-{name}\ntitle: t\nlanguage: en\n---\nx")
    library = load()
    assert [article.path for article in library.articles] == ["a.md", "a/z.md", "b.md"]
    assert library.by_id["id-b.md"] is library.by_path["b.md"]


def test_the_digest_changes_with_a_text_and_with_nothing_else(
    write: Write, folder: Path, load: Load
) -> None:
    write("a.md", COMPLETE)
    before = load().digest
    os.utime(folder / "a.md", (0, 0))
    assert load().digest == before
    write("a.md", COMPLETE + "more\n")
    assert load().digest != before


def test_hidden_files_readmes_and_other_types_are_passed_over(write: Write, load: Load) -> None:
    for name in (".git/x.md", ".hidden.md", "README.md", "a/README.md", "x.txt"):
        write(name, COMPLETE)
    library = load()
    assert library.articles == ()
    assert library.problems == ()


def test_articles_in_a_folder_called_guides_are_read(write: Write, load: Load) -> None:
    write("guides/a.md", COMPLETE)
    assert len(load().articles) == 1


def test_a_missing_folder_is_an_input_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_library(tmp_path / "nowhere")
    assert caught.value.remedy


def test_a_file_with_broken_front_matter_is_reported_with_its_line(
    write: Write, load: Load
) -> None:
    write("a.md", "---\ntitle: ok\ntags: [a, b\nowner: x\n---\n# From the heading\n")
    library = load()
    assert ("a.md", 4, "front-matter") in rules(library)
    (article,) = library.articles
    assert (article.title, article.body_line) == ("From the heading", 6)
    (broken,) = [each for each in library.problems if each.rule == "front-matter"]
    assert broken.severity is Severity.ERROR


@pytest.mark.parametrize("opening", ["---\n", "--- \n"])
def test_unclosed_front_matter_is_an_error(write: Write, load: Load, opening: str) -> None:
    write("a.md", f"{opening}title: ok\n\n## Problem\n")
    library = load()
    assert library.problems[0].rule == "front-matter"
    assert "not closed" in library.problems[0].message
    assert len(library.articles) == 1


def test_an_article_without_front_matter_is_read_and_reported(write: Write, load: Load) -> None:
    write("ordner/mein-drucker.md", "Der Drucker druckt nicht und ich weiß nicht warum.\n")
    library = load()
    (article,) = library.articles
    assert (article.id, article.title) == ("ordner/mein-drucker", "mein drucker")
    assert article.language == "de"
    assert [rule for _, _, rule in rules(library)] == ["front-matter", "title"]


def test_the_title_is_the_first_heading_but_not_a_comment_in_code(write: Write, load: Load) -> None:
    write("a.md", "---\nlanguage: en\n---\n```sh\n# comment\n```\n\n# The *real* title\n")
    assert load().articles[0].title == "The real title"


def test_front_matter_that_is_a_list_is_an_error(write: Write, load: Load) -> None:
    write("a.md", "---\n- a\n- b\n---\nx\n")
    library = load()
    assert ("a.md", 1, "front-matter") in rules(library)
    assert len(library.articles) == 1


def test_empty_front_matter_is_no_error(write: Write, load: Load) -> None:
    write("a.md", "---\n---\n# T\n")
    assert [rule for _, _, rule in rules(load())] == ["title"]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("reviewed: yesterday", "reviewed"),
        ("reviewed: 2026-02-31", "reviewed"),
        ("review_every: sometimes", "review_every"),
        ("audience: everyone", "audience"),
        ("confidence: sure", "confidence"),
        ("language: Deutsch!", "language"),
        ("title: [a, b]", "title"),
    ],
)
def test_a_value_that_cannot_be_used_is_reported_and_left_at_its_default(
    write: Write, load: Load, line: str, rule: str
) -> None:
    header = {"title": "title: t", "language": "language: en"}
    header[rule] = line
    write("a.md", "---\n" + "\n".join(header.values()) + "\n---\nx\n")
    library = load()
    assert [problem.rule for problem in library.problems] == [rule]
    (article,) = library.articles
    assert (article.reviewed, article.review_every_days) == (None, None)
    assert (article.audience, article.confidence) == (Audience.L1, Confidence.NOT_VALIDATED)


@pytest.mark.parametrize("value", ["", "null", "~"])
def test_empty_values_are_as_good_as_none(write: Write, load: Load, value: str) -> None:
    keys = ["owner", "reviewed", "review_every", "tags", "audience", "confidence", "translation_of"]
    lines = "".join(f"{key}: {value}\n" for key in keys)
    write("a.md", f"---\ntitle: t\nlanguage: en\n{lines}---\nx\n")
    library = load()
    assert library.problems == ()
    (article,) = library.articles
    assert (article.owner, article.tags, article.reviewed) == ("", (), None)


@pytest.mark.parametrize("value", ["2026-05-03", "2026-5-3", "2026-05-03 10:00:00", "'2026-05-03'"])
def test_dates_are_read_in_the_spellings_of_yaml(write: Write, load: Load, value: str) -> None:
    write("a.md", f"---\ntitle: t\nlanguage: en\nreviewed: {value}\n---\nx\n")
    assert load().articles[0].reviewed == date(2026, 5, 3)


@pytest.mark.parametrize(
    ("value", "days"), [("180", 180), ("90d", 90), ("2 weeks", 14), ("6 months", 180), ("1y", 365)]
)
def test_review_periods_are_read(write: Write, load: Load, value: str, days: int) -> None:
    write("a.md", f"---\ntitle: t\nlanguage: en\nreview_every: {value}\n---\nx\n")
    assert load().articles[0].review_every_days == days


def test_a_review_beyond_the_calendar_is_due_on_its_last_day(write: Write, load: Load) -> None:
    write("a.md", "---\ntitle: t\nreviewed: 2026-01-01\nreview_every: 9999y\n---\nx\n")
    assert load().articles[0].review_due() == date.max


def test_of_two_files_with_one_id_the_first_wins_and_the_second_is_reported(
    write: Write, load: Load
) -> None:
    for name in ("b.md", "a.md"):
        write(name, f"---\nid: same\ntitle: {name}\nlanguage: en\n---\nx")
    library = load()
    assert [article.path for article in library.articles] == ["a.md"]
    assert rules(library) == [("b.md", 1, "duplicate-id")]
    assert "a.md" in library.problems[0].message


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf", b"\x00\x00\n"])
def test_an_empty_file_is_reported_and_left_out(write: Write, load: Load, content: bytes) -> None:
    write("a.md", content)
    library = load()
    assert library.articles == ()
    assert rules(library) == [("a.md", 1, "empty")]


def test_windows_1252_is_read_and_reported(write: Write, load: Load) -> None:
    write("a.md", "---\ntitle: Größe – „weiß“ €\nlanguage: de\n---\nx".encode("cp1252"))
    library = load()
    assert library.articles[0].title == "Größe – „weiß“ €"
    assert rules(library) == [("a.md", 1, "encoding")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le"])
def test_utf_16_is_read_and_reported(write: Write, load: Load, encoding: str) -> None:
    mark = {"utf-16-be": b"\xfe\xff", "utf-16-le": b"\xff\xfe"}.get(encoding, b"")
    write("a.md", mark + "---\ntitle: Größe\nlanguage: de\n---\nx".encode(encoding))
    library = load()
    assert library.articles[0].title == "Größe"
    assert rules(library) == [("a.md", 1, "encoding")]


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(write: Write, load: Load) -> None:
    write("a.md", COMPLETE)
    plain = load()
    write("a.md", b"\xef\xbb\xbf" + COMPLETE.replace("\n", "\r\n").encode())
    marked = load()
    assert marked.problems == ()
    assert marked.articles == plain.articles


def test_nul_bytes_are_left_out_and_reported(write: Write, load: Load) -> None:
    write("a.md", "---\ntitle: T\nlanguage: en\n---\nbe\0fore")
    library = load()
    assert library.articles[0].body == "before"
    assert rules(library) == [("a.md", 1, "encoding")]


def test_a_file_beyond_the_limit_is_not_read(
    write: Write, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_module, "MAX_FILE_BYTES", 100)
    write("a.md", "x" * 101)
    library = load()
    assert library.articles == ()
    assert rules(library) == [("a.md", 1, "too-large")]


def test_a_link_that_leaves_the_folder_is_not_followed(
    write: Write, folder: Path, tmp_path: Path, load: Load
) -> None:
    (tmp_path / "secret.md").write_text(COMPLETE)
    (folder / "out.md").symlink_to(tmp_path / "secret.md")
    (folder / "dir").symlink_to(tmp_path)
    library = load()
    assert library.articles == ()
    assert rules(library) == [("out.md", 1, "outside")]


def test_a_link_within_the_folder_is_followed(write: Write, folder: Path, load: Load) -> None:
    write("a.md", "---\ntitle: T\nlanguage: en\n---\nx")
    (folder / "b.md").symlink_to("a.md")
    assert [article.path for article in load().articles] == ["a.md", "b.md"]


def test_links_in_a_circle_and_into_nothing_are_reported(folder: Path, load: Load) -> None:
    (folder / "circle.md").symlink_to("circle.md")
    (folder / "gone.md").symlink_to("nothing.md")
    library = load()
    assert library.articles == ()
    assert {(path, rule) for path, _, rule in rules(library)} == {
        ("circle.md", "unreadable"),
        ("gone.md", "unreadable"),
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_reported_instead_of_waited_for(folder: Path, load: Load) -> None:
    os.mkfifo(folder / "pipe.md")
    assert rules(load()) == [("pipe.md", 1, "unreadable")]


@pytest.mark.skipif(os.name == "nt", reason="file names are text there")
def test_a_file_name_that_is_not_utf_8_is_reported(folder: Path, load: Load) -> None:
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/b\xe4d.md")).write_text(COMPLETE)
    except OSError:
        pytest.skip("the file system only takes UTF-8")
    library = load()
    assert rules(library) == [("b?d.md", 1, "unreadable")]
    assert library.digest


@pytest.mark.parametrize(
    "header",
    [
        "tags: " + "[" * 5000,
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\ntags: [*c, *c]",
        "tags: &t [*t]",
        "? [a, b]\n: c",
        "a: !!python/object/apply:os.system [echo]",
        "reviewed: !!timestamp nonsense",
        "id: !!int 0x" + "f" * 6000,
        "<<: 3",
        "{{ template }}: x",
        "title: '\ttab'",
    ],
)
def test_hostile_front_matter_never_stops_the_rest(write: Write, load: Load, header: str) -> None:
    write("a.md", f"---\n{header}\n---\nx\n")
    write("b.md", COMPLETE)
    assert "KB-1" in load().by_id


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda t: f"---\n{t}\n---\nx".encode()))
def test_any_bytes_give_an_article_or_a_problem(folder: Path, content: bytes) -> None:
    (folder / "a.md").write_bytes(content)
    library = load_library(folder)
    assert library.articles or library.problems
    assert library.digest


def test_a_guide_is_no_article_wherever_it_lies(write: Write, load: Load) -> None:
    write("vpn/connect.md", "---\nguide: connect\nversion: 1\n---\n# Connect\n\n## a\n")
    write("guides/broken.md", "---\nguide: [\n---\n# Connect\n")
    library = load()

    assert library.articles == ()
    assert library.problems == ()
