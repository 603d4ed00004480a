"""Projects that saved searches name by their numbers."""

from typing import Any

from dexter_graphql.loaders.projects import ProjectNumbersKey

ALL_PROJECTS = -1
"""Stands for all projects of the organization."""


def project_numbers_key(row: Any) -> ProjectNumbersKey:
    """Key of the projects in the member `projects` of a saved search."""
    numbers = [number for number in row.projects or () if isinstance(number, int) and number > 0]
    return ProjectNumbersKey(row.parents.organization, tuple(map(str, numbers)))
