"""Loaders of what Sentry works out about an event: the diagnosis of its source maps, and its text."""

from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.events import EventKey, event_parents, event_path
from dexter_graphql.loaders.text_formats import TEXT, text_of
from dexter_graphql.sentry.catalogue import events as catalogue
from dexter_graphql.sentry.catalogue import issues as issue_catalogue
from dexter_graphql.sentry.errors import MissingRoute
from dexter_graphql.sentry.parents import Parents


@fan_out(target="SourceMapDebug", uses=(catalogue.SOURCE_MAP_DEBUG,))
async def source_map_debug_data(key: EventKey, load_context: LoadContext) -> Any:
    """Why the frames of an event have source maps or lack them; None when the event does not exist."""
    return await load_context.get_or_none(catalogue.SOURCE_MAP_DEBUG, event_parents(key), path=event_path(key))


class EventTextKey(NamedTuple):
    """An event and the numeric ID of its issue, below which it is written out."""

    event: EventKey
    issue: str


@fan_out(target="", uses=(issue_catalogue.EVENT,))
async def event_texts(key: EventTextKey, load_context: LoadContext) -> Any:
    """An event as text; options are `markdown` or `xml`. None where the server has no such format."""
    try:
        event = await load_context.get_or_none(
            issue_catalogue.EVENT,
            Parents(key.event.organization, issue=key.issue),
            path={"issue": key.issue, "event": key.event.id},
            query=(("llmFormat", load_context.options),),
            projection=TEXT,
        )
    except MissingRoute:  # older than texts, too
        return None
    return text_of(event)
