"""The German catalogue against the code and the templates."""

from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]


def test_every_message_of_code_and_templates_is_in_the_german_catalogue() -> None:
    with (ROOT / "web/translations/de/LC_MESSAGES/messages.po").open("rb") as stream:
        catalogue = read_po(stream, locale="de")
    used = set()
    for folder in ("kb_assist", "web/templates"):
        for _, _, message, _, _ in extract_from_dir(
            ROOT / folder, [("**.py", "python"), ("**.html", "jinja2")]
        ):
            used.add(message[0] if isinstance(message, tuple) else message)

    assert sorted(used - {m.id[0] if isinstance(m.id, tuple) else m.id for m in catalogue}) == []
