"""The catalogue of rules: every id that ``guides check`` can report, and how grave it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from kb_assist.articles.model import Problem, Severity
from kb_assist.guides.grammar import Finding
from kb_assist.guides.known import KnownNames
from kb_assist.guides.library import GuideFolder
from kb_assist.guides.model import Guide

RULES: Mapping[str, str] = {
    "G001": "no readable front matter",
    "G002": "key in the front matter unknown, missing or wrong",
    "G003": "file name differs from guide id",
    "G101": "heading is not a step id",
    "G102": "step defined twice",
    "G103": "heading of another level than # and ##",
    "G104": "something else than settings follows the question",
    "G105": "raw HTML",
    "G106": "not a branch, or text below the branches",
    "G107": "step does not begin with a bold question",
    "G108": "settings cannot be read",
    "G109": "step mixes kinds",
    "G110": "title, steps, question, settings or options are missing",
    "G112": "address that is not http(s), kb: or #step",
    "G201": "unknown kind of answer, actor or outcome",
    "G202": "setting unknown or of another kind",
    "G203": "action without **Expected:**",
    "G204": "action without ok and failed, or with other options",
    "G205": "yes-or-no question without both options",
    "G206": "option without text",
    "G207": "outcome lacks a setting it needs",
    "G208": "repeat without exhausted, or the reverse",
    "G209": "option of a multiple choice leads somewhere",
    "G210": "option stands twice",
    "G211": "value of a setting cannot be used",
    "G301": "target does not exist",
    "G302": "dead end",
    "G303": "rules without a last otherwise",
    "G304": "outcome branches",
    "G305": "no path leads to a step",
    "G306": "no outcome can be reached from a step",
    "G307": "endless loop",
    "G401": "condition cannot be read",
    "G402": "unknown name",
    "G403": "name may be unanswered in a condition",
    "G404": "placeholder may be empty",
    "G405": "rule can never win",
    "G406": "comparison of different types",
    "G407": "value is not an option",
    "G501": "dossier needs what some paths do not ask",
    "G502": "dossier names an unknown step",
    "G503": "export of an unknown step",
    "G601": "called guide does not exist",
    "G602": "outcome of a called guide is not handled",
    "G603": "guides call each other in a circle",
    "G604": "option is no outcome of the called guide",
    "G605": "customers may follow this guide, but not the one it calls",
    "G606": "article does not exist",
    "G701": "translation missing",
    "G702": "step not translated",
    "G703": "translation older than its source",
    "G704": "option not translated",
    "G705": "placeholders differ",
    "G706": "**Expected:** missing in the translation",
    "G707": "translation contains settings or targets",
    "G708": "translated step no longer exists",
    "G709": "translation is not listed in 'translations'",
    "G710": "blocks for agents or customers differ",
    "G801": "structure changed, but version not raised",
    "G802": "step removed on which sessions stand",
    "G803": "question rewritten, but id kept",
    "G804": "review date passed",
    "G901": "branch that no case covers",
    "G902": "condition that no case meets on both sides",
    "G903": "path of more than 25 steps",
    "G904": "case fails",
    "G905": "cases cannot be read",
}
WARNINGS = frozenset({"G703", "G803", "G804", "G903"})
# A release must not carry stale translations; on a branch they are work in progress.
ERRORS_FOR_RELEASE = frozenset({"G703"})


@dataclass(frozen=True)
class Subject:
    """One guide under examination, with its neighbours."""

    guide: Guide
    folder: GuideFolder

    @property
    def path(self) -> str:
        return self.guide.path

    @cached_property
    def known(self) -> KnownNames:
        return KnownNames(self.guides)

    @property
    def guides(self) -> Mapping[str, Guide]:
        return self.folder.guides

    def problem(self, line: int, rule: str, message: str, *, path: str = "") -> Problem:
        return located(path or self.path, Finding(line, rule, message))


def located(path: str, finding: Finding, *, release: bool = False) -> Problem:
    is_warning = finding.rule in WARNINGS and not (release and finding.rule in ERRORS_FOR_RELEASE)
    severity = Severity.WARNING if is_warning else Severity.ERROR
    return Problem(path, finding.line, finding.rule, finding.message, severity)
