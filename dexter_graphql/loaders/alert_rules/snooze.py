"""Writes that snooze alert rules. Sentry has no such thing for the workflows that replace them."""

from collections.abc import Mapping

from dexter_graphql.errors import UnsupportedValue
from dexter_graphql.loaders.alert_rules.old_values import items
from dexter_graphql.loaders.alert_rules.rule_writes import RulePath, rule_path
from dexter_graphql.loaders.alerts import AlertKey
from dexter_graphql.loaders.base import LoadContext
from dexter_graphql.loaders.workflow_engine import read_object
from dexter_graphql.sentry.catalogue import alerts as catalogue
from dexter_graphql.sentry.endpoint import Endpoint
from dexter_graphql.sentry.errors import BadResponse
from dexter_graphql.sentry.parents import Parents

SNOOZE_ENDPOINTS = (catalogue.SNOOZE_ISSUE_RULE, catalogue.SNOOZE_METRIC_RULE, catalogue.METRIC_RULE)
UNSNOOZE_ENDPOINTS = (catalogue.UNSNOOZE_ISSUE_RULE, catalogue.UNSNOOZE_METRIC_RULE, catalogue.METRIC_RULE)


async def snooze_rule(key: AlertKey, body: Mapping[str, object], load_context: LoadContext) -> None:
    """Snooze the rule that an alert was translated from."""
    path = _path(key)
    endpoint = path.choose(catalogue.SNOOZE_ISSUE_RULE, catalogue.SNOOZE_METRIC_RULE)
    await _send(endpoint, path, load_context, body)


async def unsnooze_rule(key: AlertKey, load_context: LoadContext) -> None:
    """End the snooze of the rule that an alert was translated from."""
    path = _path(key)
    await _send(path.choose(catalogue.UNSNOOZE_ISSUE_RULE, catalogue.UNSNOOZE_METRIC_RULE), path, load_context)


def _path(key: AlertKey) -> RulePath:
    if key.id.isdecimal():
        raise UnsupportedValue("Sentry can snooze alert rules only; disable this alert instead", ("id",))
    return rule_path(key.organization, key.id)


async def _send(
    endpoint: Endpoint, path: RulePath, load_context: LoadContext, body: Mapping[str, object] | None = None
) -> None:
    project = path.project or await _project_of(path, load_context)
    parameters = {"project": project, "rule": path.number}
    await load_context.send(endpoint, Parents(path.organization), path=parameters, body=body)
    load_context.loaders.clear()


async def _project_of(path: RulePath, load_context: LoadContext) -> str:
    """The slug of a metric rule's project, which the paths of all rules but its own need."""
    rule = await read_object(catalogue.METRIC_RULE, Parents(path.organization), path.parameters, load_context)
    slug = next((slug for slug in items(rule.get("projects")) if isinstance(slug, str)), None)
    if slug is None:
        raise BadResponse("The rule in Sentry's answer has no project", title=catalogue.METRIC_RULE.title)
    return slug
