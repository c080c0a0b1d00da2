"""Guides as Mermaid text and as pictures."""

from __future__ import annotations

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
    assert 'fill="#d764' in picture or 'fill="#d6' in picture
