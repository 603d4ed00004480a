"""JSON of the source map diagnosis of browser events."""

from dexter_graphql.sandbox.serializers.entries import get_frames
from dexter_graphql.sandbox.world.event_attributes import get_language
from dexter_graphql.sandbox.world.model import Event


def serialize_source_map_debug(event: Event) -> dict[str, object]:
    """The diagnosis by frame, in the order of the event."""
    has_release = event.release is not None
    return {
        "dist": None,
        "release": event.release.version if event.release else None,
        "exceptions": [{"frames": [_frame(frame.file, has_release=has_release) for frame in get_frames(event)]}],
        "has_debug_ids": False,
        "min_debug_id_sdk_version": "7.56.0",
        "sdk_version": get_language(event).sdk_version,
        "project_has_some_artifact_bundle": False,
        "release_has_some_artifact": bool(event.release and event.release.files),
        "has_uploaded_some_artifact_with_a_debug_id": False,
        "sdk_debug_id_support": "full",
        "has_scraping_data": False,
    }


def _frame(file: str, *, has_release: bool) -> dict[str, object]:
    release = {
        "abs_path": file,
        "matching_source_file_names": [file],
        "matching_source_map_name": None,
        "source_map_reference": None,
        "source_file_lookup_result": "unsuccessful",
        "source_map_lookup_result": "unsuccessful",
    }
    return {
        "debug_id_process": {
            "debug_id": None,
            "uploaded_source_file_with_correct_debug_id": False,
            "uploaded_source_map_with_correct_debug_id": False,
        },
        "release_process": release if has_release else None,
        "scraping_process": {"source_file": None, "source_map": None},
    }
