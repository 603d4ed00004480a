"""Addresses of the sandbox's attachments and release files, and their transfers."""

import re

from dexter_graphql.graph.relay.global_ids import encode_id

ADDRESS = "query ($id: ID!) { node(id: $id) { ... on Event { attachments { name downloadUrl } } } }"


def attached(site):
    """An event of acme with its first attachment."""
    organization = site.upstream.world.find_organization("acme")
    event_id, attachments = next(iter(organization.attachments.items()))
    return organization.events[event_id], attachments[0]


async def download_url(site, headers=None):
    """The URL of the first attachment, made by a new operation."""
    event, _ = attached(site)
    variables = {"id": encode_id("Event", "100000", event.issue.project.id, event.id)}
    _, _, body = await site.post(ADDRESS, variables=variables, headers=headers)
    return site.url + body["data"]["node"]["attachments"][0]["downloadUrl"]


async def transfers(site):
    """The number of transfers so far, by direction and outcome."""
    async with site.session.get(f"{site.admin_url}/metrics") as answer:
        text = await answer.text()
    samples = re.findall(r'^dexter_file_transfers_total{direction="(\w+)",outcome="(\w+)"} (\S+)$', text, re.MULTILINE)
    return {(direction, outcome): float(count) for direction, outcome, count in samples}


UPLOAD = """mutation ($input: UploadReleaseFileInput!) {
  uploadReleaseFile(input: $input) { upload { url expiresAt maxBytes } userErrors { field message code } }
}"""
RELEASE = {"release": {"version": "web@1.8.2"}, "organization": {"slug": "acme"}}


async def upload_url(site, name, authorization=None, **values):
    """The URL where a file of a release can be uploaded, made by a new operation."""
    variables = {"input": {**RELEASE, "name": name, **values}}
    _, _, body = await site.post(UPLOAD, variables=variables, headers=authorization)
    return site.url + body["data"]["uploadReleaseFile"]["upload"]["url"]
