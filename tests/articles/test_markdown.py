"""Bodies to HTML: readable, with anchors and passages, and nothing in it can run."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb_assist.articles.chunking import anchor_of
from kb_assist.articles.markdown import Rendered, is_internal, link_target, render
from kb_assist.articles.plain import parse_blocks, plain_inline


def rendered(body: str, *, title: str = "Title", path: str = "vpn/a.md") -> Rendered:
    known = {"vpn/b.md": "/articles/B", "email/c.md": "/articles/C", "kb:KB-7": "/articles/KB-7"}
    return render(body, title=title, path=path, link=known.get, image=_picture)


def _picture(named: str) -> str | None:
    return None if named.endswith("gone.png") else f"/pictures/{quote(named)}"


def page(body: str) -> str:
    """The HTML without passage keys and the marks of highlighted code."""
    html = re.sub(r' data-passage="\w+"', "", rendered(body).html)
    return re.sub(r'<span[^>]*>|</span>|<div class="codehilite">', "", html)


class Elements(HTMLParser):
    """All start tags of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_harmless(html: str) -> None:
    for tag, attributes in Elements(html).found:
        assert tag not in {"script", "style", "iframe", "object", "embed", "form", "input", "svg"}
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in {"href", "src"}:
                scheme = (value or "").split(":")[0].strip().lower() if ":" in (value or "") else ""
                assert scheme in {"", "http", "https", "mailto"} or (value or "").startswith(
                    ("/", "#")
                )
    assert "<script" not in html.lower()
    assert not re.search(r"<[^<>]*javascript:", html, re.IGNORECASE)


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](java&#x0A;script:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x]( javascript:alert(1))",
        "[x](vbscript:x)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<javascript:alert(1)>",
        "[x][1]\n\n[1]: javascript:alert(1)",
        '<a href="javascript:alert(1)">x</a>',
        '<p onclick="alert(1)" ONMOUSEOVER=alert(1)>x</p>',
        '<img src=x onerror="alert(1)">',
        '<img src="javascript:alert(1)">',
        "<svg onload=alert(1)><path/></svg>",
        "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
        "<iframe src='https://evil.example'></iframe>",
        "<object data='x'></object><embed src='x'>",
        "<form action='https://evil.example'><input name='password'></form>",
        "<style>body { background: url(https://evil.example) }</style>",
        '<p style="background: url(https://evil.example)">x</p>',
        '<div class="fixed-overlay admonition">x</div>',
        '<a href="//evil.example/x.md">x</a>',
        '[x](b.md#"onclick="alert(1))',
        '![x](a.png"onerror="alert(1))',
        '[x](b.md "title\\" onclick=\\"alert(1)")',
        '```"><script>alert(1)</script>\ncode\n```',
        "```{onclick=alert(1) .python}\ncode\n```",
        '!!! note "<script>alert(1)</script>"\n    x',
        "> [!NOTE] <script>alert(1)</script>",
        "# <script>alert(1)</script>",
        "`<script>alert(1)</script>`",
        "<!-- <script>alert(1)</script> -->",
        "<!--><script>alert(1)</script>-->",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
        "<base href='https://evil.example'>",
    ],
)
def test_nothing_in_a_page_can_run(body: str) -> None:
    assert_harmless(rendered(body).html)


DANGEROUS = st.sampled_from(
    [
        "<script>",
        "</script>",
        "<img src=x onerror=alert(1)>",
        'onclick="alert(1)"',
        "javascript:alert(1)",
        "[x](",
        ")",
        "![",
        "](",
        "<a href=",
        '"',
        "'",
        ">",
        "<",
        "<!--",
        "-->",
        "```",
        "`",
        "\n\n",
        "\n",
        "    ",
        "- ",
        "> ",
        "> [!NOTE]",
        "!!! note",
        "# ",
        "| a |\n| - |\n",
        "&lt;",
        "&#x6A;",
        "\x02wzxhzdk:0\x03",
        "\x02klzzwxh:0\x03",
        "[^1]:",
        "<svg/onload=alert(1)>",
        "word",
        "{",
        "}",
        "\\",
        "\t",
        ":",
    ]
)


@given(st.lists(DANGEROUS | st.text(max_size=4), max_size=20).map("".join))
def test_no_mixture_of_markup_gives_a_page_that_can_run(body: str) -> None:
    assert_harmless(rendered(body).html)


