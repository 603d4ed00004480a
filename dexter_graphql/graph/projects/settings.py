"""How a project is set up."""

import strawberry

from dexter_graphql.graph.common.scalars import JSON
from dexter_graphql.graph.declarations.fields import DETAIL, entity, plain


@entity(representations=(DETAIL,))
class ProjectSettings:
    """How a project is set up. Tokens and other secrets are not given."""

    sentry_id: strawberry.ID = plain("id", description="Sentry's own numeric id of the project.")
    default_environment: str | None = plain(
        "defaultEnvironment", description="Environment that pages show at first; null for all."
    )
    resolve_age_hours: int | None = plain(
        "resolveAge", description="Hours without events after which issues are resolved; 0 for never."
    )
    subject_prefix: str | None = plain("subjectPrefix", description="What subjects of mails begin with.")
    subject_template: str | None = plain("subjectTemplate", description="How subjects of mails are made.")
    digests_min_delay_seconds: int | None = plain(
        "digestsMinDelay", description="Least time between two mails, in seconds."
    )
    digests_max_delay_seconds: int | None = plain(
        "digestsMaxDelay", description="Longest time that a mail waits for more, in seconds."
    )
    allowed_domains: list[str] | None = plain(
        "allowedDomains", description="Domains that browsers may send events from; `*` is any."
    )
    data_scrubber: bool | None = plain("dataScrubber", description="True when the server removes sensitive data.")
    data_scrubber_defaults: bool | None = plain(
        "dataScrubberDefaults", description="True when it removes what usually is sensitive."
    )
    scrub_ip_addresses: bool | None = plain("scrubIPAddresses", description="True when it removes IP addresses.")
    sensitive_fields: list[str] | None = plain("sensitiveFields", description="More names of fields to remove.")
    safe_fields: list[str] | None = plain("safeFields", description="Names of fields that are never removed.")
    scrape_java_script: bool | None = plain(
        "scrapeJavaScript", description="True when Sentry fetches scripts and source maps from the web."
    )
    verify_ssl: bool | None = plain("verifySSL", description="True when it checks certificates while doing so.")
    grouping_config: str | None = plain("groupingConfig", description="Algorithm that groups events into issues.")
    grouping_enhancements: str | None = plain("groupingEnhancements", description="Rules that change its stack traces.")
    fingerprinting_rules: str | None = plain("fingerprintingRules", description="Rules that decide on fingerprints.")
    highlight_tags: list[str] | None = plain("highlightTags", description="Tags that pages of issues show first.")
    highlight_context: JSON | None = plain(
        "highlightContext", description="Context values that pages of issues show first, by context."
    )
