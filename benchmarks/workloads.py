"""What is asked, of whom, and what is compared with what."""

from dataclasses import dataclass
from typing import Any

from benchmarks import documents
from benchmarks.answers import LATENCY_S, Behaviour

DEXTER, INTERPRETER, STATIC = "dexter", "dexter-interpreter", "static"
PLAIN, PLAIN_DEFAULT = "plain", "plain-default"
BURST = 64
"""Clients that ask the same in one moment."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server that takes part, over an upstream that behaves so."""

    server: str
    behaviour: Behaviour = Behaviour.PLAIN

    @property
    def label(self) -> str:
        """What results call it."""
        is_usual = self.behaviour in {Behaviour.PLAIN, Behaviour.SLOW}
        return self.server if is_usual else f"{self.server}, {self.behaviour}"


@dataclass(frozen=True, slots=True)
class Workload:
    """A document and who answers it. `ratios` name two contestants: processor time of the first over the second's.

    While answers are not cached each client asks about an organization of its own, so that no two share a call.
    `burst` is how many ask the same in one moment, once; 0 for a few steady clients that ask again and again.
    """

    name: str
    purpose: str
    document: str
    contestants: tuple[Contestant, ...]
    ratios: tuple[tuple[str, str], ...]
    is_cached: bool = False
    burst: int = 0

    def variables(self, contestant: Contestant, client: int, occasion: int) -> dict[str, Any]:
        """What a client asks about; something new on each occasion, when the document searches."""
        lane = 0 if self.is_cached else client
        known = {"org": f"{contestant.behaviour}-{lane}", "search": f"occasion {occasion}"}
        return {name: value for name, value in known.items() if f"${name}:" in self.document}


def _each(*servers: str, behaviour: Behaviour = Behaviour.PLAIN) -> tuple[Contestant, ...]:
    return tuple(Contestant(server, behaviour) for server in servers)


EXECUTORS = _each(DEXTER, INTERPRETER, PLAIN, PLAIN_DEFAULT)
LIGHTER = ((PLAIN, DEXTER), (PLAIN_DEFAULT, DEXTER), (INTERPRETER, DEXTER))
SPARSE = Contestant(DEXTER, Behaviour.SPARSE)
FAILING = Contestant(DEXTER, Behaviour.FAILING)

WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("typename", "{ __typename }", documents.TYPENAME, EXECUTORS, LIGHTER),
        Workload(
            "list", "100 issues, 15 scalars and the project of each; executed", documents.LIST, EXECUTORS, LIGHTER
        ),
        Workload(
            "n+1",
            "50 issues of 8 projects with their newest events and a member of their projects, by bulk forms; executed",
            documents.LIGHT,
            EXECUTORS,
            LIGHTER,
        ),
        Workload(
            "n+1-each",
            "the same with members for which there are no bulk forms, one call each; executed",
            documents.EACH,
            EXECUTORS,
            LIGHTER,
        ),
        Workload(
            "page", "an issue with an event, its frames and breadcrumbs; executed", documents.PAGE, EXECUTORS, LIGHTER
        ),
        Workload(
            "failing",
            "100 issues with their newest events, of which one in five is asked for alone, and refused; executed",
            documents.LIST_WITH_EVENTS,
            (SPARSE, FAILING, Contestant(INTERPRETER, Behaviour.FAILING)),
            ((SPARSE.label, FAILING.label),),
        ),
        Workload(
            "burst",
            f"{BURST} equal cold requests in one moment, to an upstream that takes {LATENCY_S * 1000:g} ms",
            documents.FRESH_LIST,
            _each(DEXTER, PLAIN, behaviour=Behaviour.SLOW),
            ((PLAIN, DEXTER),),
            is_cached=True,
            burst=BURST,
        ),
        Workload(
            "warm",
            "the list again and again; answers of Sentry are kept",
            documents.LIST,
            _each(DEXTER, STATIC),
            ((STATIC, DEXTER),),
            is_cached=True,
        ),
    )
}
