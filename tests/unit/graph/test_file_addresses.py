"""Signed addresses: what they depend on, and the memory of those that were opened."""

from dataclasses import replace

import pytest

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph import file_openings
from dexter_graphql.graph.file_addresses import (
    AddressInvalid,
    AddressLimits,
    AddressTooLong,
    FileAddresses,
    FileReference,
)
from dexter_graphql.graph.file_openings import AddressUsed, Openings
from dexter_graphql.graph.identity import Caller, Identity, Reach
from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.parents import OrganizationRef
from dexter_graphql.sentry.restriction import AccessLevel
from support.upstream import EPOCH_S, MovedClock

FILE = FileReference("events.attachment", OrganizationRef("1", "acme"), {"attachment": "7"}, "app.log")
IDENTITY = Identity(Upstream("alice", "sntryu_secret"), Reach.of(AccessLevel.ADMIN), Caller("alice"))
OTHERS = {
    "caller": replace(IDENTITY, caller=Caller("bob")),
    "credential": replace(IDENTITY, upstream=Upstream("bob", "sntryu_secret")),
    "reach": replace(IDENTITY, reach=Reach.of(AccessLevel.ADMIN, frozenset({"acme/web"}))),
}


@pytest.fixture
def clock():
    """A clock that stands still."""
    return MovedClock()


@pytest.fixture
def addresses(clock):
    """Addresses that are valid for a minute."""
    return FileAddresses(clock, b"key", Openings(clock), AddressLimits(60))


def made(addresses, request_id="1", file=FILE):
    """An address without the path before it."""
    return addresses.make(file, IDENTITY, request_id, EPOCH_S).removeprefix("/files/")


def test_address_holds_its_file(addresses):
    """An address that is read again names the file, and neither the token nor the keys of the identity."""
    address = made(addresses)

    grant = addresses.verify(address, IDENTITY)

    assert grant.file == FILE
    assert "alice" not in repr(grant)


@pytest.mark.parametrize("identity", OTHERS.values(), ids=OTHERS.keys())
def test_address_of_another_identity(addresses, identity):
    """Each of the three identities must be the same."""
    with pytest.raises(AddressInvalid):
        addresses.verify(made(addresses), identity)


def test_address_of_another_key(addresses, clock):
    """Servers with other secrets do not accept each other's addresses."""
    others = FileAddresses(clock, b"another key", Openings(clock))

    with pytest.raises(AddressInvalid):
        others.verify(made(addresses), IDENTITY)


def test_address_expires(addresses, clock):
    """It is valid until its last second."""
    address = made(addresses)
    clock.move(59)
    addresses.verify(address, IDENTITY)
    clock.move(1)

    with pytest.raises(AddressInvalid):
        addresses.verify(address, IDENTITY)


def test_addresses_differ_by_operation(addresses):
    """One operation gets one address for a file, and another one an address of its own."""
    assert made(addresses) == made(addresses)
    assert made(addresses) != made(addresses, "2")


def test_long_description(addresses):
    """What would not fit into a request line is refused."""
    with pytest.raises(AddressTooLong):
        made(addresses, file=FileReference("a", FILE.organization, {}, "x" * 9000))


def test_unpaired_surrogate(addresses):
    """A name that is no text cannot be signed, which is a mistake in the input."""
    with pytest.raises(BadUserInput, match="surrogate"):
        made(addresses, file=FileReference("a", FILE.organization, {}, "\ud800"))


async def test_one_transfer_at_a_time(addresses):
    """A transfer can be resumed after it has ended, until it is complete."""
    grant = addresses.verify(made(addresses), IDENTITY)
    async with addresses.opened(grant):
        with pytest.raises(AddressUsed, match="being transferred"):
            async with addresses.opened(grant):
                pass
    async with addresses.opened(grant) as opening:
        opening.is_complete = True

    with pytest.raises(AddressUsed, match="already"):
        async with addresses.opened(grant):
            pass


async def test_memory_of_openings_is_bounded(clock, monkeypatch):
    """The oldest transfer that has ended makes room for a new one."""
    monkeypatch.setattr(file_openings, "MAX_OPENINGS", 2)
    openings, until = Openings(clock), EPOCH_S + 60
    running, ended = await openings.begin("0", until), await openings.begin("1", until)
    ended.is_complete = True
    await openings.end(ended)

    assert (await openings.begin("2", until)).nonce == "2"
    with pytest.raises(AddressUsed):
        await openings.begin(running.nonce, until)
    assert (await openings.begin("1", until)).is_complete is False
