"""Input as people type it."""

from __future__ import annotations

from datetime import date

import pytest

from kb_assist.guides.answers import (
    FaultCode,
    Given,
    InputFault,
    prefilled,
    read_answer,
    read_day,
    read_number,
    value_fault,
)
from kb_assist.guides.model import Ask, Branch, Kind, Step, StepSettings

DAY = date(2026, 5, 4)


def step(type_: str, *options: str, kind: Kind = Kind.ASK, **settings: object) -> Step:
    branches = tuple(Branch(1, option, None, None) for option in options)
    return Step("s", 1, kind, type_, StepSettings(**settings), branches)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "lang", "number"),
    [
        ("12,5", "de", 12.5),
        ("12.5", "en", 12.5),
        ("12.5", "de", 12.5),
        ("1.234", "de", 1234.0),
        ("1,234", "en", 1234.0),
        ("1.234,5", "de", 1234.5),
        ("-3", "de", -3.0),
        ("150 ms", "de", 150.0),
        ("150MS", "en", 150.0),
        ("abc", "de", None),
        ("1e999", "en", None),
        ("nan", "en", None),
        ("", "en", None),
    ],
)
def test_numbers_are_read_in_the_language(text: str, lang: str, number: float | None) -> None:
    assert read_number(text, lang, "ms") == number


@pytest.mark.parametrize(
    ("text", "lang", "day"),
    [
        ("04.05.2026", "de", date(2026, 5, 4)),
        ("4.5.26", "de", date(2026, 5, 4)),
        ("04/05/2026", "en", date(2026, 5, 4)),
        ("2026-05-04", "de", date(2026, 5, 4)),
        ("heute", "de", DAY),
        ("Yesterday", "en", date(2026, 5, 3)),
        ("31.02.2026", "de", None),
        ("2026-02-30", "en", None),
        ("soon", "en", None),
    ],
)
def test_days_are_read_in_the_language(text: str, lang: str, day: date | None) -> None:
    assert read_day(text, lang, DAY) == day


@pytest.mark.parametrize(
    ("asked", "raw", "expected"),
    [
        (step(Ask.CHOICE, "a", "b"), "b", Given("b")),
        (step(Ask.CHOICE, "a", "b"), "c", InputFault(FaultCode.NOT_AN_OPTION)),
        (step(Ask.CHOICE, "a"), "", InputFault(FaultCode.REQUIRED)),
        (step(Ask.CHOICE, "a", optional=True), " ", Given(None)),
        (step(Ask.MULTI, "a", "b"), ["b", "a", "b"], Given(("b", "a"))),
        (step(Ask.MULTI, "a"), ["a", "x"], InputFault(FaultCode.NOT_AN_OPTION)),
        (step(Ask.MULTI, "a"), [], InputFault(FaultCode.REQUIRED)),
        (step("either", "ok", "failed", kind=Kind.DO), "ok", Given("ok")),
        (step("either", "ok", kind=Kind.DO), "done", InputFault(FaultCode.NOT_AN_OPTION)),
        (step(Ask.NUMBER, min=0, max=9), "9,0", Given(9.0)),
        (step(Ask.NUMBER, min=0), "-1", InputFault(FaultCode.TOO_SMALL, "0")),
        (step(Ask.NUMBER, max=9), "9,1", InputFault(FaultCode.TOO_LARGE, "9")),
        (step(Ask.NUMBER), "many", InputFault(FaultCode.NOT_A_NUMBER)),
        (step(Ask.DATE), "04.05.2026", Given("2026-05-04")),
        (step(Ask.DATE, before="today"), "heute", InputFault(FaultCode.TOO_LATE, "2026-05-04")),
        (step(Ask.DATE, after="2026-01-01"), "1.1.2026",
         InputFault(FaultCode.TOO_EARLY, "2026-01-01")),
        (step(Ask.DATE), "someday", InputFault(FaultCode.NOT_A_DATE)),
        (step(Ask.TEXT, pattern="[A-Z]+", example="AB"), "ab",
         InputFault(FaultCode.WRONG_FORM, "AB")),
        (step(Ask.TEXT, max_length=2), "abc", InputFault(FaultCode.TOO_LONG, "2")),
        (step(Ask.TEXT), " a ", Given("a")),
        (step(Ask.FILE, accept=("png",)), "a.PNG", Given("a.PNG")),
        (step(Ask.FILE, accept=("png", "jpg")), "a.exe",
         InputFault(FaultCode.WRONG_FILE, "png, jpg")),
        (step(Ask.PERSON), "jana@nordwind.example", Given("jana@nordwind.example")),
    ],
)  # fmt: skip
def test_an_answer_is_taken_or_the_fault_is_named(
    asked: Step, raw: str | list[str], expected: Given | InputFault
) -> None:
    assert read_answer(asked, raw, lang="de", on=DAY) == expected


@pytest.mark.parametrize("value", [True, float("nan"), float("inf"), "5", None])
def test_only_numbers_are_numbers(value: object) -> None:
    assert value_fault(step(Ask.NUMBER), value, DAY) is not None  # type: ignore[arg-type]


def test_what_the_ticket_knows_is_offered_when_it_fits() -> None:
    asked = step(Ask.CHOICE, "windows", "mac", prefill="ctx.os")

    assert prefilled(asked, {"os": "mac"}, on=DAY) == "mac"
    assert prefilled(asked, {"os": "beos"}, on=DAY) is None
    assert prefilled(asked, {}, on=DAY) is None
    assert prefilled(step(Ask.TEXT), {"os": "mac"}, on=DAY) is None
