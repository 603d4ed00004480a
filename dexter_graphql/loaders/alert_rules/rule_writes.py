"""Writes to alert rules: a rule is read past the cache, changed, and sent back as a whole."""

from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any, NamedTuple

from dexter_graphql.errors import BadUserInput, DexterError
from dexter_graphql.loaders.alert_rules.rule_bodies import Members
from dexter_graphql.loaders.alert_rules.workflows import ISSUE_PREFIX, METRIC_PREFIX
from dexter_graphql.loaders.base import LoadContext, each
from dexter_graphql.loaders.workflow_engine import read_object
from dexter_graphql.sentry.catalogue import alerts as catalogue
from dexter_graphql.sentry.client import decode_json
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import BadRequest, Conflict, NotFound
from dexter_graphql.sentry.parents import OrganizationRef, Parents

SET_BY_SENTRY = frozenset(
    {
        "activations", "createdBy", "dateCreated", "dateModified", "errors", "id", "lastTriggered", "organizationId",
        "originalAlertRuleId", "snooze", "snoozeCreatedBy", "snoozeForEveryone", "status",
    }
)  # fmt: skip
"""Members of a rule that a write cannot change. Only the status of metric rules can be written."""
RULE_WRITE_ENDPOINTS = (
    catalogue.ISSUE_RULE,
    catalogue.UPDATE_ISSUE_RULE,
    catalogue.METRIC_RULE,
    catalogue.UPDATE_METRIC_RULE,
)
"""What `update_rule` may call."""
RULE_DELETION_ENDPOINTS = (catalogue.DELETE_ISSUE_RULE, catalogue.DELETE_METRIC_RULE)


Outcomes = dict[Any, DexterError | None]
"""Keys that exist, with the reason why one was not changed."""


class RulePath(NamedTuple):
    """A rule as paths name it: an issue rule in its project, or a metric rule, which has none."""

    organization: OrganizationRef
    number: str
    project: str | None = None

    @property
    def parameters(self) -> Mapping[str, str]:
        """The parameters of the path."""
        return {"rule": self.number} if self.project is None else {"project": self.project, "rule": self.number}

    def choose(self, issue: Endpoint, metric: Endpoint) -> Endpoint:
        """The endpoint for the kind of rule."""
        return metric if self.project is None else issue


def rule_path(organization: OrganizationRef, rule_id: str) -> RulePath:
    """The rule of a translated ID, such as `rule-web-12` or `metric-7`."""
    if rule_id.startswith(METRIC_PREFIX):
        return RulePath(organization, rule_id.removeprefix(METRIC_PREFIX))
    project, _, number = rule_id.removeprefix(ISSUE_PREFIX).rpartition("-")
    return RulePath(organization, number, project)


async def update_rule(path: RulePath, change: Callable[[Members], Members], load_context: LoadContext) -> None:
    """Replace a rule by itself with some members changed; raises NotFound when it does not exist."""
    parents = Parents(path.organization)
    detail = path.choose(catalogue.ISSUE_RULE, catalogue.METRIC_RULE)
    rule = await read_object(detail, parents, path.parameters, load_context)
    body = {name: value for name, value in rule.items() if name not in SET_BY_SENTRY} | dict(change(rule))
    update = path.choose(catalogue.UPDATE_ISSUE_RULE, catalogue.UPDATE_METRIC_RULE)
    await load_context.send(update, parents, path=path.parameters, body=body)
    load_context.loaders.clear()


async def create_rule(
    organization: OrganizationRef, body: Members, load_context: LoadContext, project: str | None = None
) -> str | None:
    """Create a rule, an issue rule when there is a project; its ID, None while Sentry looks up a channel for it."""
    path = RulePath(organization, "", project)
    endpoint = path.choose(catalogue.CREATE_ISSUE_RULE, catalogue.CREATE_METRIC_RULE)
    parameters = {} if project is None else {"project": project}
    reply = await load_context.send(endpoint, Parents(organization), path=parameters, body=body)
    load_context.loaders.clear()
    rule: Any = decode_json(endpoint, reply)
    number = rule.get("id") if isinstance(rule, dict) else None
    return None if number is None else str(number)


async def delete_rule(path: RulePath, load_context: LoadContext) -> None:
    """Delete a rule; raises NotFound when it does not exist."""
    endpoint = path.choose(catalogue.DELETE_ISSUE_RULE, catalogue.DELETE_METRIC_RULE)
    await load_context.send(endpoint, Parents(path.organization), path=path.parameters)
    load_context.loaders.clear()


async def write_each(
    keys: Sequence[Any],
    write: Callable[[Sequence[Any]], Awaitable[Collection[Any]]],
    write_rule: Callable[[Any], Coroutine[Any, Any, None]],
) -> Outcomes:
    """Write workflows or detectors with `write`, which returns those that exist, and each rule with `write_rule`."""
    numbers = [key for key in keys if key.id.isdecimal()]
    outcomes: Outcomes = dict.fromkeys(await write(numbers)) if numbers else {}
    answers = await each([key for key in keys if not key.id.isdecimal()], write_rule)
    for key, answer in answers.items():
        if isinstance(answer, Exception) and not isinstance(answer, (BadUserInput, BadRequest, Conflict, NotFound)):
            raise answer
        if not isinstance(answer, NotFound):
            outcomes[key] = answer
    return outcomes
