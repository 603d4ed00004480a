"""Knows where an answer came from: the organization and the parents that its rows do not repeat."""

import msgspec


class OrganizationRef(msgspec.Struct, frozen=True):
    """An organization as the client needs it: numeric id as text, slug, and the origin that serves it."""

    id: str
    slug: str
    region_url: str | None = None
    """Origin of the region, for example `https://us.sentry.io`; None means the configured host."""
    web_url: str | None = None
    """Where the organization's pages begin, for example `https://acme.sentry.io`; None when Sentry did not say."""


class Parents(msgspec.Struct, frozen=True):
    """One immutable value per upstream answer, shared by all of its rows."""

    organization: OrganizationRef
    project: str | None = None
    """Slug of the project the call was about."""
    issue: str | None = None
    """Numeric id of the issue the call was about, as text."""
    release: str | None = None
    """Version of the release the call was about."""
    team: str | None = None
    """Slug of the team the call was about."""

    def within(
        self,
        *,
        project: str | None = None,
        issue: str | None = None,
        release: str | None = None,
        team: str | None = None,
    ) -> "Parents":
        """Scope of an answer one step below this one."""
        return Parents(
            self.organization,
            project or self.project,
            issue or self.issue,
            release or self.release,
            team or self.team,
        )
