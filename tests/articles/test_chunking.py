"""Articles to chunks: whole sections, uncut code, stable ids, sizes within limits."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_assist.articles.chunking import ChunkLimits, anchor_of, chunk_article
from kb_assist.articles.model import Article, Chunk
from kb_assist.articles.plain import parse_blocks, plain_block, plain_inline

LIMITS = ChunkLimits(target=40, minimum=8)
SENTENCE = "Open the settings and choose the second entry of the list. "


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def make_article(body: str, **more: str) -> Article:
    return Article("KB-1", "a.md", "The title", "en", body, 5, "digest", **more)  # type: ignore[arg-type]


def chunks_of(body: str, limits: ChunkLimits = LIMITS, **more: str) -> list[Chunk]:
    return chunk_article(make_article(body, **more), count_words, limits)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_each_section_is_a_chunk_with_its_path_anchor_and_line() -> None:
    body = (
        f"{SENTENCE}\n\n## Issue\n\n{SENTENCE}\n\n### When it began\n\n{SENTENCE}\n\n"
        f"## Lösung\n\n{SENTENCE}"
    )
    chunks = chunks_of(body)
    assert [(c.heading_path, c.anchor, c.line, c.position) for c in chunks] == [
        ((), "", 1, 0),
        (("Issue",), "issue", 3, 1),
        (("Issue", "When it began"), "when-it-began", 7, 2),
        (("Lösung",), "lösung", 11, 3),
    ]


def test_the_model_sees_title_path_and_text_and_the_reader_the_text() -> None:
    (chunk,) = chunks_of(f"## Issue\n\n### Detail\n\n{SENTENCE}")
    assert chunk.text == SENTENCE.strip()
    assert chunk.embed_text == f"The title\nIssue › Detail\n{chunk.text}"


def test_a_heading_that_repeats_the_title_is_no_section() -> None:
    (chunk,) = chunks_of(f"# The Title\n\n{SENTENCE}")
    assert (chunk.heading_path, chunk.anchor) == ((), "")


def test_an_article_without_text_gives_its_title_or_description() -> None:
    (titled,) = chunks_of("")
    assert titled.text == "The title"
    (described,) = chunks_of("\n\n", description="What it is about.")
    assert described.text == "What it is about."


def test_short_sections_are_joined_and_keep_their_headings() -> None:
    (chunk,) = chunks_of("## Issue\n\nIt fails.\n\n## Cause\n\nOld driver.\n\n## Fix\n\nNew one.")
    assert chunk.text == "It fails.\nCause\nOld driver.\nFix\nNew one."
    assert chunk.heading_path == ("Issue",)


def test_a_heading_without_text_of_its_own_is_not_lost() -> None:
    chunks = chunks_of(f"## Issue\n\n{SENTENCE}\n\n## Is there a fee?\n\n## Cause\n\n{SENTENCE}")
    assert "Is there a fee?" in "\n".join(chunk.text for chunk in chunks)


def test_a_long_section_is_cut_between_sentences() -> None:
    chunks = chunks_of(f"## Issue\n\n{SENTENCE * 12}")
    assert len(chunks) > 1
    assert {chunk.anchor for chunk in chunks} == {"issue"}
    for chunk in chunks:
        assert all(line.endswith(".") for line in chunk.text.split("\n"))
        assert len(chunk.text.split()) <= LIMITS.target


def test_abbreviations_do_not_end_a_sentence() -> None:
    text = "Das gilt z. B. auch bzw. nur für den alten Drucker im zweiten Stock. " * 8
    for chunk in chunks_of(text):
        assert all(line.endswith("Stock.") for line in chunk.text.split("\n"))


@pytest.mark.parametrize(
    "block",
    [
        "```sh\n" + "".join(f"command --number {n} --and more words\n" for n in range(60)) + "```",
        "    - x\n\n    ```\n" + "    one two three\n" * 60 + "    ```",
        "| a | b |\n| - | - |\n" + "| one two | three four |\n" * 60,
    ],
    ids=["code", "code in a list", "table"],
)
def test_code_and_tables_are_never_cut(block: str) -> None:
    chunks = chunks_of(f"{SENTENCE * 5}\n\n{block}\n\n{SENTENCE * 5}")
    expected = max((plain_block(b) for b in parse_blocks(block)), key=len)
    assert sum(expected in chunk.text for chunk in chunks) == 1


def test_a_long_list_is_cut_between_its_lines() -> None:
    lines = [f"- step {n} of the long list to do" for n in range(30)]
    for chunk in chunks_of("\n".join(lines)):
        assert all(
            re.fullmatch(r"step \d+ of the long list to do", row) for row in chunk.text.split("\n")
        )


def test_a_sentence_beyond_the_limit_is_cut_between_words() -> None:
    words = [f"word{n}" for n in range(300)]
    chunks = chunks_of(" ".join(words))
    assert all(len(chunk.text.split()) <= LIMITS.target for chunk in chunks)
    assert " ".join(chunk.text for chunk in chunks).split() == words


def test_a_word_beyond_the_limit_is_cut_within() -> None:
    def count_characters(texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    chunks = chunk_article(make_article("x" * 1000), count_characters, LIMITS)
    assert all(len(chunk.text.split("\n")[0]) <= LIMITS.target for chunk in chunks)
    assert "".join(squeezed(chunk.text) for chunk in chunks) == "x" * 1000


def test_ids_stay_when_a_paragraph_is_inserted_above() -> None:
    body = "\n\n".join(f"## Part {n}\n\n{SENTENCE * 3}" for n in range(4))
    before = {chunk.id for chunk in chunks_of(body)}
    after = {chunk.id for chunk in chunks_of(f"{SENTENCE * 2}New.\n\n{body}")}
    assert before < after
    assert len(after - before) == 1


def test_an_id_changes_with_its_text() -> None:
    (before,) = chunks_of(SENTENCE)
    (after,) = chunks_of(SENTENCE + "More.")
    assert before.id != after.id
    assert before.id.startswith("KB-1#intro@")


def test_equal_passages_of_one_section_have_different_ids() -> None:
    chunks = chunks_of("again " * 400)
    assert len({chunk.id for chunk in chunks}) == len(chunks) > 5


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Lösung: Größe ändern", "lösung-größe-ändern"),
        ("Q & A", "q--a"),
        ("1. Step", "1-step"),
        ("snake_case – and dash", "snake_case--and-dash"),
        ("two  spaces", "two-spaces"),
        ("", ""),
    ],
)
def test_anchors_are_those_of_github(heading: str, anchor: str) -> None:
    assert anchor_of(heading, set()) == anchor


def test_a_repeated_anchor_is_numbered() -> None:
    taken: set[str] = set()
    assert [anchor_of("Fix", taken) for _ in range(3)] == ["fix", "fix-1", "fix-2"]
    assert taken == {"fix", "fix-1", "fix-2"}


@pytest.mark.parametrize("max_tokens", [16, 64, 128, 256, 512, 8192])
def test_limits_fit_into_the_window_of_any_model(max_tokens: int) -> None:
    limits = ChunkLimits.for_model(max_tokens)
    assert 0 < limits.minimum < limits.target <= max(32, max_tokens)


PARTS = st.sampled_from(
    [
        "## Heading",
        "### Deeper",
        "# The title",
        "A sentence. Another one! A third?",
        "word " * 90,
        "- item one\n- item two",
        "```\ncode here\n\nmore code\n```",
        "```\nunclosed",
        "| a | b |\n| - | - |\n| c | d |",
        "> quoted text",
        "<div>html</div>",
        "![only a picture](x.png)",
        "<!-- nothing -->",
        "",
    ]
)
BODIES = st.lists(PARTS | st.text(max_size=30), max_size=12).map("\n\n".join)


@given(BODIES, st.integers(8, 80))
def test_no_text_gets_lost_and_no_prose_exceeds_the_limit(body: str, target: int) -> None:
    limits = ChunkLimits(target=target, minimum=target // 4)
    chunks = chunks_of(body, limits)
    everything = squeezed("".join(chunk.text for chunk in chunks))
    for block in parse_blocks(body):
        if block.kind == "heading":
            continue
        assert squeezed(plain_block(block)) in everything
        if block.kind in {"code", "table"}:
            limits = ChunkLimits(target=max(limits.target, len(block.text.split())), minimum=0)
    assert all(len(chunk.text.split()) <= limits.target for chunk in chunks)


@given(BODIES)
def test_every_heading_can_be_found(body: str) -> None:
    found = " ".join(" ".join(chunk.heading_path) + " " + chunk.text for chunk in chunks_of(body))
    for block in parse_blocks(body):
        name = plain_inline(block.text).strip()
        if block.kind == "heading" and name.casefold() != "the title":
            assert squeezed(name) in squeezed(found)


@given(BODIES)
def test_positions_count_up_and_ids_are_unique(body: str) -> None:
    chunks = chunks_of(body)
    assert [chunk.position for chunk in chunks] == list(range(len(chunks)))
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    assert all(chunk.text.strip() for chunk in chunks)
    assert chunks == chunks_of(body)
