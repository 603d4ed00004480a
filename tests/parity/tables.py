"""The cases of all tables in the folder `cases`, in the order of the files' names."""

from importlib import import_module
from pathlib import Path

from parity.case import Case

FOLDER = Path(__file__).parent / "cases"
TABLES: dict[str, tuple[Case, ...]] = {
    path.stem: import_module(f"parity.cases.{path.stem}").CASES for path in sorted(FOLDER.glob("*.py"))
}
"""The cases by the name of their file."""
ALL_CASES: tuple[Case, ...] = tuple(case for table in TABLES.values() for case in table)
