"""Translation of issue filters to parameters of Sentry's issue list."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum

from dexter_graphql.errors import BadUserInput, within
from dexter_graphql.graph.common.scalars import serialize_instant
from dexter_graphql.graph.common.time_ranges import TimeRangeInput, seconds_of
from dexter_graphql.graph.issues.enums import IssueCategory, IssuePriority, IssueStatus, IssueSubstatus
from dexter_graphql.graph.issues.filters import AssigneeFilter, IssueExclusion, IssueFilter
from dexter_graphql.graph.issues.tag_terms import tag_terms
from dexter_graphql.graph.relay.references import ReleaseReference, bounded, reference_of, references_of, release_of
from dexter_graphql.loaders.references import Reference
from dexter_graphql.loaders.search import Search, Term, UnresolvedQuery, any_of, quoted
from dexter_graphql.loaders.time_ranges import MINUTE_S

FIELD = "filter"
"""Name of the argument or input member that holds a filter."""
STATUSES = (IssueStatus.UNRESOLVED, IssueStatus.RESOLVED, IssueStatus.ARCHIVED)
"""The statuses that Sentry's search has words for."""
SUBSTATUSES = tuple(IssueSubstatus)[:-1]
PRIORITIES = tuple(IssuePriority)[:-1]
CATEGORIES = tuple(IssueCategory)[:-1]
"""All values but `UNKNOWN`, which cannot be searched for."""
NO_EXCLUSION = IssueExclusion()
ARCHIVED = frozenset(
    {
        IssueSubstatus.ARCHIVED_UNTIL_ESCALATING,
        IssueSubstatus.ARCHIVED_UNTIL_CONDITION_MET,
        IssueSubstatus.ARCHIVED_FOREVER,
    }
)
NOBODY, ME, MY_TEAMS = "none", "me", "my_teams"
"""Sentry's words for assignees without a name."""
FLAGS = {
    "is_assigned": (Term("is", ("assigned",)), Term("is", ("unassigned",))),
    "is_linked": (Term("is", ("linked",)), Term("is", ("unlinked",))),
    "is_unhandled": (Term("error.unhandled", ("true",)), Term("error.unhandled", ("false",))),
    "is_for_review": (Term("is", ("for_review",)), Term("is", ("for_review",), is_excluded=True)),
    "is_bookmarked": (Term("bookmarks", ("me",)), Term("bookmarks", ("me",), is_excluded=True)),
    "is_subscribed": (Term("subscribed", ("me",)), Term("subscribed", ("me",), is_excluded=True)),
}
"""The terms for true and for false of each flag."""
OTHER_THAN_TERMS = frozenset({"search", "projects", "environments"})
"""Members of a filter that are no terms of the search."""
Values = Iterable[str | Reference]


def filter_query(value: IssueFilter | None) -> UnresolvedQuery:
    """Parameters of the issue list for a filter. `query` is always included, empty for all issues."""
    if value is None:
        return (("query", Search()),)
    projects = [("project", project) for project in references_of(value.projects, FIELD, "projects")]
    environments = [("environment", name) for name in references_of(value.environments, FIELD, "environments")]
    with within(FIELD):
        search = issue_search(value)
    return (("query", search.at(FIELD)), *projects, *environments)


def issue_search(value: IssueFilter) -> Search:
    """The filter in terms of Sentry's search syntax, without projects and environments."""
    text = (value.search or "").strip()
    if OTHER_THAN_TERMS.issuperset(name for name, member in vars(value).items() if member is not None):
        return Search((), text)
    terms = [
        *_status_terms(value),
        *_flag_terms(value),
        *_value_terms(value),
        *_time_terms(value),
        *_exclusion_terms(value.exclude),
        *(term for index, tag in enumerate(bounded(value.tags, "tags")) for term in tag_terms(tag, "tags", str(index))),
    ]
    return Search(tuple(terms), text)


def _status_terms(value: IssueFilter) -> list[Term]:
    """Terms of status and substatus, included and excluded.

    Sentry takes a substatus as a condition on the status, too: on that of the first substatus of a list, and its
    opposite for an excluded one. An explicit status prevents that.
    """
    excluded = value.exclude or NO_EXCLUSION
    terms = [
        *_is_terms("status", _words(value.status, "status", STATUSES)),
        *_is_terms("substatus", _words(value.substatus, "substatus", SUBSTATUSES)),
    ]
    with within("exclude"):
        without = [
            *_words(excluded.status, "status", STATUSES),
            *_words(excluded.substatus, "substatus", SUBSTATUSES),
        ]
    terms += [Term("is", (word,), is_excluded=True) for word in without]
    is_mixed = len({substatus in ARCHIVED for substatus in value.substatus or ()}) > 1
    if (is_mixed or excluded.substatus) and not (value.status or excluded.status):
        terms.append(Term("status", tuple(status.value for status in STATUSES)))
    return terms


def _is_terms(key: str, words: Sequence[str]) -> list[Term]:
    """A term for alternative words, of which `is:` takes one only."""
    return any_of("is" if len(words) == 1 else key, words)


def _flag_terms(value: IssueFilter) -> list[Term]:
    flags = [(getattr(value, name), terms) for name, terms in FLAGS.items()]
    return [terms[not flag] for flag, terms in flags if flag is not None]


