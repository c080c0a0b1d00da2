"""The language of rules: comparisons of answers, read by a whitelist and never executed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from kb_assist.errors import N_

Value = str | float | date | tuple[str, ...] | None
"""An answer as conditions see it; None was skipped. Several choices are a tuple."""

MAX_LENGTH: Final = 400
ORDERING: Final = frozenset({"<", "<=", ">", ">="})
_OPERATORS: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class ConditionError(ValueError):
    """The text is not a condition; ``reason`` says why, to the author of the guide."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Name:
    """A step, ``call_step.exported_step`` or ``ctx.key``."""

    text: str


@dataclass(frozen=True, slots=True)
class Literal:
    value: str | float | date | tuple[str | float, ...]


@dataclass(frozen=True, slots=True)
class Today:
    """The day of the answer that is being branched on."""


Operand = Name | Literal | Today


@dataclass(frozen=True, slots=True)
class Compare:
    name: str
    operator: str
    right: Operand

    def __str__(self) -> str:
        return f"{self.name} {self.operator} {_text(self.right)}"


@dataclass(frozen=True, slots=True)
class Answered:
    name: str


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


@dataclass(frozen=True, slots=True)
class Both:
    """All parts hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One part holds."""

    parts: tuple[Condition, ...]


Condition = Compare | Answered | Not | Both | Either


@lru_cache(maxsize=16384)
def parse_condition(source: str) -> Condition:
    """Raises ConditionError with the reason when the text is outside the grammar."""
    if len(source) > MAX_LENGTH:
        raise ConditionError(N_("it is longer than %(most)s characters", most=MAX_LENGTH))
    if "\\" in source or "\0" in source:
        raise ConditionError(N_("backslashes are not allowed"))
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConditionError(getattr(error, "msg", "") or N_("it is not readable")) from None
    return _condition(tree.body)


def _condition(node: ast.expr) -> Condition:
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            return Both(tuple(_condition(value) for value in values))
        case ast.BoolOp(op=ast.Or(), values=values):
            return Either(tuple(_condition(value) for value in values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Not(_condition(operand))
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return _compare(left, operator, right)
        case ast.Call(func=ast.Name(id="answered"), args=[argument], keywords=[]):
            return Answered(_name(argument))
    raise ConditionError(N_("'%(source)s' is not a comparison", source=ast.unparse(node)))


def _compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> Compare:
    sign = _OPERATORS.get(type(operator))
    if sign is None:
        raise ConditionError(N_("only == != < <= > >= in and not in compare"))
    operand = _operand(right)
    is_list = isinstance(operand, Literal) and isinstance(operand.value, tuple)
    if is_list != (sign in ("in", "not in")):
        raise ConditionError(
            N_('\'in\' needs a list such as ["a", "b"], the others a single value')
        )
    return Compare(_name(left), sign, operand)


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id="today"):
            raise ConditionError(N_("write the name first: 'step < today'"))
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return f"{owner}.{name}"
    raise ConditionError(N_("'%(source)s' is not the name of a step", source=ast.unparse(node)))


def _operand(node: ast.expr) -> Operand:
    match node:
        case ast.Name(id="today"):
            return Today()
        case ast.Name() | ast.Attribute():
            return Name(_name(node))
        case ast.List(elts=items) if items:
            return Literal(tuple(_scalar(item) for item in items))
        case ast.Call(func=ast.Name(id="date"), args=[ast.Constant(value=str(text))], keywords=[]):
            return Literal(_day(text))
    return Literal(_scalar(node))


def _scalar(node: ast.expr) -> str | float:
    match node:
        case ast.Constant(value=bool()):
            raise ConditionError(N_('write "yes" or "no", not True or False'))
        case ast.Constant(value=str(text)):
            return text
        case ast.Constant(value=int(number) | float(number)):
            return float(number)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number) | float(number))):
            return -float(number)
    raise ConditionError(
        N_("'%(source)s' is not a text, a number or a date", source=ast.unparse(node))
    )


