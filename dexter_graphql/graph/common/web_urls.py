"""URLs of pages in Sentry's web interface. Sentry sends those of issues; all others are built here."""

from urllib.parse import quote, urlsplit

from dexter_graphql.sentry.parents import OrganizationRef


def organization_page_url(organization: OrganizationRef, *parts: str) -> str | None:
    """URL of a page of the organization; None when the URL of Sentry's web interface is not known."""
    base = _origin(organization)
    if base is None:
        return None
    host = urlsplit(base).hostname or ""
    inside = "" if host.startswith(f"{organization.slug}.") else f"/organizations/{quote(organization.slug, safe='')}"
    return f"{base}{inside}/{_path(parts)}"


def settings_page_url(organization: OrganizationRef, *parts: str) -> str | None:
    """URL of a page of the organization's settings; None when the URL of the web interface is not known."""
    base = _origin(organization)
    return None if base is None else f"{base}/settings/{quote(organization.slug, safe='')}/{_path(parts)}"


def _origin(organization: OrganizationRef) -> str | None:
    parts = urlsplit(organization.web_url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else None


def _path(parts: tuple[str, ...]) -> str:
    return "".join(f"{quote(part, safe='')}/" for part in parts)
