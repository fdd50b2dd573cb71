"""Access tokens, verified against the user pool's public keys. The authorizer's whole work."""

from __future__ import annotations

from functools import cache

import jwt

from chalicelib.errors import Unauthenticated, Upstream
from chalicelib.settings import Settings
from chalicelib.team.people import person_of_username

_LEEWAY_S = 5
_KEYS_FOR_S = 3600


@cache
def _keys(url: str) -> jwt.PyJWKClient:
    return jwt.PyJWKClient(url, cache_keys=True, lifespan=_KEYS_FOR_S, timeout=3)


def principal_of(token: str, settings: Settings) -> dict[str, str]:
    """{"agency", "person", "session"} of a valid access token.

    Checked: RS256 by a key of the pool, expiry, issuer, that it is an access token, and that it was made for our
    client. Whether the session still stands is looked up with each request (api/routing.py). Raises Unauthenticated;
    Upstream when the keys cannot be had.
    """
    try:
        key = _keys(settings.user_pool_keys_url).get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=settings.user_pool_issuer,
            leeway=_LEEWAY_S,
            options={"require": ["exp", "iss"], "verify_aud": False},  # Cognito's access tokens have client_id instead
        )
    except jwt.PyJWKClientConnectionError as error:
        raise Upstream("sign_in_unavailable") from error
    except jwt.PyJWTError as error:
        raise Unauthenticated("unauthenticated", "The access token does not stand.") from error
    if claims.get("token_use") != "access" or claims.get("client_id") != settings.user_pool_client:
        raise Unauthenticated("unauthenticated", "Not an access token of this application.")
    found = person_of_username(str(claims.get("username", "")))
    session = claims.get("origin_jti")
    if found is None or not isinstance(session, str) or not session:
        raise Unauthenticated("unauthenticated", "Not somebody of an agency, or of no session.")
    return {"agency": found[0], "person": found[1], "session": session}
