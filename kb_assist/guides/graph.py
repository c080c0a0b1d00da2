"""A guide as a graph: nodes and edges with texts, and the same as Mermaid text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kb_assist.guides.labels import left_open, option_label, word
from kb_assist.guides.model import Branch, Guide, Kind, Step

_MERMAID_SHAPES = {
    Kind.ASK: ('("', '")'),
    Kind.DO: ('["', '"]'),
    Kind.CALL: ('[["', '"]]'),
    Kind.END: ('(["', '"])'),
}
_LONGEST_LABEL = 60
"""Characters; more makes a node too wide to read."""


@dataclass(frozen=True, slots=True)
class Node:
    id: str
    kind: Kind
    type: str
    text: str
    note: str = ""
    """A second line, for figures."""
    weight: float | None = None
    """0 to 1, drawn as a shade: how grave something is here."""


@dataclass(frozen=True, slots=True)
class Edge:
    source: str
    target: str
    label: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in file order; the first is the start."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What to draw on a graph, by step."""

    notes: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)


def graph_of(guide: Guide, lang: str, figures: Figures | None = None) -> Graph:
    """Several branches between the same two steps become one edge with all their labels."""
    shown = figures or Figures()
    nodes = tuple(
        Node(
            step.id,
            step.kind,
            step.type,
            left_open(guide.step_text(step.id, lang)[0].question),
            shown.notes.get(step.id, ""),
            shown.weights.get(step.id),
        )
        for step in guide.steps.values()
    )
    edges = tuple(edge for step in guide.steps.values() for edge in _edges(guide, step, lang))
    return Graph(guide.text(lang).title, nodes, edges)


def changes(before: Guide | None, after: Guide, lang: str) -> Figures:
    """New and changed steps, for a graph beside a pull request. Removed steps are not drawn."""
    notes: dict[str, str] = {}
    for key, step in after.steps.items():
        old = before.steps.get(key) if before else None
        if before is None or old is None:
            notes[key] = word("new", lang)
        elif replace(old, line=0, branches=_unplaced(old)) != replace(
            step, line=0, branches=_unplaced(step)
        ):
            notes[key] = word("changed", lang)
        elif before.step_text(key, lang)[0] != after.step_text(key, lang)[0]:
            notes[key] = word("reworded", lang)
    return Figures(notes, dict.fromkeys(notes, 0.3))


def _unplaced(step: Step) -> tuple[Branch, ...]:
    """Branches without their line numbers, which say nothing about the guide."""
    return tuple(replace(branch, line=0) for branch in step.branches)


def _edges(guide: Guide, step: Step, lang: str) -> list[Edge]:
    labels: dict[str, list[str]] = {}
    for branch in step.branches:
        if branch.target:
            here = labels.setdefault(branch.target, [])
            if branch.value is not None:
                here.append(option_label(guide, step, branch.value, lang))
            elif branch.condition is not None:
                here.append(branch.condition)
            elif len(step.rules) > 1:
                here.append(word("otherwise", lang))
    if step.settings.exhausted:
        labels.setdefault(step.settings.exhausted, []).append(f"> {step.settings.repeat}×")
    return [Edge(step.id, target, _short(" / ".join(text))) for target, text in labels.items()]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"


def mermaid(graph: Graph) -> str:
    """A flowchart. Ids end in ``_`` because words such as ``end`` are Mermaid's own; every
    character that could be syntax is written as an entity."""
    lines = ["flowchart TD"]
    for node in graph.nodes:
        opening, closing = _MERMAID_SHAPES[node.kind]
        text = _entities(_short(node.text)) + (f"<br/>{_entities(node.note)}" if node.note else "")
        lines.append(f"  {node.id}_{opening}{text}{closing}:::{node.kind}")
    for edge in graph.edges:
        label = f'|"{_entities(edge.label)}"| ' if edge.label else ""
        lines.append(f"  {edge.source}_ --> {label}{edge.target}_")
    lines += [
        "  classDef ask fill:#e8f0fe,stroke:#3b6fd4,color:#14213d",
        "  classDef do fill:#fff4e0,stroke:#b8770b,color:#3d2a05",
        "  classDef call fill:#efe9fb,stroke:#7048c4,color:#2a1a52",
        "  classDef end fill:#e6f4ea,stroke:#2e7d46,color:#12331d",
    ]
    # "end" is a word of the language, so the class needs another name.
    return (
        "\n".join(lines).replace(":::end", ":::outcome").replace("classDef end", "classDef outcome")
        + "\n"
    )


def _entities(text: str) -> str:
    return "".join(c if c.isalnum() or c in " .,-–…/×" else f"#{ord(c)};" for c in text)
