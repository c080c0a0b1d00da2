"""Signing in through an OpenID Connect provider; the only door to Authlib."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Blueprint, current_app, redirect, request, session, url_for
from flask_babel import gettext as _
from joserfc.errors import JoseError
from requests import RequestException

from kb_assist.auth.external import Identity, sign_in_external
from kb_assist.auth.model import Role
from kb_assist.auth.sign_in import NotSignedIn, Refusal
from kb_assist.edge import current, identity
from kb_assist.edge.paths import same_site
from kb_assist.errors import NotFoundError
from kb_assist.settings import Settings
from kb_assist.ui import sign_in

log = logging.getLogger(__name__)

blueprint = Blueprint("single_sign_on", __name__, url_prefix="/sign-in/sso")

_EXTENSION = "kb_assist_single_sign_on"
_NAME = "provider"
_TARGET = "sso_next"
_TIMEOUT_SECONDS = 10


@blueprint.get("")
def begin() -> Any:
    """To the provider, with a state, a nonce and a PKCE challenge that only this browser has."""
    session[_TARGET] = same_site(request.args.get("next", "/"))
    address = current.public_address(url_for("single_sign_on.finish"))
    try:
        return _client().authorize_redirect(address)
    except (RequestException, OAuthError, ValueError, KeyError) as error:
        return _refused("single sign-on cannot begin", error)


@blueprint.get("/callback")
def finish() -> Any:
    """Back from the provider: check everything, then begin a session."""
    target = same_site(session.get(_TARGET, "/"))
    try:
        answer = _client().authorize_access_token()
    except (RequestException, OAuthError, JoseError, ValueError, KeyError) as error:
        return _refused("single sign-on was refused", error)
    services = current.services()
    person = identity_of(answer.get("userinfo") or {}, services.settings)
    if person is None:
        return _refused("single sign-on was refused", "no identity of this issuer")
    default = services.settings.oidc_default_role
    now = services.clock.now()
    with services.database.write() as connection:
        result = sign_in_external(
            connection, person, default_role=Role(default) if default else None, at=now
        )
    if isinstance(result, NotSignedIn):
        if result.reason is Refusal.DISABLED:
            return sign_in.form(target, message=sign_in.reason(result, now)), 401
        message = _("You are known, but have no role here. Ask your administrator.")
        return sign_in.form(target, message=message), 403
    identity.begin(result)
    return redirect(target, 303)


def identity_of(claims: Mapping[str, Any], settings: Settings) -> Identity | None:
    """Who verified claims describe; None when they are not of the configured issuer."""
    issuer = str(claims.get("iss", "")).rstrip("/")
    subject = str(claims.get("sub", ""))
    if not subject or issuer != str(settings.oidc_issuer).rstrip("/"):
        return None
    email = str(claims.get("email", ""))
    login = str(claims.get("preferred_username") or email or subject)
    return Identity(
        issuer=issuer,
        subject=subject,
        login=login.split("@")[0],
        display_name=str(claims.get("name") or login),
        email=email,
        role=_role(claims.get(settings.oidc_role_claim), settings.oidc_roles),
    )


def _role(claimed: object, roles: Mapping[str, str]) -> Role | None:
    """The highest role that the claim's values stand for."""
    values = claimed if isinstance(claimed, list) else [claimed]
    named = {roles[value] for value in values if isinstance(value, str) and value in roles}
    return next((role for role in reversed(Role) if role.value in named), None)


def _client() -> Any:
    """The provider's client; its addresses and keys are fetched at the first use."""
    settings = current.services().settings
    if settings.oidc_issuer is None or settings.sign_in == "off":
        raise NotFoundError(_("Single sign-on is not set up."))
    oauth = current_app.extensions.get(_EXTENSION)
    if oauth is None:
        oauth = current_app.extensions[_EXTENSION] = _registered(settings)
    return oauth.create_client(_NAME)


def _registered(settings: Settings) -> OAuth:
    secret = settings.oidc_client_secret
    issuer = str(settings.oidc_issuer).rstrip("/")
    oauth = OAuth(current_app)
    oauth.register(
        _NAME,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "default_timeout": _TIMEOUT_SECONDS,
            "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
        },
    )
    return oauth


def _refused(what: str, error: object) -> tuple[str, int]:
    """The reason is for the operator; whoever signs in cannot do anything with it."""
    log.warning("%s: %s", what, error)
    message = _("Single sign-on did not work. Try again, or sign in with a password.")
    return sign_in.form("/", message=message), 401
