"""The reader's language and theme."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from kb_assist.edge import current

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
    """Remember the choice and go back to the page."""
    current.choose_language(request.form.get("language", ""))
    response = redirect(_same_site(request.form.get("next", "/")))
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


def _same_site(target: str) -> str:
    """Only paths of this site; anything else could lead readers to a forged page."""
    is_path = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if is_path and "\n" not in target and "\r" not in target else "/"
