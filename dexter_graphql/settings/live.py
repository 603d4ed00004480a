"""Settings of live streams."""

from dexter_graphql.settings.fields import setting
from dexter_graphql.settings.identity import IdentitySettings


class LiveSettings(IdentitySettings):
    """The part of the settings that concerns changes and their streams."""

    poll_s: float = setting(
        "DEXTER_POLL_SECONDS",
        30.0,
        "Time between two polls of an organization that is followed, in seconds; 0 for none.",
        ge=0,
        le=3600,
    )