@given(st.text(max_size=200))
def test_any_text_can_be_rendered(body: str) -> None:
    assert_harmless(rendered(body).html)


@pytest.mark.parametrize(
    "body",
    [
        ">" * 2000 + " x",
        "\n".join("  " * depth + "- x" for depth in range(200)),
        "<div>" * 2000,
        "[" * 1000 + "]" * 1000,
        "*" * 3000,
        "*_" * 500 + "x" + "_*" * 500,
        "#" * 3000,
    ],
    ids=["quotes", "lists", "html", "brackets", "stars", "emphasis", "hashes"],
)
def test_very_deep_nesting_is_rendered(body: str) -> None:
    assert_harmless(rendered(body).html)


def test_a_text_too_deep_to_be_read_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(self: object, source: str) -> str:
        raise RecursionError

    monkeypatch.setattr("markdown.Markdown.convert", give_up)
    result = rendered("# <b>x</b>")
    assert result.html == "<pre># &lt;b&gt;x&lt;/b&gt;</pre>"
    assert (result.headings, result.passages) == ((), {})


def test_fenced_code_is_shown_with_its_language_and_escaped() -> None:
    html = rendered("```powershell\nGet-Item <x> & y\n```").html
    assert '<div class="codehilite"><pre>' in html
    assert "<span" in html
    assert re.sub(r"<[^>]*>", "", html).strip() == "Get-Item &lt;x&gt; &amp; y"


@pytest.mark.parametrize("indent", [2, 3, 4])
@pytest.mark.parametrize("blank", ["\n", ""])
def test_code_inside_list_items_is_code_and_keeps_the_list_together(
    indent: int, blank: str
) -> None:
    pad = " " * indent
    marks = ("- ", "- ") if indent == 2 else ("1. ", "2. ")
    body = f"{marks[0]}one\n{blank}{pad}```sh\n{pad}# comment\n{pad}  ls\n{pad}```\n{marks[1]}two\n"
    html = page(body)
    assert "<code># comment\n  ls\n</code>" in html
    assert html.count("<ol>") + html.count("<ul>") == 1
    assert html.count("<li>") == 2


def test_code_with_an_unknown_language_or_options_is_still_code() -> None:
    html = page('```azurecli-interactive title="x" {1,2}\naz login\n```')
    assert "<code>az login\n</code>" in html


def test_an_unclosed_fence_is_rendered() -> None:
    assert "left open" in rendered("```sh\nleft open").html


def test_a_heading_that_repeats_the_title_is_left_out_and_others_move_down() -> None:
    result = rendered("# TITLE\n\ntext\n\n# Other\n\n## Issue")
    assert [(h.level, h.anchor, h.text) for h in result.headings] == [
        (2, "other", "Other"),
        (2, "issue", "Issue"),
    ]
    assert '<h2 id="other">Other</h2>' in result.html
    assert "TITLE" not in result.html


@pytest.mark.parametrize(
    "heading",
    [
        "Lösung: Größe ändern",
        "Q & A",
        "Q &amp; A",
        "a &lt; b",
        r"C\# and \_x\_",
        "Run `net use <x>` now",
        "Press <kbd>Strg</kbd>",
        "*soft* and **bold**",
        "[linked](b.md) text",
        "snake_case_name",
        "Was tun?",
    ],
)
def test_the_anchors_of_a_page_are_those_of_its_chunks(heading: str) -> None:
    body = f"## {heading}\n\ntext\n\n## {heading}\n\ntext"
    taken: set[str] = set()
    chunked = [
        anchor_of(plain_inline(block.text), taken)
        for block in parse_blocks(body)
        if block.kind == "heading"
    ]
    assert [h.anchor for h in rendered(body).headings] == chunked


def test_passages_have_stable_keys_and_their_first_words() -> None:
    before = rendered("One paragraph.\n\n- an item\n")
    after = rendered("New.\n\nOne paragraph.\n\n- an item\n")
    assert list(before.passages.values()) == ["One paragraph.", "an item"]
    assert set(before.passages) < set(after.passages)
    for key in before.passages:
        assert f'data-passage="{key}"' in after.html


