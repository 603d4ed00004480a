"""Events as Markdown or XML for language models."""

from xml.sax.saxutils import escape

from dexter_graphql.sandbox.serializers.entries import get_frames
from dexter_graphql.sandbox.world.event_attributes import get_tags
from dexter_graphql.sandbox.world.model import Event


def serialize_llm_text(event: Event, style: str) -> dict[str, object]:
    """`{format, content}` with title, tags and frames."""
    return {"format": style, "content": _markdown(event) if style == "markdown" else _xml(event)}


def _markdown(event: Event) -> str:
    tags = "\n".join(f"- {key}: {value}" for key, value in get_tags(event).items())
    return f"# {event.issue.title}\n\n## Tags\n{tags}\n\n## Stack trace\n{_trace(event)}\n"


def _xml(event: Event) -> str:
    tags = "".join(f'<tag key="{escape(key)}">{escape(value)}</tag>' for key, value in get_tags(event).items())
    title, trace = escape(event.issue.title), escape(_trace(event))
    return f"<event><title>{title}</title><tags>{tags}</tags><stacktrace>{trace}</stacktrace></event>"


def _trace(event: Event) -> str:
    frames = get_frames(event) if event.issue.is_error else ()
    return "\n".join(f"{frame.file}:{frame.line} in {frame.function}: {frame.code.strip()}" for frame in frames)
