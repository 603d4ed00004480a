"""Routes of Seer: models and autofix runs, which complete immediately."""

from dexter_graphql.sandbox.http import (
    NO_PERMISSION,
    Request,
    Response,
    Route,
    any_scope,
    raise_http_error,
    raise_validation_error,
)
from dexter_graphql.sandbox.routes.issues import ISSUE, READ
from dexter_graphql.sandbox.vintages import Capability
from dexter_graphql.sandbox.world.integrations import random_uuid
from dexter_graphql.sandbox.world.state import WebhookEvent

_STEPS = frozenset({"root_cause", "solution", "code_changes", "pr_iteration", "open_pr", "coding_agent_handoff"})


def _list_models(_call: Request) -> object:
    return {"models": ["sandbox-small", "sandbox-large"]}


def _get_autofix(request: Request) -> object:
    _require_seer(request)
    return {"autofix": request.issue.autofix}


def _start_autofix(request: Request) -> Response:
    """Start a run, or continue the one with that `run_id`; publishes the root cause webhook."""
    _require_seer(request)
    issue, world, fields = request.issue, request.world, request.json_object()
    step = fields.get("step", "root_cause")
    if step not in _STEPS:
        raise_validation_error({"step": [f'"{step}" is not a valid choice.']})
    run_id = fields.get("run_id") or int(world.new_id())
    if not isinstance(run_id, int):
        raise_validation_error({"run_id": ["A valid integer is required."]})
    root_cause = {"id": 0, "description": f"{issue.culprit} does not expect this: {issue.value}"}
    issue.autofix = {
        "run_id": run_id,
        "status": "COMPLETED",
        "updated_at": world.now(),
        "request": {"project_id": int(issue.project.id), "issue": {"id": int(issue.id), "title": issue.title}},
        "steps": [{"id": world.new_hex(), "key": step, "type": step, "status": "COMPLETED", "causes": [root_cause]}],
    }
    data = {
        "run_id": run_id,
        "group_id": int(issue.id),
        "root_cause": {"description": root_cause["description"], "steps": []},
    }
    world.publish(WebhookEvent(request.organization, "seer", "root_cause_completed", data, request.user))
    return Response({"run_id": run_id, "sentry_run_id": random_uuid(world.random)}, 202)


def _require_seer(request: Request) -> None:
    if not request.has(Capability.SEER):
        raise_http_error(403, NO_PERMISSION)


ROUTES = (
    Route("GET", "/seer/models/", _list_models),
    Route("GET", f"{ISSUE}/autofix/", _get_autofix, READ),
    Route("POST", f"{ISSUE}/autofix/", _start_autofix, any_scope("event:write", "event:admin")),
)
