"""Workloads: documents, servers and the ratios between them."""

from dataclasses import dataclass
from typing import Any

from benchmarks import documents
from benchmarks.answers import LANES, LATENCY_S, Behaviour

DEXTER, INTERPRETER = "dexter", "dexter-interpreter"
STATIC, FLOOR = "static", "floor"
PLAIN, PLAIN_DEFAULT = "plain", "plain-default"
BURST = 64
"""Clients that send the same query at the same time."""
MANY = 32
"""Clients of the workloads in which no two requests are equal."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server over an upstream with a behaviour."""

    server: str
    behaviour: Behaviour = Behaviour.PLAIN

    @property
    def label(self) -> str:
        """Name in the results."""
        is_usual = self.behaviour in {Behaviour.PLAIN, Behaviour.SLOW}
        return self.server if is_usual else f"{self.server}, {self.behaviour}"


@dataclass(frozen=True, slots=True)
class Workload:
    """A document and its contestants. `ratios` are pairs of contestants: CPU time of the first over the second's.

    Without a cache each client queries a different organization, so that no two share a call. `burst` is the number of
    clients that send the same query once at the same time; 0 for clients that repeat their queries. There are `clients`
    of them, a few if it is 0. `is_distinct` means that no two requests have the same search.
    """

    name: str
    purpose: str
    document: str
    contestants: tuple[Contestant, ...]
    ratios: tuple[tuple[str, str], ...]
    is_cached: bool = False
    burst: int = 0
    clients: int = 0
    is_distinct: bool = False

    def variables(self, contestant: Contestant, client: int, occasion: str) -> dict[str, Any]:
        """Variables of a client; the search differs with the occasion when the document has one."""
        lane = 0 if self.is_cached else client % LANES
        values = {"org": f"{contestant.behaviour}-{lane}", "search": f"occasion {occasion}"}
        return {name: value for name, value in values.items() if f"${name}:" in self.document}


def _each(*servers: str, behaviour: Behaviour = Behaviour.PLAIN) -> tuple[Contestant, ...]:
    return tuple(Contestant(server, behaviour) for server in servers)


EXECUTORS = _each(DEXTER, INTERPRETER, PLAIN, PLAIN_DEFAULT)
LIGHTER = ((PLAIN, DEXTER), (PLAIN_DEFAULT, DEXTER), (INTERPRETER, DEXTER))
SPARSE = Contestant(DEXTER, Behaviour.SPARSE)
FAILING = Contestant(DEXTER, Behaviour.FAILING)

WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload(
            "typename",
            "{ __typename }",
            documents.TYPENAME,
            _each(DEXTER, PLAIN, PLAIN_DEFAULT, STATIC),
            ((PLAIN, DEXTER), (PLAIN_DEFAULT, DEXTER), (STATIC, DEXTER)),
        ),
        Workload(
            "list",
            "100 issues, 15 scalars and the project of each; executed",
            documents.LIST,
            (*EXECUTORS, *_each(FLOOR)),
            (*LIGHTER, (FLOOR, DEXTER)),
        ),
        Workload(
            "n+1",
            "50 issues of 8 projects with their latest events and a field of the projects, by bulk endpoints; executed",
            documents.LIGHT,
            EXECUTORS,
            LIGHTER,
        ),
        Workload(
            "n+1-each",
            "the same with fields without bulk endpoints, one call each; executed",
            documents.EACH,
            EXECUTORS,
            LIGHTER,
        ),
        Workload(
            "page", "an issue with an event, its frames and breadcrumbs; executed", documents.PAGE, EXECUTORS, LIGHTER
        ),
        Workload(
            "failing",
            "100 issues with their latest events, one in five of which is fetched separately and rejected; executed",
            documents.LIST_WITH_EVENTS,
            (SPARSE, FAILING, Contestant(INTERPRETER, Behaviour.FAILING)),
            ((SPARSE.label, FAILING.label),),
        ),
        Workload(
            "burst",
            f"{BURST} equal uncached requests at the same time; the upstream takes {LATENCY_S * 1000:g} ms",
            documents.FRESH_LIST,
            _each(DEXTER, PLAIN, behaviour=Behaviour.SLOW),
            ((PLAIN, DEXTER),),
            is_cached=True,
            burst=BURST,
        ),
        Workload(
            "warm",
            "the list repeatedly; answers of Sentry are cached",
            documents.LIST,
            _each(DEXTER, STATIC),
            ((STATIC, DEXTER),),
            is_cached=True,
        ),
        Workload(
            "distinct",
            f"the list, with another search in each request, {MANY} clients; executed",
            documents.FRESH_LIST,
            _each(DEXTER, FLOOR),
            ((FLOOR, DEXTER),),
            clients=MANY,
            is_distinct=True,
        ),
        Workload(
            "filling",
            f"the list, with another search in each request, {MANY} clients; answers of Sentry fill the cache",
            documents.FRESH_LIST,
            _each(DEXTER),
            (),
            is_cached=True,
            clients=MANY,
            is_distinct=True,
        ),
    )
}