def _value_terms(value: IssueFilter | IssueExclusion) -> list[Term]:
    """Terms of the lists that a filter and its exclusion have in common."""
    is_excluded = isinstance(value, IssueExclusion)
    lists: tuple[tuple[str, Values], ...] = (
        ("level", _words(value.levels, "levels")),
        ("issue.priority", _words(value.priorities, "priorities", PRIORITIES)),
        ("issue.category", _words(value.categories, "categories", CATEGORIES)),
        ("issue.type", _texts(value.types, "types")),
        ("firstRelease", _releases(value.first_releases, "firstReleases")),
        ("release", _releases(value.releases, "releases")),
        ("assigned", assignees_of(value.assignees, "assignees")),
        ("assigned_or_suggested", assignees_of(value.assigned_or_suggested, "assignedOrSuggested")),
        ("platform.name", _texts(value.platforms, "platforms")),
        ("error.type", _texts(value.error_types, "errorTypes")),
        ("transaction", _texts(value.transactions, "transactions")),
    )
    return [term for key, values in lists for term in any_of(key, values, is_excluded=is_excluded)]


def _exclusion_terms(value: IssueExclusion | None) -> list[Term]:
    if value is None:
        return []
    with within("exclude"):
        terms = [
            *_value_terms(value),
            *any_of("project", references_of(value.projects, "projects"), is_excluded=True),
            *any_of("environment", references_of(value.environments, "environments"), is_excluded=True),
            *_older_than("firstSeen", value.first_seen),
            *_older_than("lastSeen", value.last_seen),
        ]
    return [term.at("exclude") for term in terms]


def _time_terms(value: IssueFilter) -> list[Term]:
    terms = [*_within_range("firstSeen", value.first_seen), *_within_range("lastSeen", value.last_seen)]
    if value.min_event_count is not None:
        terms.append(Term("timesSeen", (f">={checked_count(value.min_event_count, 'minEventCount')}",)))
    return terms


def checked_count(value: int, *field: str) -> int:
    """A least number; raises BadUserInput when it is negative."""
    if value < 0:
        raise BadUserInput(f"'{field[-1]}' must not be negative", field)
    return value


def _within_range(key: str, value: TimeRangeInput | None) -> list[Term]:
    if value is None:
        return []
    if value.between:
        if value.between.starts_at >= value.between.ends_at:
            raise BadUserInput("'between.startsAt' must be before 'between.endsAt'", (key, "between"))
        start, end = value.between.starts_at, value.between.ends_at
        return [Term(key, (f">={_instant(start)}",)), Term(key, (f"<{_instant(end)}",))]
    return [Term(key, (f"-{_period(value, key)}",))]


def _older_than(key: str, value: TimeRangeInput | None) -> list[Term]:
    if value is None:
        return []
    if value.between:
        raise BadUserInput(
            "Sentry cannot exclude the issues of a range between two times; use 'last'", (key, "between")
        )
    return [Term(key, (f"+{_period(value, key)}",))]


def _period(value: TimeRangeInput, key: str) -> str:
    """A duration as Sentry's search takes it, whose smallest unit is the minute."""
    name = "exactly" if isinstance(value.exactly, str) else "last"
    text = str(value.exactly if name == "exactly" else value.last)
    seconds = seconds_of(text, key, name)
    if seconds % MINUTE_S:
        raise BadUserInput(f"'{name}' must be whole minutes here", (key, name))
    return f"{seconds // MINUTE_S}m" if text.endswith("s") else text


def _instant(value: datetime) -> str:
    """A time as Sentry's search takes it, in UTC."""
    return serialize_instant(value.replace(microsecond=0))


def _words(values: Sequence[Enum] | None, field: str, allowed: Sequence[Enum] | None = None) -> list[str]:
    """Sentry's words for enum values; raises BadUserInput for those that it has no word for."""
    if not values:
        return []
    for index, value in enumerate(bounded(values, field)):
        if allowed is not None and value not in allowed:
            names = ", ".join(word.name for word in allowed)
            raise BadUserInput(f"'{field}' takes {names}, not {value.name}", (field, str(index)))
    return list(dict.fromkeys(_word(value) for value in values))


def _word(value: Enum) -> str:
    return str(value.value)


def _texts(values: Sequence[str] | None, field: str) -> list[str]:
    texts = []
    for index, text in enumerate(bounded(values, field)):
        with within(field, str(index)):
            texts.append(quoted(text))
    return texts


def _releases(values: Sequence[ReleaseReference] | None, field: str) -> list[Reference | str]:
    return [release_of(value, field, str(index)) for index, value in enumerate(bounded(values, field))]


def assignees_of(values: Sequence[AssigneeFilter] | None, field: str) -> list[Reference | str]:
    """References to assignees, and Sentry's words for the others."""
    return [_assignee(value, field, str(index)) for index, value in enumerate(bounded(values, field))]


def _assignee(value: AssigneeFilter, *field: str) -> Reference | str:
    if value.user:
        return reference_of(value.user, *field, "user")
    if value.team:
        return reference_of(value.team, *field, "team")
    words = ((value.nobody, "nobody", NOBODY), (value.me, "me", ME), (value.my_teams, "myTeams", MY_TEAMS))
    for flag, name, word in words:
        if flag is True:
            return word
        if flag is False:
            raise BadUserInput(f"'{name}' can only be true", (*field, name))
    raise BadUserInput("An assignee needs one of its fields", field)
