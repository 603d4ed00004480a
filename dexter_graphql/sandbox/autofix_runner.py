"""Runs of Seer with their webhooks, shared by the REST API and the simulation."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dexter_graphql.sandbox.alert_webhooks import build_activity_alert
from dexter_graphql.sandbox.world.autofix import start_run, take_step
from dexter_graphql.sandbox.world.integrations import random_uuid
from dexter_graphql.sandbox.world.model import Issue, Organization, User, Workflow
from dexter_graphql.sandbox.world.state import WebhookEvent, World

Run = dict[str, Any]
_STAGES: Mapping[str, str] = MappingProxyType(
    {"root_cause": "root_cause", "solution": "solution", "code_changes": "coding", "pr_iteration": "iteration"}
)
"""Step of a run → stage in the names of webhooks. The step that opens pull requests has one webhook."""
_TRIGGERS: Mapping[str, str] = MappingProxyType({"root_cause_completed": "rca_completed"})
"""Action of a webhook → value of the trigger `seer_activity_trigger` where it has another name."""


@dataclass(frozen=True, slots=True)
class AutofixRunner:
    """Runs of Seer with their webhooks; `user` is None for Sentry itself."""

    world: World
    organization: Organization
    user: User | None

    def start(self, issue: Issue) -> Run:
        """Replace the run of the issue by a new one without any step."""
        world = self.world
        return start_run(issue, int(world.new_id()), random_uuid(world.random), world.now())

    def take_step(self, issue: Issue, run: Run, step: str, context: str = "") -> None:
        """Take a step of the run, which completes immediately; alerts on it trigger."""
        stage = _STAGES.get(step)
        if stage is not None:
            self._publish(issue, run, f"{stage}_started", {})
        take_step(issue, run, step, self.world.now(), context)
        action = "pr_created" if stage is None else f"{stage}_completed"
        self._publish(issue, run, action, _results(issue, run, step))
        self._trigger_alerts(issue, _TRIGGERS.get(action, action))

    def _publish(self, issue: Issue, run: Run, action: str, results: dict[str, object]) -> None:
        data = {"run_id": run["run_id"], "group_id": int(issue.id)} | results
        self.world.publish(WebhookEvent(self.organization, "seer", action, data, self.user))

    def _trigger_alerts(self, issue: Issue, step: str) -> None:
        """Trigger the enabled workflows of the issue's project that wait for the step."""
        world, organization = self.world, self.organization
        detectors = {detector.id for detector in organization.detectors if detector.project_id == issue.project.id}
        for workflow in organization.workflows:
            if workflow.enabled and detectors & set(workflow.detector_ids) and step in _seer_steps(workflow):
                workflow.last_triggered = world.now()
                world.publish(build_activity_alert(world, organization, issue, workflow, f"seer_{step}"))


def _results(issue: Issue, run: Run, step: str) -> dict[str, object]:
    """What the step found, changed or opened."""
    match step:
        case "root_cause":
            artifact = _artifact(run)
            steps = [{"title": why} for why in artifact["five_whys"]]
            return {"root_cause": {"description": artifact["one_line_description"], "steps": steps}}
        case "solution":
            artifact = _artifact(run)
            steps = [{"title": part["title"]} for part in artifact["steps"]]
            return {"solution": {"description": artifact["one_line_summary"], "steps": steps}}
        case "code_changes" | "pr_iteration":
            patches = run["blocks"][-1]["merged_file_patches"]
            return {"changes": [_serialize_change(issue, patch) for patch in patches]}
    return {"pull_requests": [_serialize_pull_request(state) for state in run["repo_pr_states"].values()]}


def _artifact(run: Run) -> dict[str, Any]:
    artifact: dict[str, Any] = run["blocks"][-1]["artifacts"][0]["data"]
    return artifact


def _serialize_change(issue: Issue, patch: dict[str, Any]) -> dict[str, object]:
    path = patch["patch"]["path"]
    return {
        "repo_name": patch["repo_name"],
        "repo_external_id": str(issue.project.id),
        "title": f"Fix {issue.short_id}",
        "description": f"Handles {issue.type_name}",
        "diff": f"--- a/{path}\n+++ b/{path}\n@@ -1 +1,2 @@\n+    check(value)\n     use(value)\n",
        "branch_name": f"seer/{issue.short_id.lower()}",
    }


def _serialize_pull_request(state: dict[str, Any]) -> dict[str, object]:
    return {
        "pull_request": {name: state[name] for name in ("pr_number", "pr_url", "pr_id")},
        "repo_name": state["repo_name"],
        "provider": "github",
    }


def _seer_steps(workflow: Workflow) -> set[str]:
    conditions: Any = (workflow.triggers or {}).get("conditions") or ()
    steps: set[str] = set()
    for condition in conditions:
        if condition["type"] == "seer_activity_trigger":
            steps.update(condition["comparison"])
    return steps
