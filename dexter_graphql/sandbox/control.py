"""The control API of the sandbox under `/_sandbox/`: requests that arrived, faults to come. Not part of Sentry."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import msgspec

from dexter_graphql.sandbox.faults import KINDS, Fault
from dexter_graphql.sandbox.http import Answer

if TYPE_CHECKING:
    from dexter_graphql.sandbox.app import Sandbox


def control(sandbox: "Sandbox", method: str, path: str, raw: bytes) -> Answer:
    """Answer a control call.

    GET `requests`; POST `requests/reset`; GET, POST and DELETE `faults` (POST takes the members of a Fault).
    """
    match method, path.removeprefix("/_sandbox/").strip("/"):
        case "GET", "requests":
            return Answer([asdict(request) for request in sandbox.requests])
        case "POST", "requests/reset":
            sandbox.requests.clear()
            return Answer(None, 204)
        case "GET", "faults":
            return Answer([{"id": number} | asdict(fault) for number, fault in sandbox.faults.active().items()])
        case "POST", "faults":
            return _add_fault(sandbox, raw)
        case "DELETE", "faults":
            sandbox.faults.clear()
            return Answer(None, 204)
    return Answer({"detail": "No such control."}, 404)


def _add_fault(sandbox: "Sandbox", raw: bytes) -> Answer:
    try:
        fault = msgspec.json.decode(raw, type=Fault)
        number = sandbox.faults.add(fault)
    except (msgspec.DecodeError, ValueError) as error:
        return Answer({"detail": str(error), "kinds": list(KINDS)}, 400)
    return Answer({"id": number}, 201)
