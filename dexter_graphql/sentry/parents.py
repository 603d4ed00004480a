"""The organization of an upstream answer and the parents that its rows do not repeat."""

import msgspec


class OrganizationRef(msgspec.Struct, frozen=True):
    """An organization as the client needs it: numeric id as text, slug, and the origin that serves it."""

    id: str
    slug: str
    region_url: str | None = None
    """Origin of the region, for example `https://us.sentry.io`; None for the configured host."""
    web_url: str | None = None
    """Base address of the organization's pages, for example `https://acme.sentry.io`; None when Sentry named none."""


class Parents(msgspec.Struct, frozen=True):
    """One immutable value per upstream answer, shared by all of its rows."""

    organization: OrganizationRef
    project: str | None = None
    """Slug of the project that was asked about."""
    issue: str | None = None
    """Numeric id of the issue that was asked about, as text."""
    release: str | None = None
    """Version of the release that was asked about."""
    team: str | None = None
    """Slug of the team that was asked about."""
    event: str | None = None
    """ID of the event that was asked about; `project` is then the numeric id of its project, as text."""

    def within(
        self,
        *,
        project: str | None = None,
        issue: str | None = None,
        release: str | None = None,
        team: str | None = None,
        event: str | None = None,
    ) -> "Parents":
        """The parents of an answer one level below this one."""
        return Parents(
            self.organization,
            project or self.project,
            issue or self.issue,
            release or self.release,
            team or self.team,
            event or self.event,
        )
