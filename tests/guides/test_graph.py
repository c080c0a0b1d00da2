"""Guides as Mermaid text and as pictures."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from kb_assist.guides.graph import Edge, Figures, Graph, Node, graph_of, mermaid
from kb_assist.guides.layout import place
from kb_assist.guides.library import load_folder
from kb_assist.guides.model import Bundle, Kind
from kb_assist.guides.svg import draw

FOLDER = load_folder(Path(__file__).parents[2] / "articles" / "guides")
SVG = "{http://www.w3.org/2000/svg}"


def test_every_branch_is_an_edge_and_equal_ways_are_one(bundle: Bundle) -> None:
    graph = graph_of(bundle.guide, "en")
    edges = {(edge.source, edge.target): edge.label for edge in graph.edges}

    assert edges["internet", "error_shown"] == "Yes"
    assert edges["latency", "esc_network"] == "latency >= 300"
    assert edges["latency", "screenshot"] == "otherwise"
    assert edges["device", "internet"] == ""
    assert edges["error_shown", "esc_network"] == "> 2×"
    assert len(edges) == len(graph.edges)


def test_mermaid_contains_no_character_of_a_text_that_could_be_syntax() -> None:
    node = Node("end", Kind.ASK, "text", 'a"]; click x "javascript:alert(1)" %% `b` <i> #')
    text = mermaid(Graph("t", (node,), (Edge("end", "end", 'x|"--> y'),)))
    body = text.split("\n")[1:3]

    assert body[0].startswith('  end_("a#34;#93;#59; click x #34;javascript#58;')
    assert body[0].count('"') == 2
    assert body[1] == '  end_ --> |"x#124;#34;--#62; y"| end_'
    assert not re.search(r"[<%`]", text.split("classDef", maxsplit=1)[0])


@pytest.mark.parametrize("name", sorted(FOLDER.guides))
def test_every_guide_can_be_drawn_with_all_its_steps(name: str) -> None:
    guide = FOLDER.guides[name]
    picture = ET.fromstring(draw(graph_of(guide, "de")))

    addresses = [node.get("href") for node in picture.iter(f"{SVG}a")]
    assert addresses == [f"#{step}" for step in guide.steps]
    assert not list(picture.iter(f"{SVG}script"))
    assert not [e for e in picture.iter() if "style" in e.attrib]


@pytest.mark.parametrize("name", sorted(FOLDER.guides))
def test_no_two_steps_overlap(name: str) -> None:
    graph = graph_of(FOLDER.guides[name], "de")
    layout = place(
        [node.id for node in graph.nodes],
        [(edge.source, edge.target) for edge in graph.edges],
        {node.id: 4 for node in graph.nodes},
    )
    boxes = list(layout.boxes.values())

    for number, one in enumerate(boxes):
        assert one.x >= 0
        assert one.x + one.width <= layout.width
        assert one.bottom <= layout.height
        for other in boxes[number + 1 :]:
            apart = (
                one.x + one.width <= other.x
                or other.x + other.width <= one.x
                or one.bottom <= other.y
                or other.bottom <= one.y
            )
            assert apart


@pytest.mark.parametrize("lang", ["de", "en"])
@pytest.mark.parametrize("name", sorted(FOLDER.guides))
def test_labels_cover_neither_each_other_nor_a_step(name: str, lang: str) -> None:
    picture = ET.fromstring(draw(graph_of(FOLDER.guides[name], lang)))
    steps = [
        tuple(float(box.get(side, "")) for side in ("x", "y", "width", "height"))
        for box in picture.iter(f"{SVG}rect")
    ]
    taken = [(x, y, x + width, y + height) for x, y, width, height in steps]

    for label in picture.findall(f"{SVG}text"):
        x, y = float(label.get("x", "")), float(label.get("y", ""))
        shown = label[0].tail or ""
        half = 6 * len(shown) / 2
        area = (x - half, y - 9, x + half, y + 2)
        assert area[0] >= 0
        assert area[2] <= float(picture.get("width", ""))
        covered = [other for other in taken if _cover(area, other)]
        assert not covered, shown
        taken.append(area)


def _cover(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_ways_back_go_around_every_step() -> None:
    graph = Graph(
        "t",
        tuple(Node(name, Kind.ASK, "yesno", name) for name in "abcdef"),
        tuple(Edge(*pair, "no") for pair in ("ab", "ac", "bd", "ce", "df", "da", "db", "dd")),
    )
    layout = place(
        [node.id for node in graph.nodes],
        [(edge.source, edge.target) for edge in graph.edges],
        {},
        {(edge.source, edge.target): 12.0 for edge in graph.edges},
    )

    assert set(layout.returns) == {("d", "a"), ("d", "b"), ("d", "d")}
    for line in layout.returns.values():
        # The first leg leaves a step and the last one enters one.
        for (x1, y1), (x2, y2) in itertools.pairwise(line[1:-1]):
            leg = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
            boxes = [(b.x, b.y, b.x + b.width, b.bottom) for b in layout.boxes.values()]
            assert not [box for box in boxes if _cover(leg, box)]
    heights = {layout.labels[key][1] for key in layout.returns}
    assert len(heights) == 3, "one label below the other"


def test_the_start_is_on_top(bundle: Bundle) -> None:
    graph = graph_of(bundle.guide, "en")
    layout = place(
        [node.id for node in graph.nodes],
        [(edge.source, edge.target) for edge in graph.edges],
        {},
    )

    assert layout.boxes["device"].y == min(box.y for box in layout.boxes.values())


def test_figures_are_drawn_on_their_steps_and_texts_are_escaped(bundle: Bundle) -> None:
    figures = Figures({"retry": "12 % <drop>"}, {"retry": 1.0})
    picture = draw(graph_of(bundle.guide, "en", figures))

    assert "12 % &lt;drop&gt;" in picture
    assert 'fill="#ebb2' in picture, "the reddest that its words can be read on"
