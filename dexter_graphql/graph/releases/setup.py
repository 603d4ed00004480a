"""Release setup of a project."""

from dexter_graphql.graph.declarations.fields import computed, value_type


@value_type
class ReleaseSetup:
    """Steps that make the releases of a project complete; a step is null when Sentry does not send it."""

    @computed()
    def has_tag(steps: dict[str, bool]) -> bool | None:
        """True when events of the project name their release."""
        return steps.get("tag")

    @computed()
    def has_repository(steps: dict[str, bool]) -> bool | None:
        """True when a source repository is connected."""
        return steps.get("repo")

    @computed()
    def has_commit(steps: dict[str, bool]) -> bool | None:
        """True when a release of the project has commits."""
        return steps.get("commit")

    @computed()
    def has_deploy(steps: dict[str, bool]) -> bool | None:
        """True when a release of the project was deployed."""
        return steps.get("deploy")
