"""Settings of live streams."""

from dexter_graphql.settings.fields import setting
from dexter_graphql.settings.identity import IdentitySettings


class LiveSettings(IdentitySettings):
    """The part of the settings that concerns changes and their streams."""

    change_retention_h: float = setting(
        "DEXTER_CHANGE_RETENTION_HOURS", 24.0, "Time for which changes are kept, in hours.", gt=0, le=24 * 30
    )
    change_retention_mib: int = setting(
        "DEXTER_CHANGE_RETENTION_MIB",
        64,
        "Changes that are kept of each organization and class, in MiB.",
        ge=1,
        le=65536,
    )
    poll_s: float = setting(
        "DEXTER_POLL_SECONDS",
        30.0,
        "Time between two polls of an organization that is followed, in seconds; 0 for none.",
        ge=0,
        le=3600,
    )
