"""Loaders and writes of Seer's runs on issues."""

from collections.abc import Mapping
from typing import Any

import msgspec

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.issues.keys import IssueKey, issue_parents
from dexter_graphql.loaders.text_formats import TEXT, text_of
from dexter_graphql.sentry.catalogue import seer as catalogue
from dexter_graphql.sentry.errors import BadResponse, FeatureUnavailable, Forbidden, InvalidValue
from dexter_graphql.sentry.lenient import UNREADABLE, decode_leniently
from dexter_graphql.sentry.projection import Field, Projection


class _Models(msgspec.Struct):
    models: list[str] = []


class Handoff(msgspec.Struct):
    """What became of a handoff: one entry per coding agent that was started or not."""

    successes: list[msgspec.Raw] = []
    failures: list[msgspec.Raw] = []


class StartedRun(msgspec.Struct):
    """A run that was started or continued; webhooks have its number, and newer servers a UUID besides."""

    run_id: int | str | None = None
    sentry_run_id: str | None = None

    @property
    def id(self) -> str | None:
        """ID by which the run is continued."""
        run_id = self.sentry_run_id or self.run_id
        return None if run_id is None else str(run_id)


@fan_out(target="AutofixRun", uses=(catalogue.AUTOFIX,), is_shared=True)
async def autofix_runs(key: IssueKey, load_context: LoadContext) -> Any:
    """The newest run of Seer on an issue; None when there was none."""
    run = Field("autofix", "autofix", load_context.projection("detail"))
    projection = load_context.memoized("autofix", lambda: Projection("AutofixState", "detail", (run,)))
    try:
        state: Any = await load_context.get(
            catalogue.AUTOFIX, issue_parents(key), path={"issue": key.id}, projection=projection
        )
    except Forbidden as error:
        if load_context.client.is_saas(key.organization):
            raise
        message = "This server refuses Seer, which self-hosted servers do not have"
        raise FeatureUnavailable(message, title=error.title, status=error.status) from None
    return state if isinstance(state, InvalidValue) else state.autofix


@fan_out(target="", uses=(catalogue.AUTOFIX,))
async def autofix_texts(key: IssueKey, load_context: LoadContext) -> Any:
    """The run of an issue as text; options are `markdown` or `xml`. None where the server has no such format."""
    return text_of(
        await load_context.get(
            catalogue.AUTOFIX,
            issue_parents(key),
            path={"issue": key.id},
            query=(("llmFormat", load_context.options),),
            projection=TEXT,
        )
    )


async def start_autofix(key: IssueKey, body: Mapping[str, Any], load_context: LoadContext) -> StartedRun:
    """Start a run on an issue, or continue the one that the body names."""
    reply = await load_context.send(
        catalogue.START_AUTOFIX, issue_parents(key), path={"issue": key.id}, body=dict(body)
    )
    load_context.loaders.clear()
    started: StartedRun = _decode(reply.body, StartedRun, catalogue.START_AUTOFIX.title)
    return started


async def hand_off_autofix(key: IssueKey, body: Mapping[str, Any], load_context: LoadContext) -> Handoff:
    """Hand a run on an issue over to a coding agent."""
    reply = await load_context.send(
        catalogue.START_AUTOFIX, issue_parents(key), path={"issue": key.id}, body=dict(body)
    )
    load_context.loaders.clear()
    handoff: Handoff = _decode(reply.body, Handoff, catalogue.START_AUTOFIX.title)
    return handoff


async def seer_models(load_context: LoadContext) -> list[str]:
    """Names of the models that Seer uses."""
    reply = await load_context.client.send(catalogue.MODELS, load_context.call_context, parents=None)
    models: list[str] = _decode(reply.body, _Models, catalogue.MODELS.title).models
    return models


def _decode(body: bytes, kind: Any, title: str) -> Any:
    try:
        return decode_leniently(msgspec.Raw(body), kind, "")
    except UNREADABLE:
        raise BadResponse("Sentry's answer cannot be decoded", title=title) from None
