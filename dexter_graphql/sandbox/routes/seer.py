"""Routes of Seer: models and autofix runs, which complete immediately."""

from typing import Any, Final
from uuid import UUID
from xml.sax.saxutils import escape

from dexter_graphql.sandbox.autofix_runner import AutofixRunner
from dexter_graphql.sandbox.http import (
    NO_PERMISSION,
    Request,
    Response,
    Route,
    any_scope,
    raise_bad_request,
    raise_http_error,
    raise_unknown_path,
    raise_validation_error,
)
from dexter_graphql.sandbox.routes.issues import ISSUE, READ
from dexter_graphql.sandbox.vintages import Capability
from dexter_graphql.sandbox.world.autofix import STEPS
from dexter_graphql.sandbox.world.model import Issue

_HANDOFF: Final = "coding_agent_handoff"
_ALL_STEPS: Final = (*STEPS, "pr_iteration", _HANDOFF)
_MAX_CONTEXT: Final = 1000
_FORMATS: Final = ("markdown", "xml")


def _list_models(_call: Request) -> object:
    return {"models": ["sandbox-small", "sandbox-large"]}


def _get_autofix(request: Request) -> object:
    """The newest run of the issue, written out too when the request names a format."""
    _require_seer(request)
    run, style = request.issue.autofix, request.param("llmFormat")
    if style is None or style == "json":
        return {"autofix": run}
    if style not in _FORMATS:
        raise_validation_error({"llmFormat": [f'"{style}" is not a valid choice.']})
    return {"autofix": run, "formatted": {"format": style, "content": _write_out(run, style)}}


def _start_autofix(request: Request) -> Response:
    """Start a run, or continue the one that the body names; publishes the webhook of each step."""
    _require_seer(request)
    issue, fields = request.issue, request.json_object()
    runner = AutofixRunner(request.world, request.organization, request.user)
    _check(fields)
    step, stop = str(fields.get("step") or STEPS[0]), fields.get("stopping_point")
    run = _find_run(issue, fields)
    if run is None:
        if step != STEPS[0]:
            raise_bad_request(f"run_id is required for {step}")
        run = runner.start(issue)
    if step == _HANDOFF:
        return _hand_off(request, run, fields)
    for taken in STEPS[: STEPS.index(str(stop)) + 1] if stop else (step,):
        runner.take_step(issue, run, taken, str(fields.get("user_context") or ""))
    return Response({"run_id": run["run_id"], "sentry_run_id": run["sentry_run_id"]}, 202)


def _hand_off(request: Request, run: dict[str, Any], fields: dict[str, object]) -> Response:
    """Start a coding agent of an integration or of a provider."""
    integration, provider = fields.get("integration_id"), fields.get("provider")
    if (integration is None) is (provider is None):
        raise_bad_request("Either integration_id or provider must be given")
    number = f"agent-{len(run['coding_agents']) + 1}"
    run["coding_agents"][number] = {
        "id": number,
        "status": "pending",
        "agent_url": f"https://agents.example/{number}",
        "provider": provider or str(integration),
        "name": "Coding agent",
        "started_at": request.world.now().isoformat(),
        "results": [],
    }
    return Response({"successes": [{"id": number}], "failures": []}, 202)


def _check(fields: dict[str, object]) -> None:
    """400 for a member with a wrong value, and for feedback that is missing."""
    for name, choices in (("step", _ALL_STEPS), ("stopping_point", STEPS)):
        if fields.get(name) is not None and fields[name] not in choices:
            raise_validation_error({name: [f'"{fields[name]}" is not a valid choice.']})
    if fields.get("run_id") is not None and not isinstance(fields["run_id"], int):
        raise_validation_error({"run_id": ["A valid integer is required."]})
    if fields.get("sentry_run_id") is not None and not _is_uuid(str(fields["sentry_run_id"])):
        raise_validation_error({"sentry_run_id": ["Must be a valid UUID."]})
    if len(str(fields.get("user_context") or "")) > _MAX_CONTEXT:
        raise_validation_error({"user_context": ["Ensure this field has no more than 1000 characters."]})
    if fields.get("step") == "pr_iteration" and not fields.get("user_context"):
        raise_validation_error({"user_context": ["This field is required."]})


def _find_run(issue: Issue, fields: dict[str, object]) -> dict[str, Any] | None:
    """The run that the body names, None when it names none; a 404 without a body for one of another issue."""
    named = {name: fields[name] for name in ("sentry_run_id", "run_id") if fields.get(name) is not None}
    if not named:
        return None
    name, value = next(iter(named.items()))
    if issue.autofix is None or issue.autofix[name] != value:
        raise_unknown_path()
    return issue.autofix


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _write_out(run: dict[str, Any] | None, style: str) -> str:
    """The results of the run, one line each."""
    artifacts = [artifact for block in (run or {}).get("blocks", ()) for artifact in block["artifacts"]]
    lines = [(artifact["key"], str(next(iter(artifact["data"].values())))) for artifact in artifacts]
    if style == "markdown":
        return "\n".join(f"## {key}\n{text}" for key, text in lines)
    return "".join(f"<{key}>{escape(text)}</{key}>" for key, text in lines)


def _require_seer(request: Request) -> None:
    if not request.has(Capability.SEER):
        raise_http_error(403, NO_PERMISSION)


ROUTES = (
    Route("GET", "/seer/models/", _list_models),
    Route("GET", f"{ISSUE}/autofix/", _get_autofix, READ),
    Route("POST", f"{ISSUE}/autofix/", _start_autofix, any_scope("event:write", "event:admin")),
)
