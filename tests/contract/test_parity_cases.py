"""The cases of parity against the published operations that they name."""

import re

import pytest
from parity.case import Case
from parity.tables import TABLES
from published import Documents, Key, key_of

PARAMS = [
    pytest.param(case, id=f"{table}-{case.operation}-{number}")
    for table, cases in TABLES.items()
    for number, case in enumerate(cases)
]


def is_request_of(key: Key, case: Case) -> bool:
    """True when the expected request has the method and a path of the operation."""
    method, _, path = case.arrives.partition(" ")
    return method == key.method and re.fullmatch(key.path.replace("{}", "[^/]+"), path) is not None


@pytest.mark.parametrize("case", PARAMS)
def test_expected_request_is_that_of_the_operation(case: Case, documents: Documents):
    """A case proves the operation that it names, and no other one."""
    keys = documents.operation_ids.get(case.operation) or {key_of(*case.operation.split(" ", 1))}

    assert all(documents.knows(key) for key in keys)
    assert any(is_request_of(key, case) for key in keys), (case.arrives, keys)
