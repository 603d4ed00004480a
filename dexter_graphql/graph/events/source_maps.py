"""Diagnosis of the source maps of an event: why its frames have them or lack them."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value
from dexter_graphql.graph.declarations.fields import DETAIL, entity, plain, value_type


@strawberry.enum(description="How far an SDK supports debug IDs.")
class DebugIDSupport(Enum):
    """`sdk_debug_id_support` on the wire."""

    FULL = wire_value("full", "The SDK sends debug IDs.")
    NEEDS_UPGRADE = wire_value("needs-upgrade", "A newer version of the SDK sends debug IDs.")
    NOT_SUPPORTED = wire_value("not-supported", "The SDK does not send debug IDs.")
    UNOFFICIAL_SDK = wire_value("unofficial-sdk", "It is unknown what the SDK sends, as it is not one of Sentry's.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Result of the search for a file among those of a release.")
class ReleaseFileLookup(Enum):
    """`source_file_lookup_result` and `source_map_lookup_result` on the wire."""

    FOUND = wire_value("found", "The release has the file.")
    WRONG_DIST = wire_value("wrong-dist", "The release has the file for another distribution.")
    UNSUCCESSFUL = wire_value("unsuccessful", "The release does not have the file.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Result of Sentry's attempt to download a file.")
class ScrapingStatus(Enum):
    """`status` on the wire."""

    SUCCESS = wire_value("success", "Sentry downloaded the file.")
    FAILURE = wire_value("failure", "Sentry could not download the file.")
    NOT_ATTEMPTED = wire_value("not_attempted", "Sentry did not need the file.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Reason why Sentry could not download a file.")
class ScrapingFailure(Enum):
    """`reason` on the wire."""

    NOT_FOUND = wire_value("not_found", "The file does not exist.")
    DISABLED = wire_value("disabled", "Downloads are disabled for the project.")
    INVALID_HOST = wire_value("invalid_host", "The host is not one that Sentry may download from.")
    PERMISSION_DENIED = wire_value("permission_denied", "The host refused the download.")
    TIMEOUT = wire_value("timeout", "The host did not answer in time.")
    DOWNLOAD_ERROR = wire_value("download_error", "The download failed.")
    OTHER = wire_value("other", "Another reason.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@value_type
class DebugIDLookup:
    """Search for the files of a frame by its debug ID."""

    debug_id: str | None = plain("debug_id", description="Debug ID of the frame; null when it has none.")
    has_source_file: bool | None = plain(
        "uploaded_source_file_with_correct_debug_id", description="True when a source file with the ID was uploaded."
    )
    has_source_map: bool | None = plain(
        "uploaded_source_map_with_correct_debug_id", description="True when a source map with the ID was uploaded."
    )


@value_type
class ReleaseLookup:
    """Search for the files of a frame among those of the release."""

    absolute_path: str | None = plain("abs_path", description="Absolute path or URL of the frame.")
    source_file_names: list[str] | None = plain(
        "matching_source_file_names", description="Names under which the release could have the source file."
    )
    source_file_result: ReleaseFileLookup | None = plain(
        "source_file_lookup_result", description="Result of the search for the source file."
    )
    source_file_result_raw: str | None = plain(
        "source_file_lookup_result", description="Value of `sourceFileResult`, as sent by Sentry."
    )
    source_map_reference: str | None = plain(
        "source_map_reference", description="Source map that the source file names; null when it names none."
    )
    source_map_name: str | None = plain(
        "matching_source_map_name", description="Name under which the release should have the source map."
    )
    source_map_result: ReleaseFileLookup | None = plain(
        "source_map_lookup_result", description="Result of the search for the source map."
    )
    source_map_result_raw: str | None = plain(
        "source_map_lookup_result", description="Value of `sourceMapResult`, as sent by Sentry."
    )


@value_type
class ScrapedFile:
    """Attempt of Sentry to download a file."""

    url: str | None = plain(description="URL of the file.")
    status: ScrapingStatus | None = plain(description="Result of the attempt.")
    status_raw: str | None = plain("status", description="Value of `status`, as sent by Sentry.")
    reason: ScrapingFailure | None = plain(description="Reason of the failure; null for other results.")
    reason_raw: str | None = plain("reason", description="Value of `reason`, as sent by Sentry.")
    details: str | None = plain(description="Details of the failure.")


@value_type
class FrameScraping:
    """Attempts of Sentry to download the files of a frame."""

    source_file: ScrapedFile | None = plain("source_file", description="Source file; null without an attempt.")
    source_map: ScrapedFile | None = plain("source_map", description="Source map; null without an attempt.")


@value_type
class SourceMapFrame:
    """How Sentry looked for the files of a frame."""

    debug_id_lookup: DebugIDLookup | None = plain("debug_id_process", description="Search by debug ID.")
    release_lookup: ReleaseLookup | None = plain(
        "release_process", description="Search among the files of the release; null without a release."
    )
    scraping: FrameScraping | None = plain("scraping_process", description="Attempts to download the files.")


@value_type
class SourceMapException:
    """Exception of the event with the searches for each of its frames."""

    frames: list[SourceMapFrame] | None = plain(description="Frames in the order of the stack trace.")


@entity(representations=(DETAIL,))
class SourceMapDebug:
    """Why the frames of an event have source maps, or lack them."""

    release_version: str | None = plain("release", description="Version of the release; null when the event has none.")
    dist: str | None = plain(description="Distribution (build variant) of the release.")
    sdk_version: str | None = plain("sdk_version", description="Version of the SDK.")
    minimal_sdk_version: str | None = plain(
        "min_debug_id_sdk_version", description="First version of the SDK that sends debug IDs; null when none does."
    )
    debug_id_support: DebugIDSupport | None = plain(
        "sdk_debug_id_support", description="How far the SDK supports debug IDs."
    )
    debug_id_support_raw: str | None = plain(
        "sdk_debug_id_support", description="Value of `debugIdSupport`, as sent by Sentry."
    )
    has_debug_ids: bool | None = plain("has_debug_ids", description="True when frames of the event have debug IDs.")
    has_uploaded_debug_ids: bool | None = plain(
        "has_uploaded_some_artifact_with_a_debug_id", description="True when a file with one of the IDs was uploaded."
    )
    has_release_files: bool | None = plain("release_has_some_artifact", description="True when the release has files.")
    has_project_bundles: bool | None = plain(
        "project_has_some_artifact_bundle", description="True when bundles of files were uploaded for the project."
    )
    has_scraping_data: bool | None = plain(
        "has_scraping_data", description="True when Sentry recorded its attempts to download files."
    )
    exceptions: list[SourceMapException] | None = plain(description="Exceptions of the event.")
