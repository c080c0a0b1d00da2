"""Which names are certainly answered when a step is entered, on every path that leads there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kb_assist.guides.conditions import known_if, parse_condition
from kb_assist.guides.model import Branch, Guide, Kind, Step
from kb_assist.guides.replay import option_of_call

Names = frozenset[str]


class KnownNames:
    """A forward analysis over the graph: the intersection over all ways into a step.

    Finer than dominators: it sees skipped answers, ``answered(…)`` in the rules before, and which
    end of a called guide an option stands for.
    """

    def __init__(self, guides: Mapping[str, Guide]) -> None:
        self._guides = guides
        self._done: dict[tuple[str, bool], Mapping[str, Names]] = {}

    def at_steps(self, guide: Guide, *, with_skipped: bool = False) -> Mapping[str, Names]:
        """Step id to names known on entry; ``with_skipped`` counts what was asked but skipped.

        Steps no path leads to are missing. Conditions must have been read without fault.
        """
        key = (guide.id, with_skipped)
        if key not in self._done:
            # Guides that call each other in a circle are reported elsewhere; here they end.
            self._done[key] = {}
            self._done[key] = self._solve(guide, with_skipped)
        return self._done[key]

    def _solve(self, guide: Guide, with_skipped: bool) -> Mapping[str, Names]:
        known: dict[str, Names] = {guide.start.id: frozenset()}
        waiting = [guide.start.id]
        while waiting:
            step = guide.steps[waiting.pop()]
            for target, names in self._ways_out(step, known[step.id], with_skipped):
                before = known.get(target)
                after = names if before is None else before & names
                if after != before:
                    known[target] = after
                    waiting.append(target)
        return known

    def _ways_out(
        self, step: Step, known: Names, with_skipped: bool
    ) -> Iterator[tuple[str, Names]]:
        if step.kind is Kind.END:
            return
        forgotten = self._exports(step) | {step.id}
        before = known - forgotten
        certain = with_skipped or not step.settings.optional
        options = {branch.value for branch in step.branches if branch.value and branch.target}
        for branch in step.branches:
            if branch.value is not None and branch.target:
                inner = self._called(step, with_skipped, {branch.value})
                yield branch.target, before | inner | {step.id}
        own = frozenset({step.id} if certain else ())
        rest = self._called(step, with_skipped, None, without=options)
        yield from _rules(step.rules, before | own | rest)
        if step.settings.exhausted:
            yield step.settings.exhausted, before | own | self._called(step, with_skipped, None)

    def _exports(self, step: Step) -> Names:
        called = self._guides.get(step.type) if step.kind is Kind.CALL else None
        return (
            frozenset(f"{step.id}.{name}" for name in called.front.exports)
            if called
            else frozenset()
        )

    def _called(
        self,
        step: Step,
        with_skipped: bool,
        chosen: set[str] | None,
        *,
        without: set[str] | None = None,
    ) -> Names:
        """Exports known at those ends of the called guide that select one of the options."""
        called = self._guides.get(step.type) if step.kind is Kind.CALL else None
        if called is None:
            return frozenset()
        inner = self.at_steps(called, with_skipped=with_skipped)
        sets = []
        for end in called.outcomes:
            option = option_of_call(step, end)
            if (
                end.id in inner
                and (chosen is None or option in chosen)
                and option not in (without or ())
            ):
                sets.append(inner[end.id])
        shared = frozenset.intersection(*sets) if sets else frozenset()
        return frozenset(f"{step.id}.{name}" for name in called.front.exports if name in shared)


def _rules(rules: tuple[Branch, ...], known: Names) -> Iterator[tuple[str, Names]]:
    """A rule is reached only when those before it did not hold, which tells something too."""
    for rule in rules:
        if rule.condition is None:
            yield rule.target or "", known
            return
        condition = parse_condition(rule.condition)
        yield rule.target or "", known | known_if(condition, true=True)
        known |= known_if(condition, true=False)
