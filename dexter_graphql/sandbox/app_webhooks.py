"""Webhook payloads of installations and of mobile builds."""

from typing import Final

from dexter_graphql.sandbox.serializers.integrations import serialize_installation
from dexter_graphql.sandbox.world.model import Installation, Organization, Project, User
from dexter_graphql.sandbox.world.state import WebhookEvent, World

BUILD_ACTIONS: Final = ("size_analysis_completed", "build_distribution_completed")
_UNKNOWN_GIT: Final = ("baseSha", "baseRef", "headRepoName", "baseRepoName", "prNumber")


def build_installation(
    organization: Organization, installation: Installation, action: str, user: User | None
) -> WebhookEvent:
    """An `installation` webhook with action created or deleted; `code` is exchanged for a token."""
    app = installation.app
    body = serialize_installation(installation, organization) | {
        "app": {"uuid": app.uuid, "slug": app.slug},
        "code": installation.uuid.replace("-", ""),
    }
    return WebhookEvent(organization, "installation", action, {"installation": body}, user)


def build_build(world: World, organization: Organization, project: Project, action: str) -> WebhookEvent:
    """A `preprod_artifact` webhook: an analysis of the size of a mobile build, or its distribution."""
    number = int(world.new_id())
    data: dict[str, object] = {
        "buildId": str(number),
        "organizationSlug": organization.slug,
        "projectSlug": project.slug,
        "platform": "android",
        "state": "COMPLETED",
        "appInfo": _serialize_app(world, project, number),
        "gitInfo": {"headSha": f"{number:040x}", "headRef": "main", "provider": "github"} | dict.fromkeys(_UNKNOWN_GIT),
        "errorCode": None,
        "errorMessage": None,
    }
    return WebhookEvent(organization, "preprod_artifact", action, data | _details(world, number, action))


def _serialize_app(world: World, project: Project, number: int) -> dict[str, object]:
    return {
        "appId": f"example.{project.slug}",
        "name": project.name,
        "version": "1.0",
        "buildNumber": number,
        "artifactType": "AAB",
        "dateAdded": world.now(),
        "dateBuilt": world.now(),
    }


def _details(world: World, number: int, action: str) -> dict[str, object]:
    if action == "size_analysis_completed":
        return {"downloadSize": number % 10_000_000, "installSize": number % 30_000_000}
    return {"isInstallable": True, "installUrl": f"{world.url}/builds/{number}/install/"}