def test_links_to_known_articles_lead_to_their_pages() -> None:
    html = page("[b](b.md) [c](../email/c.md#fix) [id](kb:KB-7) [here](#issue)")
    assert 'href="/articles/B"' in html
    assert 'href="/articles/C#fix"' in html
    assert 'href="/articles/KB-7"' in html
    assert 'href="#issue"' in html


def test_links_to_unknown_articles_and_other_files_are_plain_text() -> None:
    html = page("[x](gone.md) [y](kb:NO) [z](file:///etc/passwd) [w](../secret.txt)")
    assert "href" not in html
    assert all(word in html for word in "xyzw")


def test_external_links_tell_nobody_where_they_come_from() -> None:
    html = page("[x](https://example.org/a?b=c&d=e)")
    assert 'href="https://example.org/a?b=c&amp;d=e" rel="noopener noreferrer"' in html


def test_of_a_picture_that_is_not_there_the_words_are_shown() -> None:
    html = rendered("![The plan](img/gone.png)").html

    assert '<span class="no-picture">The plan</span>' in html
    assert "<img" not in html


def test_an_embedded_film_is_a_link_and_no_part_of_a_passage() -> None:
    film = "[!VIDEO https://films.example.com/embed/1?autoplay=false]"

    assert 'href="https://films.example.com/embed/1?autoplay=false"' in page(f"Text.\n\n{film}\n")
    assert plain_inline(film) == ""


def test_pictures_are_served_from_the_articles_folder() -> None:
    assert 'src="/pictures/vpn/img/a.png"' in page("![A](img/a.png)")
    assert 'src="/pictures/shared/my%20%23pic.PNG"' in page("![A](../shared/my%20%23pic.PNG)")


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a.png",
        "//example.org/a.png",
        "data:image/png;base64,AAAA",
        "data:image/svg+xml,<svg/onload=alert(1)>",
        "../../secret.png",
        "..%2f..%2fsecret.png",
        "a.svg",
        "a.md",
    ],
)
def test_pictures_from_elsewhere_are_not_loaded(address: str) -> None:
    assert "src=" not in page(f"![A](<{address}>)")
    assert "src=" not in page(f'<img alt="A" src="{address}">')


@pytest.mark.parametrize(
    ("body", "kind", "title"),
    [
        ("> [!NOTE]\n> Text", "note", "Note"),
        ("> [!Caution] Text", "warning", "Caution"),
        (">![info]\n>\n>Text", "note", "Info"),
        ('!!! danger "Now"\n    Text', "danger", "Now"),
    ],
)
def test_alerts_become_boxes(body: str, kind: str, title: str) -> None:
    html = page(body)
    assert f'<div class="admonition {kind}">' in html
    assert f'<p class="admonition-title">{title}</p>' in html
    assert "<p>Text</p>" in html


def test_tables_keep_their_alignment() -> None:
    html = page("| a | b |\n| :- | -: |\n| 1 | 2 |")
    assert '<th class="align-left">a</th>' in html
    assert '<td class="align-right">2</td>' in html


def test_harmless_html_is_kept() -> None:
    html = page("<details><summary>More</summary>\n\n<kbd>Strg</kbd> + <kbd>C</kbd>\n\n</details>")
    assert "<summary>More</summary>" in html
    assert "<kbd>Strg</kbd>" in html


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("b.md", True),
        ("../x/b.md#y", True),
        ("#y", True),
        ("kb:KB-1", True),
        ("", False),
        ("#", False),
        ("https://a.b/c.md", False),
        ("//a.b/c.md", False),
        ("mailto:a@b.c", False),
        ("picture.png", False),
        ("http://[broken.md", False),
    ],
)
def test_internal_links_are_told_from_others(raw: str, expected: bool) -> None:
    assert is_internal(raw) is expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("b.md", ("vpn/b.md", "")),
        ("../email/c%20d.md#e", ("email/c d.md", "e")),
        ("/email/c.md", ("email/c.md", "")),
        ("../../x.md", ("../x.md", "")),
        ("#here", ("", "here")),
        ("kb:KB%201#x", ("kb:KB 1", "x")),
    ],
)
def test_link_targets_are_resolved_against_the_article(raw: str, expected: tuple[str, str]) -> None:
    assert link_target(raw, "vpn/a.md") == expected
