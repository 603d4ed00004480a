"""Import rules that import-linter cannot state without a list of all entities."""

import grimp
import pytest

GRAPH = "dexter_graphql.graph"
MECHANISM = {f"{GRAPH}.{name}" for name in ("common", "declarations", "relay")}


@pytest.fixture(scope="module")
def imports():
    """The imports that happen when modules are loaded: entities name each other lazily, for type checkers alone."""
    return grimp.build_graph("dexter_graphql", exclude_type_checking_imports=True, cache_dir=None)


def entities(imports):
    """The packages of entities."""
    return sorted(
        child for child in imports.find_children(GRAPH) if child not in MECHANISM and imports.find_children(child)
    )


def test_common_relay_and_declarations_import_no_entity(imports):
    """An entity is added without a change to them."""
    assert len(entities(imports)) > 5
    broken = {
        (package, entity)
        for package in MECHANISM
        for entity in entities(imports)
        if imports.chain_exists(importer=package, imported=entity, as_packages=True)
    }

    assert broken == set()


def test_modules_do_not_import_each_other_in_circles(imports):
    """Every module can be loaded first."""
    circles = []
    for module in sorted(imports.modules):
        for imported in imports.find_modules_directly_imported_by(module):
            chain = imports.find_shortest_chain(importer=imported, imported=module) if imported > module else None
            if chain:
                circles.append((module, *chain))

    assert circles == []
