"""Every case: its document makes the request of one of Sentry's operations, which is answered."""

import pytest
from parity.site import arguments, arrived, open_site, run_case, user_errors
from parity.tables import TABLES

PARAMS = [
    pytest.param(case, id=f"{table}-{case.operation}-{number}")
    for table, cases in TABLES.items()
    for number, case in enumerate(cases)
]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("case", PARAMS)
async def test_request_arrives_and_is_answered(case, sites, record_property):
    """The request arrives with the arguments of the document, and the document is answered without an error."""
    if case.faults:
        async with open_site(case.vintage) as site:
            for fault in case.faults:
                site.upstream.faults.add(fault)
            answer, requests = await run_case(site, case)
    else:
        answer, requests = await run_case(await sites.get(case.vintage), case)

    assert "errors" not in answer, answer["errors"]
    assert list(user_errors(answer["data"])) == []
    own = arrived(case, requests)
    assert own, [request.line for request in requests]
    assert (case.expected_query, case.body) in [arguments(case, request) for request in own]
    assert all(200 <= request.status < 300 for request in own)
    record_property("operation", case.operation)
