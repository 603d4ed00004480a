"""Fair division of the connections to a host between credentials.

A credential that holds less than its share, a quarter, is served before all others and takes turns with its like. Above
its share it gets a connection only while more than a share is free and no other credential with less is waiting. So the
last quarter is never taken by a single credential, and a new credential does not wait for another one's slow answers.
"""

import asyncio
from collections import Counter, OrderedDict
from dataclasses import dataclass, field

MIN_CONNECTIONS = 4
"""Fewer cannot be divided into quarters."""


@dataclass(slots=True)
class HostConnections:
    """Connections to one host: how many each credential holds, and who waits for one, first come first served."""

    limit: int
    held: Counter[str] = field(default_factory=Counter)
    queues: OrderedDict[str, dict[asyncio.Future[None], None]] = field(default_factory=OrderedDict)
    in_use: int = 0

    @property
    def share(self) -> int:
        """Connections that a credential may hold while others wait."""
        return self.limit // 4

    def grant(self, credential: str) -> None:
        """Count one more connection of this credential."""
        self.held[credential] += 1
        self.in_use += 1

    def give_back(self, credential: str) -> None:
        """Count one connection less of this credential."""
        self.held[credential] -= 1
        self.in_use -= 1
        if not self.held[credential]:
            del self.held[credential]

    def can_take(self, credential: str) -> bool:
        """True when the credential may have another connection, waiting calls aside."""
        free = self.limit - self.in_use
        return free > 0 if self.held[credential] < self.share else free > self.share

    def next_credential(self) -> str | None:
        """Whose waiting call gets a connection now; None when no waiting call may have one."""
        # At most four credentials hold a share or more, so the search is short however many wait.
        below_share = (credential for credential in self.queues if self.held[credential] < self.share)
        credential = next(below_share, None) or min(self.queues, key=self.held.__getitem__, default=None)
        return credential if credential is not None and self.can_take(credential) else None

    def dispatch(self) -> None:
        """Give free connections to the calls that wait."""
        while (credential := self.next_credential()) is not None:
            waiters = self.queues[credential]
            waiter = next(iter(waiters))
            self.remove(credential, waiter)
            if waiter.cancelled():
                continue
            if credential in self.queues:
                self.queues.move_to_end(credential)
            self.grant(credential)
            waiter.set_result(None)

    def remove(self, credential: str, waiter: asyncio.Future[None]) -> None:
        """Take a call out of its queue, if it is still there."""
        waiters = self.queues.get(credential, {})
        waiters.pop(waiter, None)
        if not waiters:
            self.queues.pop(credential, None)


class ConnectionShares:
    """Admission to the connections of every host; `limit` is the number of connections to one host."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._hosts: dict[str, HostConnections] = {}

    @property
    def in_use(self) -> int:
        """Connections that calls hold now, to all hosts."""
        return sum(connections.in_use for connections in self._hosts.values())

    @property
    def waiting(self) -> int:
        """Calls that wait for a connection now, to all hosts."""
        return sum(len(queue) for connections in self._hosts.values() for queue in connections.queues.values())

    def take(self, host: str, credential: str) -> bool:
        """Take a connection at once; False when the call has to wait for one."""
        connections = self._hosts.get(host)
        if connections is None:
            connections = self._hosts[host] = HostConnections(self._limit)
        if connections.queues or not connections.can_take(credential):
            return False
        connections.grant(credential)
        return True

    async def wait(self, host: str, credential: str) -> None:
        """Wait for a connection and take it; a cancelled call leaves the queue."""
        connections = self._hosts[host]
        waiter = asyncio.get_running_loop().create_future()
        connections.queues.setdefault(credential, {})[waiter] = None
        connections.dispatch()
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.cancelled():
                connections.remove(credential, waiter)
                connections.dispatch()
            else:
                self.release(host, credential)
            raise

    def release(self, host: str, credential: str) -> None:
        """Give a connection back."""
        connections = self._hosts[host]
        connections.give_back(credential)
        connections.dispatch()
        if not connections.in_use and not connections.queues:
            del self._hosts[host]
