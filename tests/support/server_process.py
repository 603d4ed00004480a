"""A server process at a fixed address over a sandbox, which tests end and start again."""

import signal
from contextlib import AsyncExitStack

from support.checkout import free_port
from support.command import run_dexter

SECRET = "the same long secret on every replica"


class ServerProcess:
    """`dexter serve` in mode `open`; `settings` are environment variables."""

    def __init__(self, sandbox, **settings):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._settings = {
            "SENTRY_URL": sandbox.url,
            "SENTRY_AUTH_TOKEN": sandbox.token,
            "DEXTER_WEBHOOK_SECRETS": f"acme={sandbox.webhooks.secret()}",
            "DEXTER_SECRET": SECRET,
        } | settings
        self._stack = AsyncExitStack()

    @property
    def graphql(self):
        """URL of the GraphQL endpoint."""
        return f"{self.url}/graphql"

    async def __aenter__(self):
        await self.start()
        return self

    async def __aexit__(self, *_):
        await self._stack.aclose()

    async def start(self):
        """Start the process and wait until it listens."""
        arguments = ("serve", "--host", "127.0.0.1", "--port", str(self.port))
        self._command = await self._stack.enter_async_context(run_dexter(*arguments, **self._settings))
        await self._command.until(r"GraphQL.*")

    async def end(self, name=signal.SIGTERM):
        """End the process by a signal."""
        await self._command.end(name)
