"""Article bodies to safe HTML; the only door to Python-Markdown and nh3."""

from __future__ import annotations

import hashlib
import html
import posixpath
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import markdown
import nh3
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markdown.util import AMP_SUBSTITUTE

from kb_assist.articles.chunking import anchor_of
from kb_assist.articles.dialect import to_python_markdown
from kb_assist.text import fold

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_STASHED = re.compile("\x02wzxhzdk:(\\d{1,6})\x03")
_ESCAPED = re.compile("\x02(\\d{1,6})\x03")
# What "report a problem with this paragraph" can point at.
_PASSAGES = frozenset({"p", "li", "pre", "table", "blockquote", "dl"})

_ALLOWED_TAGS = frozenset(
    (
        "a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt"
        " em h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub"
        " summary sup table tbody td tfoot th thead tr u ul var"
    ).split()
)
_ALLOWED_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan", "rowspan", "class"},
    "th": {"colspan", "rowspan", "scope", "class"},
    "ol": {"start"},
    "abbr": {"title"},
    "div": {"class"},
    "p": {"class", "data-passage"},
    "pre": {"data-passage"},
    "li": {"data-passage"},
    "table": {"data-passage"},
    "blockquote": {"data-passage"},
    "dl": {"data-passage"},
    "span": {"class"},
    "code": {"class"},
    **{heading: {"id"} for heading in ("h2", "h3", "h4", "h5", "h6")},
}
_CLASS = re.compile(
    r"^(?:admonition|note|tip|important|warning|danger|admonition-title|no-picture|align-(?:left|right|center)|codehilite"
    r"|[a-z]{1,3}\d?|language-[\w+-]+)$"
)
_ALIGN = re.compile(r"^text-align: ?(left|right|center);?$")
IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif")


# Unlike the fences Python-Markdown brings along, these work inside list items and quotations.
_CODE_EXTENSIONS: dict[str, dict[str, object]] = {
    "pymdownx.superfences": {"relaxed_headers": True},
    "pymdownx.highlight": {"guess_lang": False, "css_class": "codehilite"},
}


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A body ready to be put into a page."""

    html: str
    headings: tuple[Heading, ...]
    passages: dict[str, str] = field(default_factory=dict)
    """Passage key (the ``data-passage`` attribute) to its first words."""


LinkTarget = Callable[[str], str | None]
"""What a text names to its address; None when there is nothing of that name.