def _day(text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # a day no calendar has, reported below
    raise ConditionError(N_("'%(text)s' is not a date such as 2026-01-31", text=text))


def holds(condition: Condition, env: Mapping[str, Value], today: date) -> bool:
    """Whether a condition is true; a comparison with something unanswered never is."""
    match condition:
        case Both(parts):
            return all(holds(part, env, today) for part in parts)
        case Either(parts):
            return any(holds(part, env, today) for part in parts)
        case Not(part):
            return not holds(part, env, today)
        case Answered(name):
            return env.get(name) is not None
        case Compare():
            return _holds(condition, env, today)


def _holds(compare: Compare, env: Mapping[str, Value], today: date) -> bool:
    left = env.get(compare.name)
    right = _value(compare.right, env, today)
    if left is None or right is None:
        return False
    if compare.operator in ("in", "not in"):
        chosen = left if isinstance(left, tuple) else (left,)
        within = isinstance(right, tuple) and any(item in right for item in chosen)
        return within is (compare.operator == "in")
    if compare.operator in ("==", "!="):
        return (left == right) is (compare.operator == "==")
    if isinstance(left, float | int) and isinstance(right, float | int):
        return _ordered(compare.operator, float(left) - float(right))
    if isinstance(left, date) and isinstance(right, date):
        return _ordered(compare.operator, (left - right).days)
    return False


def _ordered(operator: str, difference: float) -> bool:
    if difference == 0:
        return operator in ("<=", ">=")
    return operator in (("<", "<=") if difference < 0 else (">", ">="))


def _value(operand: Operand, env: Mapping[str, Value], today: date) -> Value | tuple[object, ...]:
    match operand:
        case Today():
            return today
        case Name(text):
            return env.get(text)
        case Literal(value):
            return value


def _text(operand: Operand) -> str:
    match operand:
        case Today():
            return "today"
        case Name(text):
            return text
        case Literal(tuple() as values):
            return f"[{', '.join(_quoted(value) for value in values)}]"
        case Literal(value):
            return _quoted(value)


def _quoted(value: object) -> str:
    if isinstance(value, date):
        return f'date("{value}")'
    return f"{value:g}" if isinstance(value, float) else f'"{value}"'


def comparisons(condition: Condition) -> Iterator[Compare]:
    """Every comparison in reading order."""
    match condition:
        case Compare():
            yield condition
        case Not(part):
            yield from comparisons(part)
        case Both(parts) | Either(parts):
            for part in parts:
                yield from comparisons(part)
        case Answered():
            return


def names(condition: Condition) -> Iterator[str]:
    """Every name in reading order, also those asked with ``answered``."""
    match condition:
        case Answered(name):
            yield name
        case Not(part):
            yield from names(part)
        case Both(parts) | Either(parts):
            for part in parts:
                yield from names(part)
        case Compare(name, _, right):
            yield name
            if isinstance(right, Name):
                yield right.text


def known_if(condition: Condition, *, true: bool) -> frozenset[str]:
    """Names that are certainly answered when the condition turned out this way."""
    match condition:
        case Answered(name):
            return frozenset({name}) if true else frozenset()
        case Compare():
            return frozenset(names(condition)) if true else frozenset()
        case Not(part):
            return known_if(part, true=not true)
        case Both(parts):
            kinds = [known_if(part, true=true) for part in parts]
        case Either(parts):
            kinds = [known_if(part, true=true) for part in parts]
    certain = isinstance(condition, Both) is true
    return frozenset().union(*kinds) if certain else frozenset.intersection(*kinds)


def unguarded(condition: Condition, known: frozenset[str]) -> Iterator[str]:
    """Compared names that are neither in ``known`` nor protected by ``answered(…) and``."""
    match condition:
        case Compare():
            yield from (name for name in names(condition) if name not in known)
        case Not(part):
            yield from unguarded(part, known)
        case Both(parts) | Either(parts):
            for part in parts:
                yield from unguarded(part, known)
                known |= known_if(part, true=isinstance(condition, Both))
        case Answered():
            return
