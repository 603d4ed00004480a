"""Loader of the adoption of releases."""

from typing import Any

import msgspec

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.releases import ReleaseKey, release_parents
from dexter_graphql.sentry.catalogue import releases as catalogue
from dexter_graphql.sentry.errors import BadResponse
from dexter_graphql.sentry.lenient import UNREADABLE
from dexter_graphql.sentry.projection import without_invalid_rows


class Adoption(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The detail of a release with its adoption, by slug of the project."""

    adoption_stages: dict[str, msgspec.Raw] | None = None


@fan_out(target="ReleaseAdoption", uses=(catalogue.DETAIL,))
async def release_adoption(key: ReleaseKey, load_context: LoadContext) -> list[Any] | None:
    """The adoption of a release in each of its projects; None when Sentry does not send it."""
    parents, query = release_parents(key), (("adoptionStages", "1"),)
    reply = await load_context.send(catalogue.DETAIL, parents, path={"release": key.version}, query=query)
    try:
        stages = msgspec.json.decode(reply.body, type=Adoption).adoption_stages
    except UNREADABLE:
        raise BadResponse("Sentry's answer has no adoption of the release", title=catalogue.DETAIL.title) from None
    if stages is None:
        return None
    body = msgspec.json.encode([_with_slug(slug, stage) for slug, stage in stages.items()])
    decode = load_context.client.records.decode_list
    return without_invalid_rows(decode(body, load_context.projection("list"), (), parents))


def _with_slug(slug: str, stage: msgspec.Raw) -> Any:
    """The stage as a row that names its project; what is no object stays as it is."""
    try:
        return msgspec.json.decode(stage, type=dict[str, msgspec.Raw]) | {"slug": slug}
    except UNREADABLE:
        return stage
