"""The administrator's page of dossier templates: what each resolver group needs to know."""

from __future__ import annotations

import re
from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from kb_assist.auth.model import Permission, SupportLevel
from kb_assist.edge import current
from kb_assist.edge.guards import require
from kb_assist.errors import NotFoundError
from kb_assist.tickets.handover import store as handover_store
from kb_assist.tickets.handover.dossier import Item, Template, Weight
from kb_assist.tickets.handover.templates import known_items
from kb_assist.ui.people import people

blueprint = Blueprint("dossiers", __name__, url_prefix="/admin/dossiers")

_MOST_CHARACTERS = 200


@blueprint.get("")
@require(Permission.ACCOUNTS_MANAGE)
def everybody() -> str:
    """The groups that tickets are handed over to."""
    with current.services().database.read() as connection:
        groups = [
            (group, handover_store.template_of(connection, group.id))
            for group in people(connection).groups.values()
            if group.support_level is not SupportLevel.L1
        ]
    return render_template("dossiers/list.html", groups=groups)


@blueprint.get("/<int:group_id>")
@require(Permission.ACCOUNTS_MANAGE)
def edit(group_id: int) -> str:
    """Each item with its weight, and how often returns complained about it."""
    with current.services().database.read() as connection:
        template = handover_store.template_of(connection, group_id)
        faults = handover_store.fault_counts(connection, group_id)
        group = people(connection).groups.get(group_id)
    if group is None:
        raise NotFoundError(_("There is no such group."))
    weights = {item.key: item.weight for item in template.items}
    return render_template(
        "dossiers/edit.html",
        group=group,
        items=_choices(template),
        weights=weights,
        faults={fault.item_key: fault for fault in faults},
    )


@blueprint.post("/<int:group_id>")
@require(Permission.ACCOUNTS_MANAGE)
def save(group_id: int) -> Response:
    services = current.services()
    with services.database.write() as connection:
        template = handover_store.template_of(connection, group_id)
        chosen = [
            replace(item, weight=Weight(weight))
            for item in _choices(template)
            if (weight := request.form.get(f"weight-{item.key}", "")) in set(Weight)
        ]
        own = _own_item({item.key for item in _choices(template)})
        items = [*chosen, own] if own else chosen
        now = services.clock.now()
        handover_store.save_template(connection, group_id, template.name, items, now)
    flash(_("The template is kept."))
    return redirect(url_for("dossiers.edit", group_id=group_id), 303)


def _choices(template: Template) -> tuple[Item, ...]:
    """The template's own order first, then what else could be asked."""
    own = {item.key for item in template.items}
    return (*template.items, *(item for item in known_items() if item.key not in own))


def _own_item(taken: set[str]) -> Item | None:
    """A question of the house, None where none was typed."""
    said = {
        language: request.form.get(f"question-{language}", "").strip()[:_MOST_CHARACTERS]
        for language in ("de", "en")
    }
    text = said["en"] or said["de"]
    if not text:
        return None
    question = {language: words or text for language, words in said.items()}
    base = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40] or "question"
    key = next(k for k in (base, *(f"{base}_{n}" for n in range(2, 100))) if k not in taken)
    return Item(key, Weight.REQUIRED, question, question)
