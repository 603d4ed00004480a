"""The files of deploy/, read without Docker: what is published, pinned, limited and scraped."""

import re
from ipaddress import ip_address, ip_network

import pytest
import yaml

from dexter_graphql import __version__
from dexter_graphql.settings import Settings, variable
from support.checkout import ROOT
from support.deployment import COMPOSE, DEPLOY, PROXY_CONFIGURATION, REPLICAS, SERVICES

ALERTS = yaml.safe_load((DEPLOY / "alerts.yml").read_text())
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
VARIABLES = {variable(name) for name in Settings.model_fields}


@pytest.mark.parametrize("name", SERVICES)
def test_services_have_no_rights(name):
    """Each service runs as a numbered user other than root, on a read-only file system, without capabilities."""
    service = SERVICES[name]

    assert int(service["user"].partition(":")[0]) > 0
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", SERVICES)
def test_services_are_watched_and_bounded(name):
    """Each service has a health check, a limit of memory, bounded logs, and starts again after a failure."""
    service = SERVICES[name]

    assert service["healthcheck"]["test"][0] == "CMD"
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned_and_name_no_host(name):
    """An image has the number of a release, and comes from where Docker is configured to look."""
    image, _, tag = SERVICES[name]["image"].partition(":")

    assert "." not in image
    assert re.fullmatch(r"v?\d+\.\d+(\.\d+)?(-alpine)?", tag)


def test_replicas_are_those_of_this_version():
    """There are two replicas, which differ in their address only, of the version that is checked out."""
    one, other = ({key: value for key, value in SERVICES[name].items() if key != "networks"} for name in REPLICAS)

    assert one == other
    assert one["image"] == f"dexter:{__version__}"
    assert (DEPLOY / one["build"] / "Dockerfile").resolve() == ROOT / "Dockerfile"


def test_only_the_proxy_is_published():
    """The proxy takes HTTP and HTTPS; Prometheus is on the loopback of the host, and nothing else has a port there."""
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert ports == {"proxy": ["443:8443", "80:8080"], "prometheus": ["127.0.0.1:9090:9090"]}
    assert set(re.findall(r"listen (\d+)", PROXY_CONFIGURATION)) == {"8443", "8080"}


def test_networks_keep_services_apart():
    """Redis is reached by the replicas alone, and the admin address by Prometheus, without a way out."""
    members = {
        network: {name for name, service in SERVICES.items() if network in service["networks"]}
        for network in COMPOSE["networks"]
    }

    assert members["front"] == {"proxy", *REPLICAS}
    assert members["store"] == {"redis", *REPLICAS}
    assert members["metrics"] == {"prometheus", *REPLICAS}
    assert all(COMPOSE["networks"][name]["internal"] for name in ("store", "metrics"))


def test_addresses_agree():
    """The proxy forwards to the replicas' addresses, and they believe the proxy's address and no other."""
    addresses = {name: SERVICES[name]["networks"]["front"]["ipv4_address"] for name in ("proxy", *REPLICAS)}
    [subnet] = COMPOSE["networks"]["front"]["ipam"]["config"]

    assert all(ip_address(address) in ip_network(subnet["subnet"]) for address in addresses.values())
    assert set(re.findall(r"server (\S+):8000", PROXY_CONFIGURATION)) == {addresses[name] for name in REPLICAS}
    assert SERVICES["dexter-1"]["environment"]["DEXTER_TRUSTED_PROXIES"] == addresses["proxy"]


def test_variables_are_settings():
    """Every variable of the replicas is a setting, also those that are proposed in comments."""
    proposed = re.findall(r"^(?:# )?([A-Z_]+)=", (DEPLOY / "dexter.env").read_text(), re.MULTILINE)
    names = {*proposed, *SERVICES["dexter-1"]["environment"]}

    assert names - VARIABLES == set()
    assert len(set(proposed)) > 5


def test_secrets_are_files():
    """Secrets come from files that are not committed: those of the replicas are named like variables."""
    secrets = {name: secret["file"] for name, secret in COMPOSE["secrets"].items()}
    used = {name: service["secrets"] for name, service in SERVICES.items() if "secrets" in service}
    environment = " ".join(map(str, SERVICES["dexter-1"]["environment"]))

    assert secrets == {name: f"secrets/{name}" for name in secrets}
    assert (DEPLOY / "secrets" / ".gitignore").read_text().splitlines()[1:] == ["*", "!.gitignore"]
    assert used.keys() == {"proxy", *REPLICAS}
    assert all(name.upper() in VARIABLES - set(environment.split()) for name in used["dexter-1"])
    assert all(f"/run/secrets/{name};" in PROXY_CONFIGURATION for name in used["proxy"])


def test_limits_are_those_of_dexter():
    """The proxy limits bodies and waits as the server does, and waits longer than an operation and a heartbeat take."""
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    directives = dict(re.findall(r"^    (\w+) ([^;{]+);$", PROXY_CONFIGURATION, re.MULTILINE))

    assert int(directives["client_max_body_size"]) == defaults["max_body_bytes"]
    assert float(directives["client_header_timeout"].rstrip("s")) == defaults["head_timeout_s"]
    assert float(directives["client_body_timeout"].rstrip("s")) == defaults["body_timeout_s"]
    assert float(directives["proxy_read_timeout"].rstrip("s")) > max(defaults["deadline_s"], defaults["heartbeat_s"])


def test_stopping_takes_longer_than_draining():
    """A container is killed after the server has drained."""
    replica = SERVICES["dexter-1"]

    assert int(replica["stop_grace_period"].rstrip("s")) > int(replica["environment"]["DEXTER_DRAIN_SECONDS"])


def test_prometheus_scrapes_each_replica():
    """Its targets are the admin addresses of the replicas."""
    configuration = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    [job] = configuration["scrape_configs"]
    port = SERVICES["dexter-1"]["environment"]["DEXTER_ADMIN_LISTEN"].rpartition(":")[2]

    assert job["static_configs"] == [{"targets": [f"{name}:{port}" for name in REPLICAS]}]
    assert all((DEPLOY / name).is_file() for name in configuration["rule_files"])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_alerts_are_about_documented_metrics(rule):
    """An alert names metrics of the page on operating, with their labels, and has its line in the page on deploying."""
    documented = dict(
        re.findall(r"^\| `(dexter_\w+)` \| ([^|]*)\|", (ROOT / "docs/operating.md").read_text(), re.MULTILINE)
    )
    metrics = re.findall(r"\b(dexter_\w+)(?:\{(\w+))?", rule["expr"])

    assert all(metric in documented and label in documented[metric] for metric, label in metrics)
    assert metrics or rule["expr"].startswith('up{job="dexter"}')
    assert f"| `{rule['alert']}` |" in (ROOT / "docs/deploying.md").read_text()
