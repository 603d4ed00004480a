"""Which alert rules were migrated to workflows and detectors."""

import pytest

from dexter_graphql.loaders.alert_rules.migration import NameInProject, unmigrated


def rule(number, name="errors", projects=("web",)):
    return {"id": number, "name": name, "projects": list(projects)}


ERRORS = NameInProject("web", "errors")


@pytest.mark.parametrize(
    ("rules", "migrated", "rest"),
    [
        ([], [ERRORS], []),
        ([rule(1)], [], [1]),
        ([rule(1)], [ERRORS], []),
        ([rule(1, name="other")], [ERRORS], [1]),
        ([rule(1, projects=["api"])], [ERRORS], [1]),
        ([rule(1, projects=["api", "web"])], [ERRORS], []),
        ([rule(1), rule(2)], [ERRORS], [2]),
        ([rule(1), rule(2)], [ERRORS, ERRORS], []),
        ([rule(1, projects=[])], [ERRORS], [1]),
        ([{"id": 1, "name": None, "projects": None}], [ERRORS], [1]),
    ],
)
def test_rules_of_a_migrated_name_are_left_out(rules, migrated, rest):
    """Name and project decide; as many rules of a name remain as have no counterpart."""
    assert [one["id"] for one in unmigrated(rules, migrated)] == rest
