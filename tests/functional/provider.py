"""A small OpenID Connect provider on loopback, with knobs to misbehave."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server

CLIENT = "kb-assist"
SECRET = "shared secret"


@dataclass
class Provider:
    """``claims`` are those of whoever signs in; ``forged`` signs with a key nobody published."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    """Claims of the identity token that are replaced at the last moment."""
    forged: bool = False
    silent: bool = False
    """Without an identity token at all."""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "published"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


def provider_app(provider: Provider) -> Flask:
    app = Flask("provider")

    @app.get("/.well-known/openid-configuration")
    def configuration() -> Any:
        issuer = provider.issuer
        return jsonify(
            issuer=issuer,
            authorization_endpoint=f"{issuer}/authorize",
            token_endpoint=f"{issuer}/token",
            jwks_uri=f"{issuer}/keys",
            id_token_signing_alg_values_supported=["RS256"],
        )

    @app.get("/keys")
    def keys() -> Any:
        return jsonify(KeySet([provider.key]).as_dict(private=False))

    @app.get("/authorize")
    def authorize() -> Any:
        asked = request.args.to_dict()
        code = f"code-{len(provider.codes)}"
        provider.codes[code] = asked
        return redirect(f"{asked['redirect_uri']}?code={code}&state={asked['state']}")

    @app.post("/token")
    def token() -> Any:
        asked = provider.codes.pop(request.form["code"], None)
        fault = _fault(asked)
        if asked is None or fault:
            provider.refused.append(fault)
            return jsonify(error="invalid_grant"), 400
        answer = {"access_token": "x", "token_type": "Bearer", "expires_in": 60}
        if not provider.silent:
            answer["id_token"] = _identity_token(provider, asked)
        return jsonify(answer)

    return app


def _fault(asked: dict[str, str] | None) -> str:
    if asked is None:
        return "unknown code"
    if request.authorization is None or request.authorization.password != SECRET:
        return "wrong secret"
    digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if asked.get("code_challenge_method") != "S256" or asked["code_challenge"] != challenge:
        return "wrong verifier"
    return ""


def _identity_token(provider: Provider, asked: dict[str, str]) -> str:
    now = int(time.time())
    claims = {
        "iss": provider.issuer,
        "aud": CLIENT,
        "iat": now,
        "exp": now + 60,
        "nonce": asked["nonce"],
        **provider.claims,
        **provider.changes,
    }
    key = RSAKey.generate_key(2048, {"kid": "published"}) if provider.forged else provider.key
    return jwt.encode({"alg": "RS256", "kid": "published"}, claims, key)


@contextmanager
def running_provider() -> Iterator[Provider]:
    provider = Provider()
    server = make_server("127.0.0.1", 0, provider_app(provider))
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
