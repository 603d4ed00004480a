"""Authentication by bearer token and authorization by scope."""

from dexter_graphql.sandbox.asgi import RawRequest
from dexter_graphql.sandbox.http import NO_PERMISSION, HTTPError, Route, raise_http_error
from dexter_graphql.sandbox.world.state import World
from dexter_graphql.sandbox.world.tokens import Token


def authenticate(world: World, raw: RawRequest) -> Token:
    """The token of the request; 401 when it is missing, unknown or expired."""
    text = raw.bearer_token
    if text is None:
        raise_http_error(401, "Authentication credentials were not provided.")
    token = world.tokens.find(text)
    if token is None:
        raise_http_error(401, "Invalid token")
    if token.is_expired:
        raise_http_error(401, "Token expired")
    return token


def check_scopes(route: Route, token: Token) -> None:
    """Raise a 403 with a challenge unless the token has one of the route's scopes."""
    if route.scopes and not route.scopes & token.scopes:
        needed = " ".join(sorted(route.scopes))
        challenge = f'Bearer error="insufficient_scope", scope="{needed}"'
        raise HTTPError(403, {"detail": NO_PERMISSION}, {"WWW-Authenticate": challenge})