Articles are named by path or ``kb:`` and id, pictures by path."""


def render(body: str, *, title: str, path: str, link: LinkTarget, image: LinkTarget) -> Rendered:
    """Render a Markdown body.

    ``path`` is the article's path, against which relative links resolve; ``image`` gives
    the address of a picture by its path in the articles folder. Where it is None the picture's
    words are shown. Nothing in the result can run: every tag, attribute and address that is not
    expected is dropped after rendering.
    """
    addresses = _Addresses(path, link, image)
    collector = _Collector(title, addresses.src)
    raw = _convert(body, collector)
    clean = nh3.clean(
        raw,
        tags=set(_ALLOWED_TAGS),
        attributes={tag: set(names) for tag, names in _ALLOWED_ATTRIBUTES.items()},
        attribute_filter=addresses.filter,
        url_schemes={"http", "https", "mailto", "kb"},
        link_rel="noopener noreferrer",
        clean_content_tags={"script", "style", "iframe", "object", "svg", "math"},
    )
    return Rendered(clean, tuple(collector.headings), collector.passages)


def _convert(body: str, collector: _Collector) -> str:
    """Markdown to HTML that is not safe yet."""
    converter = markdown.Markdown(
        extensions=["tables", *_CODE_EXTENSIONS, "admonition", "sane_lists", "def_list", collector],
        extension_configs=_CODE_EXTENSIONS,
        output_format="html",
    )
    try:
        return converter.convert(to_python_markdown(body))
    except RecursionError:
        # Only texts made to do harm are nested that deeply; they are shown as they are.
        collector.headings.clear()
        collector.passages.clear()
        return f"<pre>{html.escape(body)}</pre>"


def link_target(raw: str, path: str) -> tuple[str, str]:
    """An href to ``(what it names, fragment)``.

    What it names is ``kb:<id>``, an article path relative to the articles folder, or an empty
    string for a link within the article. External addresses return ``("", "")`` too; ask
    ``is_internal`` first.
    """
    parts = urlsplit(raw)
    if parts.scheme == "kb":
        return f"kb:{unquote(parts.path)}", parts.fragment
    if not parts.path:
        return "", parts.fragment
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(parts.path)))
    return joined.lstrip("/"), parts.fragment


def is_internal(raw: str) -> bool:
    """Whether a link names another article (or a place in this one)."""
    try:
        parts = urlsplit(raw)
    except ValueError:
        return False
    if parts.scheme == "kb":
        return True
    if parts.scheme or parts.netloc:
        return False
    return parts.path.endswith(".md") or (not parts.path and bool(parts.fragment))


class _Addresses:
    """Decides over every attribute; called by the sanitiser."""

    def __init__(self, path: str, link: LinkTarget, image: LinkTarget) -> None:
        self._path = path
        self._link = link
        self._image = image

    def filter(self, tag: str, name: str, value: str) -> str | None:
        if name == "href":
            return self._href(value)
        if name == "src":
            return self.src(value)
        if name == "class":
            kept = " ".join(part for part in value.split() if _CLASS.match(part))
            return kept or None
        return value

    def _href(self, value: str) -> str | None:
        if not is_internal(value):
            try:
                parts = urlsplit(value)
            except ValueError:
                return None
            return value if parts.scheme in {"http", "https", "mailto"} else None
        named, fragment = link_target(value, self._path)
        suffix = f"#{fragment}" if fragment else ""
        if not named:
            return suffix
        address = self._link(named)
        return address + suffix if address is not None else None

    def src(self, value: str) -> str | None:
        try:
            parts = urlsplit(value)
        except ValueError:
            return None
        # Pictures from elsewhere would tell others who reads what; they are not loaded.
        if parts.scheme or parts.netloc or not parts.path.lower().endswith(IMAGE_ENDINGS):
            return None
        named, _ = link_target(value, self._path)
        return None if named.startswith("..") else self._image(named)


class _Collector(Extension):
    """Gives headings their anchors and passages their keys while the tree is at hand."""

    def __init__(self, title: str, src: Callable[[str], str | None]) -> None:
        super().__init__()
        self.title = title
        self.src = src
        self.headings: list[Heading] = []
        self.passages: dict[str, str] = {}

    def extendMarkdown(self, md: markdown.Markdown) -> None:  # noqa: N802 - the library's name
        # After inline patterns (20), so that the text of an element is final.
        md.treeprocessors.register(_Collect(md, self), "kb-assist-collect", 5)


class _Collect(Treeprocessor):
    def __init__(self, md: markdown.Markdown, target: _Collector) -> None:
        super().__init__(md)
        self._target = target

    def run(self, root: ET.Element) -> None:
        taken: set[str] = set()
        for element in list(root.iter()):
            if element.tag in _HEADINGS:
                self._heading(root, element, taken)
            elif element.tag in _PASSAGES:
                self._passage(element)
            elif element.tag in {"td", "th"}:
                self._align(element)
            elif element.tag == "img":
                self._picture(element)

    def _picture(self, element: ET.Element) -> None:
        """The words of a picture that cannot be shown; a browser would draw a broken one."""
        if self._target.src(element.get("src", "")) is None:
            element.tag, element.text = "span", element.get("alt", "")
            element.attrib = {"class": "no-picture"}

    def _align(self, cell: ET.Element) -> None:
        """Alignment as a class: the pages' security policy forbids inline styles."""
        if aligned := _ALIGN.match(cell.attrib.pop("style", "")):
            cell.set("class", f"align-{aligned.group(1)}")

    def _heading(self, root: ET.Element, element: ET.Element, taken: set[str]) -> None:
        text = self._text(element)
        anchor = anchor_of(text, taken)
        level = int(element.tag[1])
        if level == 1:
            if fold(text) == fold(self._target.title) and element in list(root):
                root.remove(element)
                return
            element.tag, level = "h2", 2
        element.set("id", anchor)
        self._target.headings.append(Heading(level, anchor, text))

    def _passage(self, element: ET.Element) -> None:
        text = self._text(element)
        if not text:
            return
        key = hashlib.sha256(text.encode()).hexdigest()[:10]
        element.set("data-passage", key)
        self._target.passages.setdefault(key, text[:80])

    def _text(self, element: ET.Element) -> str:
        """The element's text; Python-Markdown keeps HTML and escapes between STX and ETX."""
        text = "".join(element.itertext()).replace(AMP_SUBSTITUTE, "&")
        text = _STASHED.sub(self._entity, text)
        text = _ESCAPED.sub(lambda match: chr(int(match.group(1))), text)
        return " ".join(html.unescape(text).split())

    def _entity(self, match: re.Match[str]) -> str:
        kept = self.md.htmlStash.rawHtmlBlocks
        number = int(match.group(1))
        raw = kept[number] if number < len(kept) else ""
        return html.unescape(raw) if isinstance(raw, str) and raw.startswith("&") else ""
