"""Guides to bundles and back from JSON; a session keeps the bundle it started on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from pydantic import TypeAdapter, ValidationError

from kb_assist.errors import InputError
from kb_assist.guides.model import Bundle, Guide, Kind, StepText


def compile_bundle(guides: Mapping[str, Guide], root: str) -> Bundle:
    """The guide ``root`` with all guides it calls, directly or through others."""
    kept: dict[str, Guide] = {}
    waiting = [root]
    while waiting:
        guide = guides[waiting.pop()]
        kept[guide.id] = guide
        waiting += [called for called in called_guides(guide) if called not in kept]
    return Bundle(root, dict(sorted(kept.items())))


def called_guides(guide: Guide) -> list[str]:
    """Ids of the guides this one calls directly, each once."""
    return list(dict.fromkeys(s.type for s in guide.steps.values() if s.kind is Kind.CALL))


@cache
def _adapter() -> TypeAdapter[Bundle]:
    return TypeAdapter(Bundle)


def dump_bundle(bundle: Bundle) -> str:
    """JSON that ``load_bundle`` reads back to an equal bundle with the same digest."""
    return _adapter().dump_json(bundle).decode()


def load_bundle(text: str) -> Bundle:
    """Raises InputError when the text was not written by ``dump_bundle``."""
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        raise InputError(
            f"The stored guide cannot be read: {error.error_count()} faults."
        ) from None


def with_current_texts(pinned: Bundle, current: Mapping[str, Guide]) -> Bundle:
    """The pinned structure with today's wording.

    A step takes its newer text only where its shape is the same, so that a text never asks for
    something else than the structure expects. The digest does not change.
    """
    guides = {
        guide.id: _reworded(guide, current[guide.id]) if guide.id in current else guide
        for guide in pinned.guides.values()
    }
    return Bundle(pinned.root, guides)


def _reworded(pinned: Guide, current: Guide) -> Guide:
    if current.version == pinned.version and current.structure_digest == pinned.structure_digest:
        return replace(pinned, texts=current.texts)
    same = {
        key
        for key, step in pinned.steps.items()
        if key in current.steps
        and current.steps[key].shape == step.shape
        and current.steps[key].kind is step.kind
    }
    texts = {}
    for lang, text in pinned.texts.items():
        newer = current.texts.get(lang)
        steps: dict[str, StepText] = dict(text.steps)
        if newer is not None:
            steps |= {key: newer.steps[key] for key in text.steps if key in same & set(newer.steps)}
        texts[lang] = replace(text, steps=steps)
    return replace(pinned, texts=texts)
