"""Costs of lists of alerts and monitors on hosts that may have rules in place of workflows and detectors."""

from dexter_graphql.loaders.base import Reads

ORGANIZATION_LISTS = 5
"""Lists of an organization at most: workflows, detectors of two kinds, metric rules and projects."""
ASSUMED_PROJECTS = 20
"""Projects of an organization, each of which has a list of issue rules."""


def organization_rules_cost(keys: int, _reads: Reads) -> int:
    """The cost of alerts or monitors of whole organizations."""
    return keys * (ORGANIZATION_LISTS + ASSUMED_PROJECTS)


def project_rules_cost(keys: int, _reads: Reads) -> int:
    """The cost of alerts or monitors of projects."""
    return ORGANIZATION_LISTS + 2 * keys
