"""The cases of all tables in the folder `cases`, in the order of the files' names."""

from importlib import import_module
from pathlib import Path

from graphql import OperationDefinitionNode, OperationType, parse
from parity.case import Case

FOLDER = Path(__file__).parent / "cases"
TABLES: dict[str, tuple[Case, ...]] = {
    path.stem: import_module(f"parity.cases.{path.stem}").CASES for path in sorted(FOLDER.glob("*.py"))
}
"""The cases by the name of their file."""
ALL_CASES: tuple[Case, ...] = tuple(case for table in TABLES.values() for case in table)


def mutation_of(case):
    """The name of the mutation that a case executes; None for a query."""
    [operation] = [node for node in parse(case.document).definitions if isinstance(node, OperationDefinitionNode)]
    is_mutation = operation.operation is OperationType.MUTATION
    return operation.selection_set.selections[0].name.value if is_mutation else None


MUTATION_CASES = {name: case for case in reversed(ALL_CASES) if (name := mutation_of(case)) is not None}
"""The first case of each mutation."""
