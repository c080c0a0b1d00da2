"""One answer from a form to the session, the same for agents and customers."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from flask_babel import gettext as _

from kb_assist.edge import current
from kb_assist.edge.downloads import shelf
from kb_assist.guides.answers import FaultCode, InputFault, read_answer
from kb_assist.guides.decide import may_answer
from kb_assist.guides.model import Ask, Kind, Step
from kb_assist.guides.replay import locate, step_at
from kb_assist.guides.run import AnswerStep, Attach, Refusal, RefusalCode
from kb_assist.guides.sessions import Current
from kb_assist.tickets.attachments import Fault, Upload, attach
from kb_assist.tickets.guiding import Runs

_DONE = ("ok", "failed")


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The answer does not fit its step; the page says so beside the field."""

    words: str
    typed: str = ""


def submit_answer(
    opened: Runs, session: str, ticket_id: int | None
) -> Current | Refusal | NotTaken:
    """Read the form and answer the step it names."""
    form = request.form
    key, seen = form.get("key", ""), form.get("seen", 0, type=int)
    now = opened.sessions.open(session)
    place = locate(now.bundle, key)
    if place is None or (now.trace.current != place and now.trace.visit(key) is None):
        return Refusal(RefusalCode.NOT_HERE)
    step = step_at(now.bundle, place)
    if not may_answer(step, opened.channel):
        return Refusal(RefusalCode.NOT_FOR_CUSTOMER)
    values = [] if form.get("skip") else form.getlist("value")
    uploaded = request.files.get("file")
    if uploaded is not None and uploaded.filename:
        values = [uploaded.filename]
    given = read_answer(step, values, lang=current.language(), on=opened.on)
    if isinstance(given, InputFault):
        return NotTaken(fault_words(given), "" if step.settings.sensitive else " ".join(values))
    if _lacks_consent(step, given.value):
        return NotTaken(_("Tick the box first: the person must agree."))
    if uploaded is None or not uploaded.filename or ticket_id is None:
        return opened.send(session, AnswerStep(key, given.value), seen)
    if seen != now.state.seq:
        return Refusal(RefusalCode.STALE)
    kept = attach(opened.desk, ticket_id, Upload(uploaded.filename, uploaded.read()), shelf())
    if isinstance(kept, Fault):
        return NotTaken(file_words(kept))
    return _with_file(opened, session, step, (key, kept.name, str(kept.id)), seen)


def _lacks_consent(step: Step, value: object) -> bool:
    """Whatever restarts a device or loses data needs a yes of its own."""
    is_risky = step.kind is Kind.DO and bool(step.settings.risk) and value in _DONE
    return is_risky and not request.form.get("confirmed")


def _with_file(
    opened: Runs, session: str, step: Step, file: tuple[str, str, str], seen: int
) -> Current | Refusal:
    """Two events: the file, and the answer that names it."""
    key, name, ref = file
    now = opened.send(session, Attach(key, name, ref), seen)
    if isinstance(now, Refusal) or step.type != Ask.FILE:
        return now
    return opened.send(session, AnswerStep(key, name), now.state.seq)


def fault_words(fault: InputFault) -> str:
    words = {
        FaultCode.REQUIRED: _("An answer is needed here."),
        FaultCode.NOT_AN_OPTION: _("Choose one of the answers."),
        FaultCode.NOT_A_NUMBER: _("This is not a number."),
        FaultCode.TOO_SMALL: _("The number must be at least %(limit)s.", limit=fault.limit),
        FaultCode.TOO_LARGE: _("The number must be at most %(limit)s.", limit=fault.limit),
        FaultCode.NOT_A_DATE: _("This is not a date."),
        FaultCode.TOO_EARLY: _("The date must be after %(limit)s.", limit=fault.limit),
        FaultCode.TOO_LATE: _("The date must be before %(limit)s.", limit=fault.limit),
        FaultCode.WRONG_FORM: _(
            "This does not look right. Example: %(example)s", example=fault.limit
        )
        if fault.limit
        else _("This does not look right."),
        FaultCode.TOO_LONG: _("At most %(limit)s characters.", limit=fault.limit),
        FaultCode.WRONG_FILE: _("Only these kinds of files: %(kinds)s.", kinds=fault.limit),
    }
    return str(words[fault.code])


def file_words(fault: Fault) -> str:
    words = {
        Fault.EMPTY: _("The file is empty."),
        Fault.TOO_LARGE: _("The file is too large."),
        Fault.TICKET_FULL: _("The ticket holds too many files already."),
        Fault.TYPE: _("Files of this kind are not taken."),
    }
    return str(words[fault])
