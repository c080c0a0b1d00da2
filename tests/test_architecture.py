"""Sizes and habits that keep the code readable."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "kb_assist"
FILES = sorted(PACKAGE.rglob("*.py"))

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
USUAL_FUNCTION = 20
MOST_BROAD_EXCEPTS = 1


def _functions() -> Iterator[tuple[str, int]]:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                yield f"{path.name}:{node.name}", length


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}

    assert {name: n for name, n in lengths.items() if n > LONGEST_FILE} == {}


def test_no_function_is_longer_than_60_lines_and_most_fit_in_20() -> None:
    lengths = dict(_functions())

    assert {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION} == {}
    assert sum(n <= USUAL_FUNCTION for n in lengths.values()) >= 0.8 * len(lengths)


def test_every_module_says_what_it_is_for() -> None:
    silent = [p.name for p in FILES if not ast.get_docstring(ast.parse(p.read_text()))]

    assert silent == []


def test_packages_hold_no_code() -> None:
    for path in PACKAGE.rglob("__init__.py"):
        assert len(ast.parse(path.read_text(encoding="utf-8")).body) <= 1, path


def test_maps_of_packages_name_modules_that_exist() -> None:
    lost = [
        (path.parent.name, name)
        for path in PACKAGE.rglob("__init__.py")
        for name in re.findall(r"``([a-z_]+)/?``", path.read_text(encoding="utf-8"))
        if not [*path.parent.rglob(name), *path.parent.rglob(f"{name}.py")]
        and not (PACKAGE.parent / name).is_dir()
    ]

    assert lost == []


def test_every_function_and_class_is_used_by_the_program() -> None:
    """Tests do not count. What a decorator registers needs no caller."""
    sources = [*FILES, *(PACKAGE.parent / "web/templates").rglob("*.html")]
    words = Counter(re.findall(r"\w+", "\n".join(p.read_text(encoding="utf-8") for p in sources)))
    unused = [
        (path.name, node.name)
        for path in FILES
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.decorator_list
        and words[node.name] == 1
    ]

    assert unused == []


def _names(node: ast.AST) -> set[str]:
    return {found.id for found in ast.walk(node) if isinstance(found, ast.Name)}


def test_broad_excepts_are_rare() -> None:
    broad = 0
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler):
                broad += (
                    node.type is None or _names(node.type) & {"Exception", "BaseException"} != set()
                )

    assert broad <= MOST_BROAD_EXCEPTS


def test_the_environment_is_read_in_one_place() -> None:
    readers = {p.name for p in FILES if "os.environ" in p.read_text(encoding="utf-8")}

    # The embedder sets switches of its library; it reads nothing.
    assert readers == {"settings.py", "embedder.py"}
