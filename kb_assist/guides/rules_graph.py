"""Rules G301 to G307: whether every path leads on, and to an end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from kb_assist.articles.model import Problem
from kb_assist.errors import N_
from kb_assist.guides.model import Ask, Guide, Kind, Step
from kb_assist.guides.rules import Subject

Edges = Mapping[str, tuple[str, ...]]


def graph_problems(subject: Subject) -> Iterator[Problem]:
    """Targets first; reachability and loops are looked at only when every target exists."""
    found = [*_targets(subject), *_exits(subject)]
    yield from found
    if not found:
        yield from _reachability(subject)
        yield from _loops(subject)


def targets_of(step: Step) -> tuple[str, ...]:
    """Where a step can lead, also when its loop is used up; each once, in order."""
    targets = [branch.target for branch in step.branches if branch.target]
    if step.settings.exhausted:
        targets.append(step.settings.exhausted)
    return tuple(dict.fromkeys(targets))


def edges_of(guide: Guide) -> Edges:
    return {step.id: targets_of(step) for step in guide.steps.values()}


def _targets(subject: Subject) -> Iterator[Problem]:
    steps = subject.guide.steps
    for step in steps.values():
        for branch in step.branches:
            if branch.target and branch.target not in steps:
                message = N_("leads to '%(target)s', which does not exist", target=branch.target)
                yield subject.problem(branch.line, "G301", message)
        exhausted = step.settings.exhausted
        if exhausted and exhausted not in steps:
            message = N_(
                "leads to '%(exhausted)s' when exhausted, which does not exist", exhausted=exhausted
            )
            yield subject.problem(step.line, "G301", message)


def _exits(subject: Subject) -> Iterator[Problem]:
    for step in subject.guide.steps.values():
        if step.kind is Kind.END:
            if step.branches:
                line = step.branches[0].line
                yield subject.problem(
                    line, "G304", N_("outcome '%(step)s' must not branch", step=step.id)
                )
        elif not step.branches:
            yield subject.problem(
                step.line, "G302", N_("dead end: '%(step)s' has no branches", step=step.id)
            )
        elif step.rules:
            yield from _last_rule(subject, step)
        else:
            yield from _arrows(subject, step)


def _last_rule(subject: Subject, step: Step) -> Iterator[Problem]:
    *earlier, last = step.rules
    if not last.is_last or any(rule.is_last for rule in earlier):
        message = N_("the rules of '%(step)s' have no 'otherwise' as their last", step=step.id)
        yield subject.problem(last.line, "G303", message)


def _arrows(subject: Subject, step: Step) -> Iterator[Problem]:
    for branch in step.branches:
        if not branch.target:
            message = N_(
                "dead end: option `%(option)s` leads nowhere and there are no rules",
                option=branch.value,
            )
            yield subject.problem(branch.line, "G302", message)
    if step.settings.optional and step.type != Ask.MULTI:
        message = N_("dead end: skipping '%(step)s' leads nowhere; add 'otherwise'", step=step.id)
        yield subject.problem(step.line, "G302", message)


def _reachability(subject: Subject) -> Iterator[Problem]:
    guide = subject.guide
    edges = edges_of(guide)
    reached = reachable([guide.start.id], lambda step: edges[step])
    back: dict[str, list[str]] = {key: [] for key in edges}
    for source, targets in edges.items():
        for target in targets:
            back[target].append(source)
    ending = reachable([step.id for step in guide.outcomes], lambda step: back[step])
    for step in guide.steps.values():
        if step.id not in reached:
            yield subject.problem(
                step.line, "G305", N_("no path leads to step '%(step)s'", step=step.id)
            )
        elif step.id not in ending:
            message = N_("from step '%(step)s' no outcome can be reached", step=step.id)
            yield subject.problem(step.line, "G306", message)


def reachable(starts: Iterable[str], following: Callable[[str], Iterable[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(starts)
    while waiting:
        step = waiting.pop()
        if step not in reached:
            reached.add(step)
            waiting.extend(following(step))
    return reached


def _loops(subject: Subject) -> Iterator[Problem]:
    """A walk that never ends passes a limited step only so often; then it is led to its
    ``exhausted`` step. So it ends in a circle of the graph in which all limits are used up."""
    steps = subject.guide.steps
    edges = {
        key: (step.settings.exhausted,) if step.settings.exhausted else targets_of(step)
        for key, step in steps.items()
    }
    circle = find_circle(edges)
    if circle:
        shown = " → ".join([*circle, circle[0]])
        message = N_("endless loop: %(shown)s; give one of them 'repeat'", shown=shown)
        yield subject.problem(steps[circle[0]].line, "G307", message)


def find_circle(edges: Edges) -> list[str]:
    """The nodes of one circle in order, empty when there is none. Without recursion."""
    state: dict[str, int] = {}
    for root in edges:
        if root in state:
            continue
        trail: list[tuple[str, Iterator[str]]] = [(root, iter(edges[root]))]
        state[root] = 1
        while trail:
            node, rest = trail[-1]
            following = next(rest, None)
            if following is None:
                state[node] = 2
                trail.pop()
            elif state.get(following) == 1:
                nodes = [name for name, _ in trail]
                return nodes[nodes.index(following) :]
            elif following not in state:
                state[following] = 1
                trail.append((following, iter(edges.get(following, ()))))
    return []
