"""Enums of Seer's runs."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value


@strawberry.enum(description="State of a run of Seer.")
class AutofixStatus(Enum):
    """`status` of a run on the wire."""

    PROCESSING = wire_value("processing", "The run works.")
    COMPLETED = wire_value("completed", "The run has finished its steps.")
    ERROR = wire_value("error", "The run failed.")
    AWAITING_USER_INPUT = wire_value("awaiting_user_input", "The run waits for an answer of a user.")
    NEED_MORE_INFORMATION = wire_value("need_more_information", "The run needs more information.")
    CANCELLED = wire_value("cancelled", "The run was cancelled.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="State of a pull request that Seer opens.")
class AutofixPullRequestStatus(Enum):
    """`pr_creation_status` on the wire."""

    CREATING = wire_value("creating", "The pull request is being opened.")
    COMPLETED = wire_value("completed", "The pull request is open.")
    ERROR = wire_value("error", "The pull request could not be opened.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="State of a coding agent that works on a fix.")
class CodingAgentStatus(Enum):
    """`status` of a coding agent on the wire."""

    PENDING = wire_value("pending", "The agent has not started yet.")
    RUNNING = wire_value("running", "The agent works.")
    COMPLETED = wire_value("completed", "The agent has finished.")
    FAILED = wire_value("failed", "The agent failed.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Step of a run of Seer.")
class AutofixStep(Enum):
    """`step` on the wire."""

    ROOT_CAUSE = wire_value("root_cause", "Find the root cause.")
    SOLUTION = wire_value("solution", "Plan a solution.")
    CODE_CHANGES = wire_value("code_changes", "Write the code changes.")
    PULL_REQUEST = wire_value("open_pr", "Open pull requests with the changes.")
    PULL_REQUEST_ITERATION = wire_value("pr_iteration", "Change the open pull requests by the feedback in `context`.")


@strawberry.enum(description="Last step that a new run of Seer takes without being asked again.")
class AutofixStoppingPoint(Enum):
    """`stopping_point` on the wire."""

    ROOT_CAUSE = wire_value("root_cause", "Stop after the root cause.")
    SOLUTION = wire_value("solution", "Stop after the solution.")
    CODE_CHANGES = wire_value("code_changes", "Stop after the code changes.")
    PULL_REQUEST = wire_value("open_pr", "Go on until pull requests are open.")


@strawberry.enum(description="Stage of a run of Seer that starts or completes.")
class AutofixStage(Enum):
    """First words of the actions of webhooks."""

    ROOT_CAUSE = wire_value("root_cause", "The root cause.")
    SOLUTION = wire_value("solution", "The solution.")
    CODE_CHANGES = wire_value("coding", "The code changes.")
    PULL_REQUEST = wire_value("pr", "The pull requests. Only their creation is reported.")
    PULL_REQUEST_ITERATION = wire_value("iteration", "Changes of the open pull requests by feedback.")
    CODING_AGENT = wire_value("coding_agent", "The handoff to a coding agent by `handOffAutofix`; it starts only.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)
