"""Typed views of the objects that changes carry, one module per resource, and the changes made from them."""

from dexter_graphql.realtime.snapshots.alerts import activity_alert_change, event_alert_change, metric_alert_change
from dexter_graphql.realtime.snapshots.autofix import autofix_change
from dexter_graphql.realtime.snapshots.builds import build_change
from dexter_graphql.realtime.snapshots.comments import comment_change
from dexter_graphql.realtime.snapshots.errors import error_change
from dexter_graphql.realtime.snapshots.installations import installation_change
from dexter_graphql.realtime.snapshots.issues import issue_change
from dexter_graphql.realtime.snapshots.releases import deploy_change, release_change
from dexter_graphql.realtime.snapshots.sources import ChangeSource

__all__ = [
    "ChangeSource",
    "activity_alert_change",
    "autofix_change",
    "build_change",
    "comment_change",
    "deploy_change",
    "error_change",
    "event_alert_change",
    "installation_change",
    "issue_change",
    "metric_alert_change",
    "release_change",
]
