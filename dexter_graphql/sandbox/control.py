"""The control API under `/_sandbox/`: request log and faults. Not part of Sentry."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import msgspec

from dexter_graphql.sandbox.faults import FAULT_KINDS, Fault
from dexter_graphql.sandbox.http import Response

if TYPE_CHECKING:
    from dexter_graphql.sandbox.app import Sandbox


def handle_control_request(sandbox: "Sandbox", method: str, path: str, raw: bytes) -> Response:
    """Serve a control request.

    GET `requests`; POST `requests/reset`; GET, POST and DELETE `faults`. POST takes the fields of a `Fault`.
    """
    match method, path.removeprefix("/_sandbox/").strip("/"):
        case "GET", "requests":
            return Response([asdict(logged) for logged in sandbox.requests])
        case "POST", "requests/reset":
            sandbox.requests.clear()
            return Response(None, 204)
        case "GET", "faults":
            return Response([{"id": number} | asdict(fault) for number, fault in sandbox.faults.active().items()])
        case "POST", "faults":
            return _add_fault(sandbox, raw)
        case "DELETE", "faults":
            sandbox.faults.clear()
            return Response(None, 204)
    return Response({"detail": "Unknown control endpoint."}, 404)


def _add_fault(sandbox: "Sandbox", raw: bytes) -> Response:
    try:
        fault = msgspec.json.decode(raw, type=Fault)
        number = sandbox.faults.add(fault)
    except (msgspec.DecodeError, ValueError) as error:
        return Response({"detail": str(error), "kinds": list(FAULT_KINDS)}, 400)
    return Response({"id": number}, 201)
