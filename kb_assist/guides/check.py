"""All rules over a folder in one pass; a stage is looked at when the one before is clean."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from kb_assist.articles.model import Problem, Severity
from kb_assist.errors import N_
from kb_assist.guides.bundle import called_guides
from kb_assist.guides.grammar import Finding
from kb_assist.guides.library import GuideFolder
from kb_assist.guides.model import Guide, GuideText
from kb_assist.guides.parse import ParsedGuide, ParsedOverlay
from kb_assist.guides.rules import ERRORS_FOR_RELEASE, Subject, located
from kb_assist.guides.rules_calls import article_problems, call_problems, dossier_problems
from kb_assist.guides.rules_cases import case_problems
from kb_assist.guides.rules_conditions import condition_problems
from kb_assist.guides.rules_graph import graph_problems
from kb_assist.guides.rules_steps import step_problems
from kb_assist.guides.rules_translations import translation_problems
from kb_assist.guides.rules_versions import review_problems, version_problems

_FIRST_OF_TEXTS = "G7"


@dataclass(frozen=True)
class Surroundings:
    """What the rules look at beside the folder; everything may be left out."""

    today: date
    articles: Collection[str] | None = None
    """Ids of existing articles; None leaves links unchecked."""
    before: GuideFolder | None = None
    """The folder as it was released last."""
    standing: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Open sessions by guide and step."""
    release: bool = False
    """Stale translations are errors."""


Stage = Callable[[Subject, Surroundings], Iterator[Problem]]


def check(folder: GuideFolder, surroundings: Surroundings) -> list[Problem]:
    """Everything that is wrong, in path and line order; paths are file names."""
    problems = [located(path, f) for path, found in folder.findings.items() for f in found]
    waiting: list[str] = []
    for key, parsed in folder.sources.items():
        problems += _first_stage(parsed)
        if not parsed.findings and parsed.guide is not None:
            waiting.append(key)
    problems += _orphans(folder)
    waiting = _pass(folder, surroundings, waiting, (_steps, _graph), problems)
    usable = replace(folder, sources={key: folder.sources[key] for key in waiting})
    _check_rest(folder, usable, surroundings, problems)
    return sorted(_graded(problems, surroundings))


def publishable(folder: GuideFolder, problems: Iterable[Problem]) -> dict[str, Guide]:
    """Guides that may be run: no error that concerns their structure, nor that of a guide they
    call. A translation with an error is left out, because it might show customers what is for
    agents; faults of cases keep nobody from being helped."""
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    faulty = {problem.path for problem in errors}
    broken = {p.path.removesuffix(".md") for p in errors if p.rule < _FIRST_OF_TEXTS}
    return {
        key: replace(guide, texts=_sound_texts(guide, faulty))
        for key, guide in folder.guides.items()
        if not _calls_any(folder, key, broken) and not _calls_missing(folder, key)
    }


def _sound_texts(guide: Guide, faulty: Collection[str]) -> dict[str, GuideText]:
    return {
        lang: text
        for lang, text in guide.texts.items()
        if lang == guide.lang or f"{guide.id}.{lang}.md" not in faulty
    }


def _calls_missing(folder: GuideFolder, key: str) -> bool:
    waiting, seen = [key], {key}
    while waiting:
        for called in called_guides(folder.guides[waiting.pop()]):
            if called not in folder.guides:
                return True
            if called not in seen:
                seen.add(called)
                waiting.append(called)
    return False


def _check_rest(
    folder: GuideFolder, usable: GuideFolder, surroundings: Surroundings, problems: list[Problem]
) -> None:
    """Stages that look into called guides, which must have come this far themselves."""
    broken = set(folder.sources) - set(usable.sources)
    callers = [key for key in usable.sources if not _calls_any(usable, key, broken)]
    stages = (_conditions, _dossiers, _calls, _articles, _translations, _versions)
    callers = _pass(usable, surroundings, callers, stages, problems)
    ready = [
        key for key in callers if not _calls_any(usable, key, set(usable.sources) - set(callers))
    ]
    _pass(usable, surroundings, ready, (_cases,), problems)


def _calls_any(folder: GuideFolder, key: str, broken: set[str]) -> bool:
    """Whether a guide calls one of these, directly or through others."""
    seen: set[str] = set()
    waiting = [key]
    while waiting:
        name = waiting.pop()
        if name in broken:
            return True
        if name in seen or name not in folder.guides:
            continue
        seen.add(name)
        waiting += called_guides(folder.guides[name])
    return False


def _pass(
    folder: GuideFolder,
    surroundings: Surroundings,
    keys: Iterable[str],
    stages: Iterable[Stage],
    problems: list[Problem],
) -> list[str]:
    """Run stages over guides; those without errors are returned."""
    clean: list[str] = []
    for key in keys:
        subject = Subject(folder.guides[key], folder)
        for stage in stages:
            found = list(stage(subject, surroundings))
            problems += found
            if any(problem.severity is Severity.ERROR for problem in found):
                break
        else:
            clean.append(key)
    return clean


def _first_stage(parsed: ParsedGuide | ParsedOverlay) -> list[Problem]:
    """What reading found, of the earliest stage only: later findings may follow from it."""
    stage = min((finding.rule[1] for finding in parsed.findings), default="")
    return [located(parsed.path, f) for f in parsed.findings if f.rule[1] == stage]


def _orphans(folder: GuideFolder) -> list[Problem]:
    """Translations and cases without a guide, and translations that cannot be read."""
    problems: list[Problem] = []
    for key, overlays in folder.overlays.items():
        for overlay in overlays.values():
            problems += _first_stage(overlay)
            if key not in folder.sources:
                message = N_("there is no guide '%(key)s' that this could translate", key=key)
                problems.append(located(overlay.path, Finding(1, "G003", message)))
    for key in folder.cases:
        if key not in folder.sources:
            finding = Finding(
                1, "G003", N_("there is no guide '%(key)s' that these cases could test", key=key)
            )
            problems.append(located(f"{key}.cases.yml", finding))
    return problems


def _graded(problems: list[Problem], surroundings: Surroundings) -> list[Problem]:
    if not surroundings.release:
        return problems
    return [
        replace(p, severity=Severity.ERROR) if p.rule in ERRORS_FOR_RELEASE else p for p in problems
    ]


def _steps(subject: Subject, _: Surroundings) -> Iterator[Problem]:
    return step_problems(subject)


def _graph(subject: Subject, _: Surroundings) -> Iterator[Problem]:
    return graph_problems(subject)


def _conditions(subject: Subject, _: Surroundings) -> Iterator[Problem]:
    return condition_problems(subject)


def _dossiers(subject: Subject, _: Surroundings) -> Iterator[Problem]:
    return dossier_problems(subject)


def _calls(subject: Subject, _: Surroundings) -> Iterator[Problem]:
    return call_problems(subject)


def _articles(subject: Subject, surroundings: Surroundings) -> Iterator[Problem]:
    if surroundings.articles is not None:
        yield from article_problems(subject, surroundings.articles)


def _translations(subject: Subject, _: Surroundings) -> Iterator[Problem]:
    return translation_problems(subject)


def _versions(subject: Subject, surroundings: Surroundings) -> Iterator[Problem]:
    before = surroundings.before
    earlier = before.guides.get(subject.guide.id) if before else None
    yield from version_problems(subject, earlier, surroundings.standing)
    yield from review_problems(subject, surroundings.today)


def _cases(subject: Subject, _: Surroundings) -> Iterator[Problem]:
    return case_problems(subject)
