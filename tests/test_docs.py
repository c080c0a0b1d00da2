"""The documentation says what the program does."""

from __future__ import annotations

import io
import re
import shlex
from datetime import date
from pathlib import Path

import click
import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from kb_assist.cli.guides import guides
from kb_assist.cli.main import COMMANDS, cli
from kb_assist.guides.check import Surroundings, check
from kb_assist.guides.fmt import format_guide
from kb_assist.guides.library import load_folder
from kb_assist.guides.rules import RULES
from kb_assist.settings import ENV_PREFIX, Settings

ROOT = Path(__file__).parents[1]
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_SHELL = re.compile(r"```(?:bash|sh)\n(.*?)```", re.DOTALL)
CATALOGUE = ROOT / "web/translations/de/LC_MESSAGES"


def settings_table() -> str:
    """docs/settings.md's table, as the settings themselves describe it."""
    lines = ["| Variable | Default | Meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "unset" if field.default is None else f"`{field.default}`"
        lines.append(f"| `{ENV_PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(lines)


def test_the_settings_table_is_complete() -> None:
    assert settings_table() in (ROOT / "docs/settings.md").read_text(encoding="utf-8")


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [name for name in COMMANDS if f"kb-assist {name}" not in readme] == []


def test_every_command_has_help() -> None:
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in COMMANDS}

    assert [name for name, command in found.items() if not (command and command.help)] == []


def documented_commands() -> list[tuple[str, list[str]]]:
    """Each ``kb-assist`` line of a shell block: where it stands, and its words."""
    found: list[tuple[str, list[str]]] = []
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for block in re.findall(
            r"```(?:bash|sh)\n(.*?)```", document.read_text("utf-8"), re.DOTALL
        ):
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(re.split(r"\s+[|<>&]\s*", line)[0], comments=True)
                while words and "=" in words[0] and not words[0].startswith("-"):
                    words.pop(0)
                if words and words[0] == "kb-assist":
                    found.append((document.name, words[1:]))
    return found


@pytest.mark.parametrize(("document", "words"), documented_commands())
def test_every_documented_command_is_understood(document: str, words: list[str]) -> None:
    command: click.Command = cli
    context = click.Context(cli)
    while isinstance(command, click.Group) and words:
        below = command.get_command(context, words[0])
        assert below is not None, f"{document}: {words}"
        command, words = below, words[1:]
    command.make_parser(context).parse_args(list(words))


def test_links_between_documents_lead_somewhere() -> None:
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        text = _CODE.sub("", document.read_text(encoding="utf-8"))
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs/adr/README.md").read_text(encoding="utf-8")
    decisions = sorted((ROOT / "docs/adr").glob("0*.md"))

    assert [path.name for path in decisions if f"]({path.name})" not in index] == []


def test_every_message_has_a_german_translation() -> None:
    with (CATALOGUE / "messages.po").open("rb") as stream:
        catalogue = read_po(stream, locale="de")
    with (ROOT / "web/translations/messages.pot").open("rb") as stream:
        template = read_po(stream)
    missing = [m.id for m in template if m.id and not (catalogue[m.id] and catalogue[m.id].string)]

    assert missing == []


def test_the_compiled_catalogue_is_up_to_date() -> None:
    with (CATALOGUE / "messages.po").open("rb") as stream:
        written = io.BytesIO()
        write_mo(written, read_po(stream, locale="de"))

    assert (CATALOGUE / "messages.mo").read_bytes() == written.getvalue()


def test_every_rule_and_command_of_guides_is_in_their_documentation() -> None:
    text = (ROOT / "docs/guides.md").read_text(encoding="utf-8")

    assert [rule for rule, finds in RULES.items() if f"| {rule} | {finds} |" not in text] == []
    assert [name for name in guides.commands if f"kb-assist guides {name}" not in text] == []
    assert all(command.help for command in guides.commands.values())


@pytest.mark.parametrize(
    ("document", "name", "missing"),
    [
        # The translation and the cases of the examples are not printed.
        ("docs/guides.md", "scanner_dark", {"G701"}),
        ("docs/de/anleitungen.md", "scanner_dunkel", {"G901"}),
    ],
)
def test_the_guides_in_the_documentation_are_clean(
    tmp_path: Path, document: str, name: str, missing: set[str]
) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    example = re.search(r"````markdown\n(.*?)````", text, re.DOTALL)
    assert example is not None
    (tmp_path / f"{name}.md").write_text(example.group(1), encoding="utf-8")
    found = check(load_folder(tmp_path), Surroundings(date(2026, 11, 2)))

    assert {problem.rule for problem in found} == missing
    assert format_guide(example.group(1)) == example.group(1)


def test_what_is_in_deploy_names_commands_and_settings_that_exist() -> None:
    files = [path for path in (ROOT / "deploy").rglob("*") if path.is_file()]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    commands = set(re.findall(r"bin/kb-assist ([\w-]+)", text))
    variables = set(re.findall(rf"{ENV_PREFIX}[A-Z_0-9]*[A-Z0-9]", text))
    known = {ENV_PREFIX + name.upper() for name in Settings.model_fields}

    assert {"index", "watch", "webhooks"} <= commands
    assert commands - set(COMMANDS) == set()
    assert variables - known == set()
