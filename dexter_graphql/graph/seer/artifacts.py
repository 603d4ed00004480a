"""What a run of Seer found, in the present form of its state and in the one before June 2026."""

from collections.abc import Sequence
from typing import Any

import msgspec

from dexter_graphql.graph.common.scalars import raw
from dexter_graphql.sentry.lenient import NULL

ROOT_CAUSE, SOLUTION = "root_cause", "solution"


class Artifact(msgspec.Struct):
    """Result of a step."""

    key: str
    data: msgspec.Raw = NULL
    reason: str | None = None


class FilePatch(msgspec.Struct):
    """Change of a file in a repository."""

    patch: dict[str, Any]
    repo_name: str | None = None


class Block(msgspec.Struct):
    """Part of the log of a run."""

    artifacts: list[Artifact] | None = None
    merged_file_patches: list[FilePatch] | None = None


class Cause(msgspec.Struct):
    """Root cause in the older form."""

    description: str | None = None


class Step(msgspec.Struct):
    """Step of a run in the older form."""

    key: str | None = None
    type: str | None = None
    description: str | None = None
    causes: list[Cause] | None = None
    solution: list[dict[str, Any]] | None = None


Blocks = list[Block] | None
Steps = list[Step] | None


def latest_artifacts(blocks: Blocks) -> dict[str, Artifact]:
    """The newest artifact of each key, in the order in which the keys appeared."""
    return {artifact.key: artifact for block in blocks or () for artifact in block.artifacts or ()}


def root_cause_of(blocks: Blocks, steps: Steps) -> msgspec.Raw:
    """The root cause; NULL when the run has none yet."""
    artifact = latest_artifacts(blocks).get(ROOT_CAUSE)
    if artifact is not None:
        return artifact.data
    cause = next((cause for step in _older(steps, ROOT_CAUSE) for cause in step.causes or ()), None)
    return NULL if cause is None else raw({"one_line_description": cause.description})


def solution_of(blocks: Blocks, steps: Steps) -> msgspec.Raw:
    """The solution; NULL when the run has none yet."""
    artifact = latest_artifacts(blocks).get(SOLUTION)
    if artifact is not None:
        return artifact.data
    step = next((step for step in _older(steps, SOLUTION) if step.solution), None)
    return NULL if step is None else raw({"one_line_summary": step.description, "steps": step.solution})


def code_changes_of(blocks: Blocks) -> list[msgspec.Raw]:
    """The newest change of each file, with the repository that it is in."""
    patches = [patch for block in blocks or () for patch in block.merged_file_patches or ()]
    latest = {(patch.repo_name, str(patch.patch.get("path"))): patch for patch in patches}
    return [raw({**patch.patch, "repo_name": patch.repo_name}) for patch in latest.values()]


def _older(steps: Steps, kind: str) -> Sequence[Step]:
    """Newest first, the steps whose key or type begins with the kind."""
    return [
        step for step in reversed(steps or ()) if any((name or "").startswith(kind) for name in (step.key, step.type))
    ]
