"""Values of an event by the keys of Sentry's search syntaxes."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dexter_graphql.sandbox.world.event_attributes import (
    get_end_user,
    get_flags,
    get_language,
    get_os,
    get_tags,
    get_trace_id,
    get_url,
)
from dexter_graphql.sandbox.world.model import Event

_EVENT_VALUES: Mapping[str, Callable[[Event], tuple[str, ...]]] = MappingProxyType({
    "id": lambda event: (event.id,),
    "event.id": lambda event: (event.id,),
    "environment": lambda event: (event.environment,),
    "release": lambda event: (event.release.version,) if event.release else (),
    "trace": lambda event: (get_trace_id(event),),
    "http.url": lambda event: (get_url(event),),
    "http.method": lambda event: (("GET", "POST")[event.variant % 2],),
    "release.version": lambda event: (event.release.version.split("@")[-1],) if event.release else (),
    "sdk.name": lambda event: (get_language(event).sdk,),
    "os.name": lambda event: (get_os(event)[0],),
    "user.id": lambda event: (p.id,) if (p := get_end_user(event)) else (),
    "user.email": lambda event: (p.email,) if (p := get_end_user(event)) else (),
    "user.username": lambda event: (p.username,) if (p := get_end_user(event)) else (),
    "user.ip": lambda event: (p.ip_address,) if (p := get_end_user(event)) else (),
    "user": lambda event: (f"id:{p.id}", p.id, p.email) if (p := get_end_user(event)) else (),
    "geo.country_code": lambda event: (p.country,) if (p := get_end_user(event)) else (),
    "geo.city": lambda event: (p.city,) if (p := get_end_user(event)) else (),
})  # fmt: skip


def read_event_values(event: Event, key: str) -> list[str]:
    """The values of the event under a key or tag, empty when it has none."""
    read = _EVENT_VALUES.get(key)
    if read is not None:
        return [value for value in read(event) if value]
    if key.startswith("flags["):
        state = get_flags(event).get(key[6:-1].strip('"'))
        return [] if state is None else [str(state).lower()]
    value = get_tags(event).get(key)
    return [] if value is None else [value]
