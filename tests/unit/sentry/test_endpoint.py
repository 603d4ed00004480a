"""Declarations of endpoints."""

import pytest

from dexter_graphql.sentry.endpoint import Endpoint
from support.client_endpoints import ANY


@pytest.mark.parametrize(("method", "is_read"), [("GET", True), ("POST", False), ("PUT", False), ("DELETE", False)])
def test_reads_and_writes(method, is_read):
    """Only a GET is a read; the title is method and path template."""
    endpoint = Endpoint("issues.x", method, "/organizations/{organization}/issues/", ("event:read",), restriction=ANY)

    assert (endpoint.is_read, endpoint.title) == (is_read, f"{method} /organizations/{{organization}}/issues/")
