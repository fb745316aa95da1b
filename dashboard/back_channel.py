"""Back-channel logout: the identity provider ends a person's sign-ins here when they sign out there.

OpenID Connect Back-Channel Logout 1.0: the provider posts a ``logout_token``, signed with the key that signs
its other tokens. May import ``settings``, ``store`` and ``dashboard.sessions``.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import httpx
from authlib.jose import JsonWebKey, jwt
from authlib.jose.errors import JoseError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard import sessions
from settings import Settings
from store import Store

PATH = "/oauth2/backchannel-logout"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
MOST_BYTES = 16_384
TIMEOUT_S = 10.0
FRESH_S = 300  # how old a token may be


class TokenError(ValueError):
    """The token is none of the provider's, or not about a logout here."""


def routes(settings: Settings, store: Store) -> list[Route]:
    """The route that the provider calls; none where nobody signs in."""
    if not settings.has_sign_in:
        return []

    async def endpoint(request: Request) -> Response:
        if request.method != "POST":
            return JSONResponse({"error": "POST a logout_token."}, 405, {"Allow": "POST"})
        if int(request.headers.get("content-length") or MOST_BYTES + 1) > MOST_BYTES:
            return JSONResponse({"error": "The request is too large."}, 413)
        form = await request.form()
        try:
            await run_in_threadpool(end_by_token, settings, store, str(form.get("logout_token") or ""))
        except (TokenError, JoseError, ValueError) as error:
            return JSONResponse({"error": f"The logout token does not count: {error}."}, 400)
        except httpx.HTTPError:
            return JSONResponse({"error": "The provider's keys could not be read; send it again."}, 503)
        return Response(status_code=200, headers={"Cache-Control": "no-store"})

    return [Route(PATH, endpoint, methods=["GET", "POST"])]


def end_by_token(settings: Settings, store: Store, token: str) -> None:
    """End the sign-ins that a logout token names. TokenError where it does not count."""
    claims = _claims(settings, token)
    now = datetime.now(UTC)
    if abs(time.time() - float(claims.get("iat") or 0)) > FRESH_S:
        raise TokenError("it is too old")
    if EVENT not in (claims.get("events") or {}) or "nonce" in claims:
        raise TokenError("it is about something else")
    if not claims.get("sub"):
        raise TokenError("it names nobody")
    sessions.end_all(store, str(claims["sub"]), "identity provider", now)


def _claims(settings: Settings, token: str) -> dict[str, Any]:
    """What a token says, once its signature, issuer and audience are the provider's and ours."""
    issuer = settings.oidc_issuer.rstrip("/")
    with httpx.Client(timeout=TIMEOUT_S) as client:
        described = client.get(f"{issuer}/.well-known/openid-configuration").raise_for_status().json()
        keys = JsonWebKey.import_key_set(client.get(described["jwks_uri"]).raise_for_status().json())
    wanted = {
        "iss": {"essential": True, "value": described["issuer"]},
        "aud": {"essential": True, "value": settings.oidc_client_id},
    }
    claims = jwt.decode(token, keys, claims_options=wanted)
    claims.validate()
    return dict(claims)
