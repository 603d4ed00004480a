"""Results of a test run in JUnit's XML format, which pytest writes with `--junitxml`."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from dexter_graphql.errors import DexterError

OPERATION = "operation"
"""Property of a test case that names the operation that it has proven."""
SECURITY = "tests.security"


class UnreadableResults(DexterError):
    """A file does not hold results of tests."""


@dataclass(frozen=True, slots=True)
class RunResults:
    """Counts of a test run, and the IDs of the operations that it has proven."""

    tests: int
    passed: int
    security_tests: int
    security_passed: int
    proven: frozenset[str]


def read_results(file: Path) -> RunResults:
    """The results in a file."""
    try:
        root = ET.parse(file).getroot()  # noqa: S314  # written by the user's own test run
    except (OSError, ET.ParseError) as error:
        raise UnreadableResults(f"{file} cannot be read as results of tests: {error}") from None
    cases = list(root.iter("testcase"))
    passed = [case for case in cases if case.find("failure") is None and case.find("error") is None]
    return RunResults(
        tests=len(cases),
        passed=len(passed),
        security_tests=sum(_is_security(case) for case in cases),
        security_passed=sum(_is_security(case) for case in passed),
        proven=frozenset(
            value
            for case in passed
            for prop in case.iter("property")
            if prop.get("name") == OPERATION and (value := prop.get("value"))
        ),
    )


def _is_security(case: ET.Element) -> bool:
    return (case.get("classname") or "").startswith(SECURITY)
