"""Answers to a position: walks a guide from its first step along the given answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from kb_assist.guides.conditions import Value, holds, parse_condition
from kb_assist.guides.model import Ask, Bundle, Guide, Kind, Step
from kb_assist.guides.run import Answer, Place, Stored, Trace, Visit

# Valid guides end long before; this only bounds what was never checked.
MOST_VISITS = 5_000


def replay(
    bundle: Bundle, answers: Mapping[str, Answer], context: Mapping[str, str] | None = None
) -> Trace:
    """The only definition of where a session stands. Pure: equal arguments give equal traces.

    Answers off the path are not looked at. A step without an answer for its key is the one that
    waits. ``bundle`` must have been checked.
    """
    walk = _Walk(bundle, answers, {f"ctx.{k}": v for k, v in (context or {}).items() if v})
    end = walk.guide(bundle.guide, "")
    outcome = None if walk.waiting else end
    return Trace(
        tuple(walk.path),
        walk.waiting,
        outcome,
        walk.scopes.get("", {}),
        walk.scopes,
        tuple(walk.exhausted),
    )


@dataclass(slots=True)
class _Walk:
    bundle: Bundle
    answers: Mapping[str, Answer]
    context: Mapping[str, Value]
    path: list[Visit] = field(default_factory=list)
    scopes: dict[str, dict[str, Value]] = field(default_factory=dict)
    exhausted: list[Place] = field(default_factory=list)
    waiting: Place | None = None
    today: date = date.min

    def guide(self, guide: Guide, prefix: str) -> Place | None:
        """Walk one guide; its end, or None when a step inside waits."""
        env: dict[str, Value] = dict(self.context)
        self.scopes[prefix] = env
        entries: Counter[str] = Counter()
        step = guide.start
        while True:
            place, step = self._enter(guide, step, prefix, entries)
            if step.kind is Kind.END:
                return place
            value = self._value(step, place, env)
            if self.waiting is not None:
                return None
            if step.kind is not Kind.CALL:
                env[step.id] = value
            number = branch_of(step, value, env, self.today)
            self.path.append(Visit(place, value, number))
            step = guide.steps[step.branches[number].target or ""]

    def _enter(
        self, guide: Guide, step: Step, prefix: str, entries: Counter[str]
    ) -> tuple[Place, Step]:
        """Count an entry; a loop that is used up leads on to its ``exhausted`` step."""
        while True:
            entries[step.id] += 1
            count = entries[step.id]
            place = Place(key_of(prefix, step.id, count), guide.id, step.id)
            if step.settings.repeat is None or count <= step.settings.repeat:
                return place, step
            entries[step.id] -= 1
            self.exhausted.append(place)
            step = guide.steps[step.settings.exhausted]

    def _value(self, step: Step, place: Place, env: dict[str, Value]) -> Value:
        """The answer at a place; sets ``waiting`` when there is none."""
        if len(self.path) >= MOST_VISITS:
            self.waiting = place
            return None
        if step.kind is Kind.CALL:
            return self._call(step, place, env)
        answer = self.answers.get(place.key)
        if answer is None:
            self.waiting = place
            return None
        self.today = answer.on
        return typed(step, answer.value)

    def _call(self, step: Step, place: Place, env: dict[str, Value]) -> Value:
        called = self.bundle.guides[step.type]
        prefix = f"{place.key}/"
        end = self.guide(called, prefix)
        inner = self.scopes[prefix]
        for name in called.front.exports:
            env[f"{step.id}.{name}"] = inner.get(name)
        if end is None:
            return None
        env[step.id] = option_of_call(step, called.steps[end.step])
        return end.step


def key_of(prefix: str, step_id: str, count: int) -> str:
    """The n-th visit of a step has a key of its own."""
    return f"{prefix}{step_id}" + (f"@{count}" if count > 1 else "")


def locate(bundle: Bundle, key: str) -> Place | None:
    """The step a key names in this bundle, whether it is on a path or not; None for none."""
    guide = bundle.guide
    *calls, last = [part.split("@", 1)[0] for part in key.split("/")]
    for call in calls:
        step = guide.steps.get(call)
        if step is None or step.kind is not Kind.CALL or step.type not in bundle.guides:
            return None
        guide = bundle.guides[step.type]
    return Place(key, guide.id, last) if last in guide.steps else None


def step_at(bundle: Bundle, place: Place) -> Step:
    return bundle.guides[place.guide].steps[place.step]


def option_of_call(step: Step, end: Step) -> str:
    """The option of a call that an end of the called guide selects: its id, else its kind."""
    return end.id if end.id in step.options else end.type


def branch_of(step: Step, value: Value, env: Mapping[str, Value], today: date) -> int:
    """Number of the branch taken: an option with an arrow, else the first rule that holds.

    A valid step always has one; raises LookupError otherwise.
    """
    chosen = env.get(step.id) if step.kind is Kind.CALL else value
    for number, branch in enumerate(step.branches):
        if branch.value is not None and branch.target and branch.value == chosen:
            return number
    for number, branch in enumerate(step.branches):
        if branch.value is None and (
            branch.condition is None or holds(parse_condition(branch.condition), env, today)
        ):
            return number
    raise LookupError(f"step '{step.id}' has no branch for {value!r}")


def typed(step: Step, stored: Stored) -> Value:
    """A stored answer as conditions see it: days become dates."""
    if step.type == Ask.DATE and isinstance(stored, str):
        return date.fromisoformat(stored)
    if isinstance(stored, list):
        return tuple(stored)
    return stored
