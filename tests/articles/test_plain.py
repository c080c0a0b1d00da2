"""Markdown to blocks and plain text: nothing lost, nothing shown that a reader would not see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_assist.articles.model import Block
from kb_assist.articles.plain import parse_blocks, plain_block, plain_inline, plain_text

# Lines that open, close and confuse one another.
LINES = st.sampled_from(
    [
        "",
        "text",
        "# Heading",
        "## Heading ##",
        "===",
        "---",
        "- item",
        "1. item",
        "2019. was a year",
        "    indented",
        "> quote",
        "> [!NOTE]",
        "!!! note",
        "| a | b |",
        "| - | - |",
        "```",
        "~~~~",
        "  ```sh",
        "- ```",
        "<!-- comment",
        "-->",
        "<script>",
        "</script>",
        "* * *",
        "\tTab",
    ]
)
BODIES = st.lists(LINES | st.text(max_size=12), max_size=25).map("\n".join)


def shapes(body: str) -> list[tuple[str, str, int]]:
    return [(block.kind, block.text, block.line) for block in parse_blocks(body)]


def test_headings_paragraphs_lists_code_and_tables_are_told_apart() -> None:
    body = "# T\n\ntext\nmore\n\n- a\n- b\n\n```sh\nls\n```\n\n| a | b |\n| - | - |\n| 1 | 2 |\n"
    assert shapes(body) == [
        ("heading", "T", 1),
        ("paragraph", "text\nmore", 3),
        ("list", "- a\n- b", 6),
        ("code", "ls", 9),
        ("table", "| a | b |\n| - | - |\n| 1 | 2 |", 13),
    ]


def test_underlined_headings_have_levels_1_and_2() -> None:
    levels = [block.level for block in parse_blocks("One\n===\n\nTwo\n---\n")]
    assert levels == [1, 2]


def test_closing_marks_of_a_heading_are_no_text() -> None:
    assert shapes("## Über C# ##") == [("heading", "Über C#", 1)]


def test_a_hash_without_space_is_no_heading() -> None:
    assert shapes("#hashtag") == [("paragraph", "#hashtag", 1)]


def test_a_comment_in_code_is_no_heading() -> None:
    assert [block.kind for block in parse_blocks("```\n# not a heading\n\n- no list\n```")] == [
        "code"
    ]


def test_code_inside_list_items_is_code_without_its_indentation() -> None:
    body = "1. one\n\n    ```sh\n    # a\n      b\n    ```\n\n2. two\n"
    assert shapes(body)[1] == ("code", "# a\n  b", 3)


def test_code_right_behind_a_list_mark_is_code() -> None:
    assert [kind for kind, _, _ in shapes("- ```\n  x\n  ```\n- b")] == ["code", "list"]


def test_code_between_backticks_on_one_line_opens_no_block() -> None:
    assert shapes("```ls``` lists\n\n# T") == [
        ("paragraph", "```ls``` lists", 1),
        ("heading", "T", 3),
    ]


def test_an_unclosed_fence_reaches_to_the_end() -> None:
    assert shapes("a\n\n```\nb\n\n# c") == [("paragraph", "a", 1), ("code", "b\n\n# c", 3)]


def test_a_shorter_fence_does_not_close_a_longer_one() -> None:
    assert shapes("````\n```\n````\nx") == [("code", "```", 1), ("paragraph", "x", 4)]


def test_a_list_may_follow_a_paragraph_without_an_empty_line() -> None:
    assert [kind for kind, _, _ in shapes("Steps:\n1. a\n2. b")] == ["paragraph", "list"]


def test_a_number_at_the_beginning_of_a_line_begins_no_list() -> None:
    assert [kind for kind, _, _ in shapes("That was in\n2019. Then it stopped.")] == ["paragraph"]


def test_a_comment_over_several_paragraphs_is_not_shown() -> None:
    assert plain_text("a\n\n<!-- b\n\n# c\n-->\n\nd") == "a\nd"


@pytest.mark.parametrize("tag", ["script", "style", "SCRIPT"])
def test_the_content_of_scripts_is_not_shown(tag: str) -> None:
    body = f"a\n\n<{tag} x=1>\nvar b;\n\nvar c;\n</{tag}>\n\nd <{tag}>e"
    assert plain_text(body) == "a\nd"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("**bold**, *soft* and __both__", "bold, soft and both"),
        ("snake_case_name and 2*3*4", "snake_case_name and 2*3*4"),
        ("[text](https://a.b/c_(d)) here", "text here"),
        ('[text](a.md "title") [ref][1]', "text ref"),
        ("![A screenshot](a.png)", "A screenshot"),
        ("[![alt](a.png)](b.md)", "alt"),
        ("<https://a.b/c?d=e> or <it@example.org>", "https://a.b/c?d=e or it@example.org"),
        ("Press <kbd>Strg</kbd> &amp; &quot;A&quot;", 'Press Strg & "A"'),
        ("`net use <drive>` and `__init__`", "net use <drive> and __init__"),
        ("**Run `x *y*` now**", "Run x *y* now"),
        ("``a ` b``", "a ` b"),
        (r"\*no emphasis\* and \_none\_", "*no emphasis* and _none_"),
        ("a < b and b > a", "a < b and b > a"),
        ("Save it {: .button }{#anchor}", "Save it "),
        ("one<br>two", "one\ntwo"),
        ("a <!-- hidden --> b", "a   b"),
    ],
)
def test_inline_markup_becomes_what_a_reader_sees(markup: str, text: str) -> None:
    assert plain_inline(markup) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ('!!! warning "Watch out"\n    Hot.', "Watch out. Hot."),
        ("!!! note\n    Hot.", "Hot."),
        ("> [!NOTE]\n> Hot.", "Hot."),
        ("> [!NOTE] Hot.", "Hot."),
        (">![info]\n>\n>Hot.", "Hot."),
        ("> quoted\n> text", "quoted text"),
    ],
)
def test_boxes_and_quotations_become_their_text(markup: str, text: str) -> None:
    assert plain_text(markup) == text


def test_a_table_becomes_one_line_a_row() -> None:
    assert plain_text("| a | **b** |\n| --- | :-: |\n| `1` | |\n| - | - |\n") == "a | b\n1\n- | -"


def test_a_list_keeps_its_lines_and_code_its_spaces() -> None:
    assert plain_text("- a\n  b\n- c") == "a\nb\nc"
    assert plain_block(Block("code", "\n  x\n    y\n", 1)) == "  x\n    y"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        "![" * 10_000,
        "[a](" * 10_000,
        "<!--" * 10_000,
        "<!--\n" * 10_000,
        "<script\n" * 5_000,
        "` `` " * 5_000,
        "<a " * 10_000,
        "*a " * 5_000,
        ">" * 10_000,
        "[x](" + "(" * 10_000,
    ],
    ids=lambda text: text[:6].strip(),
)
def test_marks_without_end_are_read_as_text(text: str) -> None:
    # A search to the end of the text for each of them would take minutes.
    assert isinstance(plain_text(text), str)


@given(BODIES)
def test_every_line_with_text_belongs_to_exactly_one_block(body: str) -> None:
    lines = body.split("\n")
    starts = [block.line for block in parse_blocks(body)]
    assert starts == sorted(set(starts))
    covered: set[int] = set()
    for block in parse_blocks(body):
        # The lines of fences and underlines are marks, not text.
        marks = {"code": 2, "heading": 1}.get(block.kind, 0)
        size = block.text.count("\n") + 1 + marks
        covered.update(range(block.line, block.line + size))
    assert all(number in covered for number, line in enumerate(lines, 1) if line.strip())


@given(BODIES)
def test_no_word_outside_of_marks_gets_lost(body: str) -> None:
    joined = "\n".join(block.text for block in parse_blocks(body))
    for word in ("text", "item", "quote", "indented", "comment", "year", "Tab"):
        assert joined.count(word) == body.count(word)


@given(BODIES)
def test_any_body_has_a_plain_text(body: str) -> None:
    text = plain_text(body)
    assert "\x02" not in text or "\x02" in body


@given(st.text())
def test_any_inline_text_can_be_read(text: str) -> None:
    assert isinstance(plain_inline(text), str)
