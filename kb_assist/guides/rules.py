"""The catalogue of rules: every id that ``guides check`` can report, and how grave it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from kb_assist.articles.model import Problem, Severity
from kb_assist.errors import N_, Phrase
from kb_assist.guides.grammar import Finding
from kb_assist.guides.known import KnownNames
from kb_assist.guides.library import GuideFolder
from kb_assist.guides.model import Guide

RULES: Mapping[str, Phrase] = {
    "G001": N_("no readable front matter"),
    "G002": N_("key in the front matter unknown, missing or wrong"),
    "G003": N_("file name differs from guide id"),
    "G101": N_("heading is not a step id"),
    "G102": N_("step defined twice"),
    "G103": N_("heading of another level than # and ##"),
    "G104": N_("something else than settings follows the question"),
    "G105": N_("raw HTML"),
    "G106": N_("not a branch, or text below the branches"),
    "G107": N_("step does not begin with a bold question"),
    "G108": N_("settings cannot be read"),
    "G109": N_("step mixes kinds"),
    "G110": N_("title, steps, question, settings or options are missing"),
    "G112": N_("address that is not http(s), kb: or #step"),
    "G201": N_("unknown kind of answer, actor or outcome"),
    "G202": N_("setting unknown or of another kind"),
    "G203": N_("action without **Expected:**"),
    "G204": N_("action without ok and failed, or with other options"),
    "G205": N_("yes-or-no question without both options"),
    "G206": N_("option without text"),
    "G207": N_("outcome lacks a setting it needs"),
    "G208": N_("repeat without exhausted, or the reverse"),
    "G209": N_("option of a multiple choice leads somewhere"),
    "G210": N_("option stands twice"),
    "G211": N_("value of a setting cannot be used"),
    "G301": N_("target does not exist"),
    "G302": N_("dead end"),
    "G303": N_("rules without a last otherwise"),
    "G304": N_("outcome branches"),
    "G305": N_("no path leads to a step"),
    "G306": N_("no outcome can be reached from a step"),
    "G307": N_("endless loop"),
    "G401": N_("condition cannot be read"),
    "G402": N_("unknown name"),
    "G403": N_("name may be unanswered in a condition"),
    "G404": N_("placeholder may be empty"),
    "G405": N_("rule can never win"),
    "G406": N_("comparison of different types"),
    "G407": N_("value is not an option"),
    "G501": N_("dossier needs what some paths do not ask"),
    "G502": N_("dossier names an unknown step"),
    "G503": N_("export of an unknown step"),
    "G601": N_("called guide does not exist"),
    "G602": N_("outcome of a called guide is not handled"),
    "G603": N_("guides call each other in a circle"),
    "G604": N_("option is no outcome of the called guide"),
    "G605": N_("customers may follow this guide, but not the one it calls"),
    "G606": N_("article does not exist"),
    "G701": N_("translation missing"),
    "G702": N_("step not translated"),
    "G703": N_("translation older than its source"),
    "G704": N_("option not translated"),
    "G705": N_("placeholders differ"),
    "G706": N_("**Expected:** missing in the translation"),
    "G707": N_("translation contains settings or targets"),
    "G708": N_("translated step no longer exists"),
    "G709": N_("translation is not listed in 'translations'"),
    "G710": N_("blocks for agents or customers differ"),
    "G801": N_("structure changed, but version not raised"),
    "G802": N_("step removed on which sessions stand"),
    "G803": N_("question rewritten, but id kept"),
    "G804": N_("review date passed"),
    "G901": N_("branch that no case covers"),
    "G902": N_("condition that no case meets on both sides"),
    "G903": N_("path of more than 25 steps"),
    "G904": N_("case fails"),
    "G905": N_("cases cannot be read"),
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

    def problem(self, line: int, rule: str, message: Phrase, *, path: str = "") -> Problem:
        return located(path or self.path, Finding(line, rule, message))


def located(path: str, finding: Finding, *, release: bool = False) -> Problem:
    is_warning = finding.rule in WARNINGS and not (release and finding.rule in ERRORS_FOR_RELEASE)
    severity = Severity.WARNING if is_warning else Severity.ERROR
    return Problem(path, finding.line, finding.rule, finding.message, severity)
