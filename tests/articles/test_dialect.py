"""Lists and alerts as GitHub reads them, rewritten for Python-Markdown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_assist.articles.dialect import to_python_markdown


def words_of(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("- a\n  - b\n  - c\n- d", "- a\n    - b\n    - c\n- d"),
        ("1. a\n   - b\n     - c\n2. d", "1. a\n    - b\n        - c\n2. d"),
        ("- a\n\n  more of a\n- b", "- a\n\n    more of a\n\n- b"),
        ("10. a\n\n    more of a", "10. a\n\n    more of a"),
        ("- a\n    - b", "- a\n    - b"),
        ("Steps:\n- a\n- b", "Steps:\n\n- a\n- b"),
        ("That was in\n2019. Then", "That was in\n2019. Then"),
        ("- a\n\ntext\n\n  text", "- a\n\ntext\n\n  text"),
        ("- a\ncontinued", "- a\n  continued"),
        ("* * *\ntext", "* * *\ntext"),
        ("- a\n\n  > [!TIP]\n  > b", '- a\n\n\n    !!! tip "Tip"\n        b'),
    ],
)
def test_what_belongs_to_an_item_is_indented_by_four(written: str, expected: str) -> None:
    assert to_python_markdown(written) == expected


@pytest.mark.parametrize(
    "body",
    [
        "text\n\n    - code\n      - not a list",
        "```\n- a\n  - b\nx\n1. c\n```",
        '!!! note "Title"\n    - a\n    - b\n\n    text',
        "term\n:   - a\n\n    - b",
        "## Heading\n- a\n- b",
    ],
)
def test_what_is_right_already_stays(body: str) -> None:
    assert to_python_markdown(body) == body


def test_code_in_an_item_keeps_its_inner_indentation() -> None:
    written = "- a\n  ```sh\n  x\n    y\n\n  z\n  ```\n- b"
    expected = "- a\n\n    ```sh\n    x\n      y\n\n    z\n    ```\n\n- b"
    assert to_python_markdown(written) == expected


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "  ", "   ", "    ", "\t", "        "]),
            st.sampled_from(["- a", "1. b", "text", "> q", "```", "# h", "", "> [!NOTE] n"]),
        ),
        max_size=20,
    )
)
def test_no_word_is_lost_or_moved(lines: list[tuple[str, str]]) -> None:
    body = "\n".join(indent + text for indent, text in lines)
    kept = [word for word in words_of(to_python_markdown(body)) if word not in {'"Note"', "!!!"}]
    marks = {">", "[!NOTE]", "note"}
    assert [w for w in kept if w not in marks] == [w for w in words_of(body) if w not in marks]
