"""JSON of projects, client keys, environments and organizations."""

from typing import Any
from urllib.parse import urlsplit

from dexter_graphql.sandbox.serializers.members import serialize_avatar
from dexter_graphql.sandbox.world.model import ClientKey, Environment, Member, Organization, Project, Team

_HAS = (
    "Feedbacks Flags MinifiedStackTrace Monitors NewFeedbacks Profiles Replays Sessions InsightsHttp InsightsDb "
    "InsightsAssets InsightsAppStart InsightsScreenLoad InsightsVitals InsightsCaches InsightsQueues "
    "InsightsAgentMonitoring InsightsMCP Logs TraceMetrics"
)
_TRUE_FOR = frozenset({"hasMonitors", "hasSessions", "hasNewFeedbacks", "hasFeedbacks"})
_ACCESS = [
    "alerts:read", "alerts:write", "event:admin", "event:read", "event:write", "org:read", "project:read",
    "project:releases", "project:write", "team:read",
]  # fmt: skip
_COLORS = ("#3f70bf", "#bf3f7a", "#57be8c", "#bf6e3f", "#803fbf", "#3fbfac")


def serialize_project(record: Project, viewer: Member | None) -> dict[str, Any]:
    """The members shared by all shapes of a project."""
    return {
        "id": record.id,
        "slug": record.slug,
        "name": record.name,
        "platform": record.platform,
        "dateCreated": record.date_created,
        "isBookmarked": record.is_bookmarked,
        "isMember": viewer is not None and any(team in viewer.teams for team in record.teams),
        "features": ["alert-filters", "minidump", "servicehooks"],
        "firstEvent": record.date_created,
        "firstTransactionEvent": False,
        "access": _ACCESS,
        "hasAccess": True,
        **{f"has{name}": f"has{name}" in _TRUE_FOR for name in _HAS.split()},
    }


def serialize_embedded_project(record: Project, viewer: Member | None) -> dict[str, Any]:
    """A project embedded in a team or a cron monitor."""
    return serialize_project(record, viewer) | {
        "isInternal": False,
        "isPublic": False,
        "avatar": serialize_avatar(),
        "color": _COLORS[int(record.id) % len(_COLORS)],
        "status": "active",
    }


def serialize_project_teams(record: Project, viewer: Member | None) -> dict[str, Any]:
    """A project after a change of its teams."""
    body = serialize_embedded_project(record, viewer) | {
        "teams": [serialize_team_reference(team) for team in record.teams]
    }
    return body | ({"team": serialize_team_reference(record.teams[0])} if record.teams else {})


def serialize_listed_project(record: Project, organization: Organization, viewer: Member | None) -> dict[str, Any]:
    """A project in the lists of an organization and of a team."""
    return serialize_project(record, viewer) | {
        "team": serialize_team_reference(record.teams[0]) if record.teams else None,
        "teams": [serialize_team_reference(team) for team in record.teams],
        "platforms": [record.platform],
        "hasUserReports": any(issue.project is record and issue.feedback for issue in organization.issues.values()),
        "environments": [environment.name for environment in list_visible_environments(record, organization)],
        "latestRelease": serialize_latest_release(record, organization),
    }


def serialize_project_detail(
    record: Project, organization: Organization, viewer: Member | None, url: str
) -> dict[str, Any]:
    """A project with all settings."""
    return serialize_project_teams(record, viewer) | {
        "latestRelease": serialize_latest_release(record, organization),
        "organization": serialize_organization(organization, url),
        "platforms": [record.platform],
        "options": {"sentry:resolve_age": record.options.get("resolveAge", 0)},
        **_settings(record),
    }


def serialize_organization(organization: Organization, url: str) -> dict[str, Any]:
    """An organization; `url` is the address of the sandbox."""
    return {
        "id": organization.id,
        "slug": organization.slug,
        "status": {"id": "active", "name": "active"},
        "name": organization.name,
        "dateCreated": organization.date_created,
        "isEarlyAdopter": organization.is_early_adopter,
        "require2FA": False,
        "avatar": serialize_avatar(),
        "links": {
            "organizationUrl": f"{url}/organizations/{organization.slug}",
            "regionUrl": organization.region_url or url,
        },
        "hasAuthProvider": False,
        "allowMemberInvite": True,
        "allowMemberProjectCreation": True,
        "allowSuperuserAccess": False,
        "features": list(organization.features),
    }


def serialize_team_reference(team: Team) -> dict[str, Any]:
    """A team embedded in a project."""
    return {"id": team.id, "name": team.name, "slug": team.slug}


