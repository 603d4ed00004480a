"""Runs of Seer: what each step adds to the state of a run."""

from datetime import datetime
from typing import Any, Final

from dexter_graphql.sandbox.world.model import Issue

STEPS: Final = ("root_cause", "solution", "code_changes", "open_pr")
"""The steps that a run takes one after the other."""


def start_run(issue: Issue, run_id: int, uuid: str, now: datetime) -> dict[str, Any]:
    """Replace the run of the issue by a new one without any step."""
    issue.autofix = {
        "run_id": run_id,
        "sentry_run_id": uuid,
        "status": "processing",
        "updated_at": now.isoformat(),
        "pending_user_input": None,
        "repo_pr_states": {},
        "coding_agents": {},
        "pr_iteration_enabled": True,
        "queued_feedback": [],
        "warnings": [],
        "blocks": [],
    }
    return issue.autofix


def take_step(issue: Issue, run: dict[str, Any], step: str, now: datetime, context: str | None = None) -> None:
    """Add the result of a step to the run, which completes."""
    run["status"], run["updated_at"] = "completed", now.isoformat()
    repository = f"acme/{issue.project.slug}"
    block: dict[str, Any] = {
        "id": f"{run['run_id']}-{len(run['blocks'])}",
        "message": {"role": "assistant", "content": context or f"Step {step}", "tool_calls": None},
        "timestamp": now.isoformat(),
        "loading": False,
        "artifacts": _artifacts(issue, step, repository),
        "file_patches": None,
        "merged_file_patches": [_patch(issue, repository)] if step in {"code_changes", "pr_iteration"} else None,
        "pr_commit_shas": None,
    }
    run["blocks"].append(block)
    if step in {"open_pr", "pr_iteration"}:
        run["repo_pr_states"][repository] = _pull_request(issue, repository, len(run["blocks"]))


def _artifacts(issue: Issue, step: str, repository: str) -> list[dict[str, Any]]:
    if step == "root_cause":
        data: dict[str, Any] = {
            "one_line_description": f"{issue.culprit} does not expect this: {issue.value}",
            "five_whys": [f"{issue.type_name} is raised in {issue.culprit}", "The value is not checked before"],
            "reproduction_steps": [f"Run {issue.transaction}", "Send an unexpected value"],
            "relevant_repo": repository,
        }
    elif step == "solution":
        steps = [{"title": "Check the value", "description": f"Handle {issue.type_name} in {issue.culprit}"}]
        data = {"one_line_summary": "Check the value before it is used", "steps": steps}
    else:
        return []
    return [{"key": step, "data": data, "reason": "Found in the code"}]


def _patch(issue: Issue, repository: str) -> dict[str, Any]:
    path = issue.culprit.partition(" in ")[0].removeprefix("~/")
    return {"repo_name": repository, "patch": {"path": path, "type": "M", "added": 3, "removed": 1}}


def _pull_request(issue: Issue, repository: str, number: int) -> dict[str, Any]:
    return {
        "repo_name": repository,
        "branch_name": f"seer/{issue.short_id.lower()}",
        "pr_number": number,
        "pr_url": f"https://code.example/{repository}/pull/{number}",
        "pr_id": number,
        "commit_sha": f"{number:040x}",
        "pr_creation_status": "completed",
        "pr_creation_error": None,
        "title": f"Fix {issue.short_id}",
        "description": f"Handles {issue.type_name}",
    }
