"""Project settings."""

import strawberry

from dexter_graphql.graph.common.scalars import JSON
from dexter_graphql.graph.declarations.fields import DETAIL, entity, plain
from dexter_graphql.loaders.time_ranges import HOUR_S


def _seconds(hours: int) -> int:
    return hours * HOUR_S


@entity(representations=(DETAIL,))
class ProjectSettings:
    """Settings of a project. Tokens and other secrets are not exposed."""

    sentry_id: strawberry.ID = plain("id", description="Numeric ID of the project in Sentry's API.")
    default_environment: str | None = plain(
        "defaultEnvironment",
        description="Environment that is preselected in Sentry's web interface; null for all environments.",
    )
    resolve_after_seconds: int | None = plain(
        "resolveAge",
        convert=_seconds,
        description="Seconds without events after which an issue is resolved automatically; 0 disables it.",
    )
    subject_prefix: str | None = plain("subjectPrefix", description="Prefix of email subjects.")
    subject_template: str | None = plain("subjectTemplate", description="Template of email subjects.")
    digests_min_delay_seconds: int | None = plain(
        "digestsMinDelay", description="Minimum time between two emails in seconds."
    )
    digests_max_delay_seconds: int | None = plain(
        "digestsMaxDelay", description="Maximum delay of an email in seconds."
    )
    allowed_domains: list[str] | None = plain(
        "allowedDomains", description="Domains that browsers may send events from; `*` allows all."
    )
    scrubs_data: bool | None = plain("dataScrubber", description="True when Sentry scrubs sensitive data.")
    uses_default_scrubbers: bool | None = plain(
        "dataScrubberDefaults", description="True when Sentry's default scrubbing rules are applied."
    )
    scrubs_ip_addresses: bool | None = plain("scrubIPAddresses", description="True when IP addresses are removed.")
    sensitive_fields: list[str] | None = plain("sensitiveFields", description="Names of additional fields to scrub.")
    safe_fields: list[str] | None = plain("safeFields", description="Names of fields that are never scrubbed.")
    scrapes_java_script: bool | None = plain(
        "scrapeJavaScript", description="True when Sentry fetches scripts and source maps from the web."
    )
    verifies_ssl: bool | None = plain(
        "verifySSL", description="True when certificates are verified while fetching source maps."
    )
    grouping_config: str | None = plain("groupingConfig", description="Grouping algorithm of the project.")
    grouping_enhancements: str | None = plain(
        "groupingEnhancements", description="Stack trace rules that adjust grouping."
    )
    fingerprinting_rules: str | None = plain(
        "fingerprintingRules", description="Fingerprint rules that adjust grouping."
    )
    highlight_tags: list[str] | None = plain("highlightTags", description="Tags that are highlighted on issue pages.")
    highlight_context: JSON | None = plain(
        "highlightContext", description="Context values that are highlighted on issue pages, by context."
    )
