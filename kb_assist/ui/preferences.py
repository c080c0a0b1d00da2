"""The reader's language and theme."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from kb_assist.auth import store
from kb_assist.edge import current
from kb_assist.edge.paths import same_site
from kb_assist.text import LANGUAGES

blueprint = Blueprint("preferences", __name__)

THEME_COOKIE = "theme"
_THEMES = ("auto", "light", "dark")
_YEAR_SECONDS = 365 * 24 * 3600


def theme(stored: str) -> str:
    """A known theme; ``auto`` follows the operating system."""
    return stored if stored in _THEMES else "auto"


def theme_after(shown: str) -> str:
    """What the theme button changes to."""
    return _THEMES[(_THEMES.index(shown) + 1) % len(_THEMES)]


@blueprint.post("/preferences")
def change() -> Response:
    """Remember the choice, with the account where there is one, and go back to the page."""
    current.choose_language(request.form.get("language", ""))
    _keep_with_account()
    response = redirect(same_site(request.form.get("next", "/")))
    chosen = request.form.get("theme", "")
    if chosen in _THEMES:
        secure = current.services().settings.secure_cookies
        response.set_cookie(
            THEME_COOKIE,
            chosen,
            max_age=_YEAR_SECONDS,
            samesite="Lax",
            secure=secure,
            httponly=True,
        )
    return response


def _keep_with_account() -> None:
    person = current.user()
    language, chosen = request.form.get("language", ""), request.form.get("theme", "")
    values = {"language": language} if language in LANGUAGES else {}
    if chosen in _THEMES:
        values["theme"] = chosen
    if person is not None and values:
        with current.services().database.write() as connection:
            store.set_user(connection, person.id, **values)
