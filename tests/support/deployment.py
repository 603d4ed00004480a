"""The processes of deploy/compose.yaml without containers: Redis, two replicas and nginx, with the files of deploy/."""

import asyncio
import os
import re
import shutil
import socket
import ssl
from contextlib import AsyncExitStack, asynccontextmanager
from http import HTTPStatus

import aiohttp
import yaml
from aiohttp.abc import AbstractResolver

from support.certificate import authority_signed_context
from support.checkout import ROOT, free_port, start_command
from support.command import run_dexter
from support.keys import SECRET, bearer
from support.redis import running_redis
from support.sandbox import running_sandbox
from support.server import Site

DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
REPLICAS = ("dexter-1", "dexter-2")
PROXY_CONFIGURATION = (DEPLOY / "nginx.conf").read_text()
SETTINGS = dict(re.findall(r"^([A-Z_]+)=(.*)$", (DEPLOY / "dexter.env").read_text(), re.MULTILINE))
REDIS_OPTIONS = SERVICES["redis"]["command"][1:]
KEY = re.compile(r"dxk_[0-9a-f]{10}_[\w-]{43}")


class LoopbackResolver(AbstractResolver):
    """Every name is this machine."""

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": family, "proto": 0, "flags": 0}]

    async def close(self):
        """Nothing is open."""


class Replica:
    """A `dexter serve` process and its addresses."""

    def __init__(self, stack, environment):
        self._stack = stack
        self.port, self.admin_port = free_port(), free_port()
        self.environment = environment | {
            "DEXTER_PORT": str(self.port),
            "DEXTER_ADMIN_LISTEN": f"127.0.0.1:{self.admin_port}",
        }
        self.command = None

    async def start(self):
        """Start the process and wait until it is ready."""
        self.command = await self._stack.enter_async_context(run_dexter("serve", **self.environment))
        await self.command.until(rf"GraphQL   http://127\.0\.0\.1:{self.port}/graphql")
        async with aiohttp.ClientSession() as session:
            for _ in range(500):
                async with session.get(f"http://127.0.0.1:{self.port}/health/ready") as answer:
                    if answer.status == HTTPStatus.OK:
                        return
                await asyncio.sleep(0.02)
        raise AssertionError("the replica did not become ready")


class Deployment:
    """The proxy and both replicas as sites whose sessions send a Dexter key, and the processes behind them."""

    def __init__(self, folder, upstream, redis, replicas):
        self.folder, self.upstream, self.redis, self.replicas = folder, upstream, redis, replicas
        self.key, self.proxy, self.sites = None, None, ()
        self.plain_port, self.tls_port = free_port(), free_port()

    async def create_key(self, *options):
        """A new key, as `dexter keys` prints it."""
        return KEY.search(await self.keys("create", "bot", "--all-projects", *options))[0]

    async def keys(self, *arguments, **settings):
        """What `dexter keys` prints in the environment of a replica."""
        async with run_dexter("keys", *arguments, **self.replicas[0].environment | settings) as command:
            code, err = await command.wait_for_exit()
        assert code == 0, err
        return command.printed

    def write_proxy_configuration(self):
        """The path of nginx's configuration, with addresses and paths of this machine."""
        first, second = (SERVICES[name]["networks"]["front"]["ipv4_address"] for name in REPLICAS)
        text = PROXY_CONFIGURATION
        for old, new in {
            f"{first}:8000": f"127.0.0.1:{self.replicas[0].port}",
            f"{second}:8000": f"127.0.0.1:{self.replicas[1].port}",
            "listen 8080": f"listen 127.0.0.1:{self.plain_port}",
            "listen 8443": f"listen 127.0.0.1:{self.tls_port}",
            "/tmp/": f"{self.folder}/",  # noqa: S108  # of the container
            "/run/secrets/": f"{self.folder}/secrets/",
            "/dev/stdout": f"{self.folder}/access.log",
        }.items():
            assert old in text
            text = text.replace(old, new)
        path = self.folder / "nginx.conf"
        path.write_text(text)
        return path


def _write_secrets(folder, upstream):
    """Write the files that compose.yaml names; returns the path of the certificate of the authority."""
    name = SETTINGS["DEXTER_ALLOWED_HOSTS"]
    _, authority = authority_signed_context(folder, name)
    certificate = (folder / f"{name}.pem").read_text()
    texts = {
        "sentry_auth_token": upstream.token,
        "dexter_secret": SECRET,
        "dexter_webhook_secrets": f"acme={upstream.webhooks.secret()}",
        "tls_certificate": certificate,
        "tls_key": certificate,
    }
    for secret in COMPOSE["secrets"].values():
        path = folder / secret["file"]
        path.parent.mkdir(exist_ok=True)
        path.write_text(texts[path.name])
    return authority


def _replica_environment(folder, upstream, redis, number):
    given = {
        "REDIS_URL": redis.url,
        "SENTRY_URL": upstream.url,
        "DEXTER_SECRETS_DIR": str(folder / "secrets"),
        "DEXTER_TRUSTED_PROXIES": "127.0.0.1",
        # The output of the processes is not read while they run, and a full pipe would stop them.
        "DEXTER_LOG_LEVEL": "warning",
        "DEXTER_AUDIT": str(folder / f"audit-{number}.log"),
        "DEXTER_JOURNAL": str(folder / "journal"),
    }
    return SERVICES[REPLICAS[number]]["environment"] | SETTINGS | given


@asynccontextmanager
async def _running_proxy(deployment):
    """The proxy, once it accepts connections."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert nginx, "nginx is not installed; `make tools` installs it"
    # Workers of a proxy that root starts would have another user, who cannot read the folder of the test.
    options = "daemon off;" + " user root;" * (os.geteuid() == 0)
    path = deployment.write_proxy_configuration()
    async with start_command(nginx, "-c", path, "-g", options, cwd=deployment.folder) as command:
        for _ in range(500):
            assert command.process.returncode is None, (await command.wait_for_exit())[1]
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", deployment.tls_port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                break
        yield command


@asynccontextmanager
async def running_deployment(folder):
    """All processes, until the block ends."""
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(running_redis(*REDIS_OPTIONS))
        upstream = await stack.enter_async_context(running_sandbox())
        authority = _write_secrets(folder, upstream)
        environments = [_replica_environment(folder, upstream, redis, number) for number in range(2)]
        deployment = Deployment(folder, upstream, redis, [Replica(stack, each) for each in environments])
        # Before they start, so that no test has to wait until replicas look for new keys.
        deployment.key = await deployment.create_key("--access", "triage")
        await asyncio.gather(*(replica.start() for replica in deployment.replicas))
        await stack.enter_async_context(_running_proxy(deployment))
        connector = aiohttp.TCPConnector(
            resolver=LoopbackResolver(), ssl=ssl.create_default_context(cafile=str(authority))
        )
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, headers=bearer(deployment.key))
        )
        public = f"https://{SETTINGS['DEXTER_ALLOWED_HOSTS']}:{deployment.tls_port}"
        deployment.proxy = Site(public, None, upstream, None, session)
        deployment.sites = [
            Site(f"http://127.0.0.1:{each.port}", f"http://127.0.0.1:{each.admin_port}", upstream, None, session)
            for each in deployment.replicas
        ]
        yield deployment
