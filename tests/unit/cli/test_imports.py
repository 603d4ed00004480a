"""What `dexter serve` imports: what is not used takes no memory."""

import sys
from subprocess import run

SCRIPT = """
import sys
import dexter_graphql.cli.serve
from dexter_graphql.app import create_app
from dexter_graphql.settings import load_settings
create_app(load_settings(sentry_auth_token="token"))
print(*sorted({"redis", "cryptography", "dexter_graphql.sandbox"} & set(sys.modules)))
"""


def test_redis_and_the_sandbox_are_imported_where_they_are_used():
    """A server without them has imported neither redis-py nor cryptography nor the sandbox."""
    finished = run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)  # noqa: S603

    assert finished.stdout == "\n"
