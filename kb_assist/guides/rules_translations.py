"""Rules G701 to G710: a translation says the same as its source, and nothing more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kb_assist.articles.model import Problem
from kb_assist.errors import N_, Phrase
from kb_assist.guides.grammar import RawBranch, RawStep
from kb_assist.guides.model import BUILT_IN_OPTIONS, StepText
from kb_assist.guides.parse import ParsedOverlay
from kb_assist.guides.rules import Subject
from kb_assist.guides.rules_conditions import PLACEHOLDER, placeholders


def translation_problems(subject: Subject) -> Iterator[Problem]:
    """Declared and present translations, step by step against the source."""
    overlays = subject.folder.overlays.get(subject.guide.id, {})
    for lang in subject.guide.front.translations:
        if lang not in overlays:
            yield subject.problem(1, "G701", N_("translation '%(lang)s' is missing", lang=lang))
    for lang, overlay in overlays.items():
        if lang not in subject.guide.front.translations:
            message = N_(
                "'%(lang)s' is not listed in 'translations' of %(path)s",
                lang=lang,
                path=subject.path,
            )
            yield subject.problem(1, "G709", message, path=overlay.path)
        yield from _overlay(subject, overlay)


def _overlay(subject: Subject, overlay: ParsedOverlay) -> Iterator[Problem]:
    source = subject.guide.source
    steps = {step.id: step for step in overlay.document.steps}
    for key, text in source.steps.items():
        if key not in steps:
            message = N_("step '%(key)s' is not translated", key=key)
            yield subject.problem(1, "G702", message, path=overlay.path)
        else:
            yield from _step(subject, overlay, steps[key], text)
    for key, step in steps.items():
        if key not in source.steps:
            message = N_("step '%(key)s' no longer exists", key=key)
            yield subject.problem(step.line, "G708", message, path=overlay.path)
    if not overlay.document.title or bool(overlay.document.intro) != bool(source.intro):
        message = N_("title or introduction is not translated")
        yield subject.problem(1, "G702", message, path=overlay.path)
    for name in PLACEHOLDER.findall(f"{overlay.document.title}\n{overlay.document.intro}"):
        if name not in PLACEHOLDER.findall(f"{source.title}\n{source.intro}"):
            message = N_("{{%(name)s}} is not in the source", name=name)
            yield subject.problem(1, "G705", message, path=overlay.path)


def _step(
    subject: Subject, overlay: ParsedOverlay, raw: RawStep, source: StepText
) -> Iterator[Problem]:
    def report(rule: str, message: Phrase, line: int = raw.line) -> Problem:
        return subject.problem(line, rule, message, path=overlay.path)

    text = raw.text
    if raw.source_hash != source.digest:
        message = N_(
            "'%(step)s' names no source, which is now %(digest)s; compare, then"
            " 'guides sync --accept %(step)s'",
            step=raw.id,
            digest=source.digest,
        )
        if raw.source_hash:
            message = N_(
                "'%(step)s' is stale, source is now %(digest)s; compare, then"
                " 'guides sync --accept %(step)s'",
                step=raw.id,
                digest=source.digest,
            )
        yield report("G703", message)
    for value in source.labels:
        if value not in text.labels and value not in BUILT_IN_OPTIONS:
            yield report("G704", N_("option `%(value)s` is not translated", value=value))
    if Counter(placeholders(text)) != Counter(placeholders(source)):
        ours, theirs = sorted(placeholders(text)), sorted(placeholders(source))
        yield report(
            "G705",
            N_(
                "placeholders differ: %(ours)s here, %(theirs)s in the source",
                ours=ours,
                theirs=theirs,
            ),
        )
    if source.expected and not text.expected:
        yield report("G706", N_("**Expected:** is missing"))
    yield from _structure(subject, overlay, raw, source)


def _structure(
    subject: Subject, overlay: ParsedOverlay, raw: RawStep, source: StepText
) -> Iterator[Problem]:
    """A translation holds texts only, in the same blocks."""

    def report(rule: str, message: Phrase, line: int = raw.line) -> Problem:
        return subject.problem(line, rule, message, path=overlay.path)

    if raw.settings is not None or any(_decides(branch) for branch in raw.branches):
        yield report("G707", N_("a translation contains no settings and no targets"))
    for branch in raw.branches:
        if branch.value is not None and branch.value not in _options(subject, raw.id):
            yield report(
                "G708", N_("option `%(option)s` no longer exists", option=branch.value), branch.line
            )
    if [b.audience for b in raw.text.blocks if b.audience] != [
        b.audience for b in source.blocks if b.audience
    ]:
        # Text for agents that is an ordinary paragraph in a translation would reach customers.
        yield report("G710", N_("blocks for agents or customers are not the same as in the source"))


def _decides(branch: RawBranch) -> bool:
    return branch.target is not None or branch.condition is not None


def _options(subject: Subject, step: str) -> tuple[str, ...]:
    return subject.guide.steps[step].options
