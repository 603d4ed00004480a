"""Certificates that the transport trusts, on real sockets."""

import asyncio
import sys

import pytest

from dexter_graphql.errors import SettingsError
from dexter_graphql.sentry.errors import Unavailable
from dexter_graphql.sentry.http.tls import tls_context
from support.certificate import authority_signed_context, self_signed_context
from support.transport import open_transport, send
from support.upstream import Scripted, Step, a_call, answer

TWO_CALLS = """
import asyncio, sys, time
from dexter_graphql.clock import Clock
from dexter_graphql.sentry.call import Call, Upstream
from dexter_graphql.sentry.errors import SentryError
from dexter_graphql.sentry.http.transport import Transport

async def main():
    transport = Transport(Clock())
    call = Call(endpoint="x", title="x", method="GET", host=sys.argv[1], path="/", upstream=Upstream("a", "b"),
                deadline=time.time() + 30)
    try:
        first, second = [await transport(call) for _ in range(2)]
        print(first.status, second.status, second.body.decode())
    except SentryError as error:
        print(error)
    await transport.close()

asyncio.run(main())
"""
"""A program for a process of its own, since what the system trusts is read when a process starts."""


@pytest.mark.parametrize(("name", "printed"), [("localhost", "200 200 [1]"), ("elsewhere", "Sentry cannot be reached")])
async def test_certificates_that_the_system_trusts(tmp_path, name, printed):
    """A server must show a certificate for its name that the system trusts; its connection is kept."""
    tls, trusted = self_signed_context(tmp_path, name)
    async with Scripted([Step(answer(b"[1]"))], tls) as server:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", TWO_CALLS, server.url),
            stdout=asyncio.subprocess.PIPE,
            env={"SSL_CERT_FILE": str(trusted), "PATH": ""},
        )
        output, _ = await process.communicate()

    assert output.decode().strip() == printed
    assert server.connections == (1 if name == "localhost" else 0)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_certificates_of_a_private_authority(tmp_path, method):
    """A certificate that is signed by the authority of the CA file is trusted."""
    tls, ca_file = authority_signed_context(tmp_path)

    reply, _ = await send([Step(answer(b"[1]"))], tls=tls, options={"ca_file": str(ca_file)}, method=method)

    assert reply.body == b"[1]"


async def test_names_are_checked_with_a_private_authority(tmp_path):
    """A certificate of the private authority for another name is refused."""
    tls, ca_file = authority_signed_context(tmp_path, "elsewhere")

    with pytest.raises(Unavailable):
        await send([Step(answer())], tls=tls, options={"ca_file": str(ca_file)})


async def test_certificates_of_an_unknown_authority(tmp_path):
    """No token is sent to a server whose certificate is not signed by a trusted authority."""
    tls, _ = authority_signed_context(tmp_path)
    async with Scripted([Step(answer())], tls) as server, open_transport() as transport:
        with pytest.raises(Unavailable) as raised:
            await transport(a_call(host=server.url))

    assert (str(raised.value), server.requests) == ("Sentry cannot be reached", [])


def test_private_authority_adds_to_the_system(tmp_path, monkeypatch):
    """With a CA file the authorities that the system trusts are trusted as before."""
    _, system_file = self_signed_context(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(system_file))
    _, ca_file = authority_signed_context(tmp_path, "elsewhere")

    names = {dict(*certificate["subject"])["commonName"] for certificate in tls_context(str(ca_file)).get_ca_certs()}

    assert names == {"localhost", "authority.test"}


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_files_without_certificates(tmp_path, content):
    """A CA file that is missing or holds no certificate stops the start with a message that names the setting."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)

    with pytest.raises(SettingsError) as raised:
        tls_context(str(path))

    assert str(raised.value).startswith(f"DEXTER_CA_FILE: {path} ")
