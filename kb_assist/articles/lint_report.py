"""Findings as text for people, as JSON for programs, as annotations for GitHub."""

from __future__ import annotations

import json
from collections.abc import Sequence

from kb_assist.articles.lint_content import LIBRARY_PATH
from kb_assist.articles.model import Problem, Severity


def format_text(problems: Sequence[Problem], *, folder: str = "") -> str:
    """One line a finding, ``path:line: severity rule: message``, and a summary.

    ``folder`` is put before each path, so that an editor or terminal can open it.
    """
    lines = [
        f"{_one_line(_located(each.path, folder))}:{each.line}:"
        f" {each.severity} {each.rule}: {_one_line(each.message)}"
        for each in problems
    ]
    return "\n".join([*lines, _summary(problems)]) + "\n"


def format_json(problems: Sequence[Problem]) -> str:
    """An object with ``errors``, ``warnings`` and ``problems``; paths are those of the library."""
    report = {
        "errors": _count(problems, Severity.ERROR),
        "warnings": _count(problems, Severity.WARNING),
        "problems": [
            {
                "path": each.path,
                "line": each.line,
                "rule": each.rule,
                "severity": each.severity.value,
                "message": each.message,
            }
            for each in problems
        ],
    }
    return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


def format_github(problems: Sequence[Problem], *, folder: str = "") -> str:
    """GitHub workflow commands, which appear at the line in a pull request.

    ``folder`` is the articles folder as seen from the root of the repository.
    """
    return "".join(f"{_command(each, folder)}\n" for each in problems)


def _command(each: Problem, folder: str) -> str:
    properties = [f"title={_property(f'kb-assist {each.rule}')}"]
    if each.path != LIBRARY_PATH:
        file = _property(_located(each.path, folder))
        properties = [f"file={file}", f"line={each.line}", *properties]
    return f"::{each.severity} {','.join(properties)}::{_escaped(each.message)}"


def _escaped(text: str) -> str:
    """As the command reader of the GitHub runner unescapes a message."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _located(path: str, folder: str) -> str:
    if not folder:
        return path
    return folder if path == LIBRARY_PATH else f"{folder.rstrip('/')}/{path}"


def _one_line(text: str) -> str:
    return " ".join(text.splitlines())


def _count(problems: Sequence[Problem], severity: Severity) -> int:
    return sum(1 for each in problems if each.severity is severity)


def _summary(problems: Sequence[Problem]) -> str:
    if not problems:
        return "No problems found."
    errors, warnings = (_count(problems, severity) for severity in Severity)
    return f"{_number(errors, 'error')}, {_number(warnings, 'warning')}."


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
