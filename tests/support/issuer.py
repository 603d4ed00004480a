"""An OpenID Connect issuer: its keys, its tokens, its documents, and a server that serves them."""

import time
from contextlib import asynccontextmanager
from functools import cache

import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from dexter_graphql.server.oidc import DISCOVERY
from support.server import running_site

AUDIENCE = "dexter"


@cache
def rsa_key():
    """An RSA key; its generation is slow, so there is one for all tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class SigningKey:
    """A key pair with an ID."""

    def __init__(self, key_id, private=None):
        self.key_id, self.private = key_id, private or ec.generate_private_key(ec.SECP256R1())
        self.algorithm = "RS256" if isinstance(self.private, rsa.RSAPrivateKey) else "ES256"

    def jwk(self, **members):
        """The public key as issuers publish it."""
        public = self.private.public_key()
        algorithm = RSAAlgorithm if self.algorithm == "RS256" else ECAlgorithm
        return algorithm.to_jwk(public, as_dict=True) | {"kid": self.key_id, "use": "sig"} | members


class Issuer:
    """An issuer with some keys. The first one signs."""

    def __init__(self, url="https://login.example.org", *keys):
        self.url = url
        self.keys = list(keys) or [SigningKey("first")]

    @property
    def discovery_url(self):
        """Address of the discovery document."""
        return self.url + DISCOVERY

    @property
    def jwks_url(self):
        """Address of the keys."""
        return f"{self.url}/keys"

    def discovery(self):
        """The discovery document."""
        return {"issuer": self.url, "jwks_uri": self.jwks_url}

    def jwks(self):
        """The document of keys."""
        return {"keys": [key.jwk() for key in self.keys]}

    def claims(self, **different):
        """Claims of a token that is valid for an hour; a claim that is None is left out."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": AUDIENCE, "sub": "u1", "iat": now, "exp": now + 3600} | different
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, key=None, headers=None, **different):
        """A signed token."""
        key = key or self.keys[0]
        return jwt.encode(self.claims(**different), key.private, key.algorithm, {"kid": key.key_id} | (headers or {}))


@asynccontextmanager
async def running_issuer(*keys):
    """An issuer on the loopback, until the block ends; `requests` are the paths that were asked for."""
    issuer, requests = Issuer("", *keys), []

    async def answer(request):
        requests.append(request.path)
        return web.json_response(issuer.discovery() if request.path == DISCOVERY else issuer.jwks())

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app) as server:
        issuer.url, issuer.requests = str(server.make_url("")).rstrip("/"), requests
        yield issuer


@asynccontextmanager
async def jwt_site(issuer, **settings):
    """A server in mode `jwt` that trusts an issuer."""
    given = {"mode": "jwt", "jwt_issuer": issuer.url, "jwt_audience": (AUDIENCE,)} | settings
    async with running_site(**given) as site:
        yield site