def serialize_latest_release(record: Project, organization: Organization) -> dict[str, Any] | None:
    """The version of the project's newest release."""
    releases = [release for release in organization.releases if record in release.projects]
    newest = max(releases, key=lambda release: release.date_created, default=None)
    return {"version": newest.version} if newest else None


def list_visible_environments(record: Project, organization: Organization) -> list[Environment]:
    """The environments that the project does not hide."""
    return [
        environment for environment in organization.environments if environment.name not in record.hidden_environments
    ]


def serialize_client_key(record: ClientKey, owner: Project, url: str) -> dict[str, Any]:
    """A client key with its DSNs, which point to the sandbox."""
    parts = urlsplit(url)
    base = f"{parts.scheme}://{parts.netloc}"
    api = f"{base}/api/{owner.id}"
    question = f"?sentry_key={record.public}"
    has_limit = record.rate_limit_window is not None and record.rate_limit_count is not None
    limit = {"window": record.rate_limit_window, "count": record.rate_limit_count}
    return {
        "id": record.id,
        "name": record.label,
        "label": record.label,
        "public": record.public,
        "secret": record.secret,
        "projectId": int(owner.id),
        "isActive": record.is_active,
        "rateLimit": limit if has_limit else None,
        "dsn": {
            "secret": f"{parts.scheme}://{record.public}:{record.secret}@{parts.netloc}/{owner.id}",
            "public": f"{parts.scheme}://{record.public}@{parts.netloc}/{owner.id}",
            "csp": f"{api}/csp-report/{question}",
            "security": f"{api}/security/{question}",
            "minidump": f"{api}/minidump/{question}",
            "nel": f"{api}/nel/{question}",
            "unreal": f"{api}/unreal/{record.public}/",
            "crons": f"{api}/cron/___MONITOR_SLUG___/{record.public}/",
            "cdn": f"{base}/js/{record.public}.min.js",
            "playstation": f"{api}/playstation/{question}",
            "integration": f"{api}/integration/",
            "otlp_traces": f"{api}/integration/otlp/v1/traces",
            "otlp_logs": f"{api}/integration/otlp/v1/logs",
        },
        "browserSdkVersion": "9.x",
        "browserSdk": {"choices": [["latest", "latest"], ["9.x", "9.x"]]},
        "dateCreated": record.date_created,
        "dynamicSdkLoaderOptions": {
            "hasReplay": False,
            "hasPerformance": True,
            "hasDebug": False,
            "hasFeedback": False,
            "hasLogsAndMetrics": False,
        },
        "useCase": "user",
    }


def serialize_project_environment(record: Environment, owner: Project) -> dict[str, Any]:
    """An environment of a project."""
    return {"id": record.id, "name": record.name, "isHidden": record.name in owner.hidden_environments}


def _settings(record: Project) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "digestsMinDelay": 180,
        "digestsMaxDelay": 600,
        "subjectPrefix": "",
        "allowedDomains": ["*"],
        "resolveAge": 0,
        "dataScrubber": True,
        "dataScrubberDefaults": True,
        "safeFields": [],
        "storeCrashReports": None,
        "sensitiveFields": [],
        "subjectTemplate": "$shortID - $title",
        "securityToken": record.id.rjust(32, "0"),
        "securityTokenHeader": None,
        "verifySSL": False,
        "scrubIPAddresses": False,
        "scrapeJavaScript": True,
        "enableAutoReleaseCreation": True,
        "highlightTags": ["environment", "release"],
        "highlightContext": {},
        "highlightPreset": {"tags": [], "context": {}},
        "groupingConfig": "newstyle:2023-01-11",
        "derivedGroupingEnhancements": "",
        "groupingEnhancements": "",
        "secondaryGroupingExpiry": 0,
        "secondaryGroupingConfig": None,
        "fingerprintingRules": "",
        "processingIssues": 0,
        "defaultEnvironment": "production",
        "relayPiiConfig": None,
        "builtinSymbolSources": [],
        "dynamicSamplingBiases": None,
        "symbolSources": "[]",
        "isDynamicallySampled": False,
        "tempestFetchScreenshots": False,
        "autofixAutomationTuning": "off",
        "seerScannerAutomation": False,
        "seerNightshiftTweaks": None,
        "scmSourceContextEnabled": False,
        "debugFilesRole": None,
    }
    return {name: record.options.get(name, value) for name, value in defaults.items()}
