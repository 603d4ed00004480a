"""Forms of tickets in trackers of integrations and apps."""

from collections.abc import Iterable
from enum import Enum
from typing import Any

import msgspec
import strawberry

from dexter_graphql.graph.common.enums import wire_value
from dexter_graphql.graph.common.scalars import JSON, raw
from dexter_graphql.graph.declarations.fields import DETAIL, LIST, LazyJSON, batch, computed, entity, plain, value_type
from dexter_graphql.graph.lazy_types import IntegrationType
from dexter_graphql.loaders.integrations import IntegrationKey, integrations_by_id
from dexter_graphql.sentry.errors import InvalidValue
from dexter_graphql.sentry.lenient import NULL

Pairs = list[tuple[str | int | float | bool | None, str | int | float | None]] | None
"""Choices on the wire: value and label."""
Fields = list[dict[str, Any]] | None


class ComponentSchema(msgspec.Struct):
    """`schema` of a component on the wire."""

    create: msgspec.Raw = NULL
    link: msgspec.Raw = NULL


class ComponentApp(msgspec.Struct):
    """`sentryApp` of a component on the wire."""

    slug: str | None = None
    name: str | None = None


@strawberry.enum(description="How an issue comes to a ticket.")
class ExternalIssueAction(Enum):
    """`action` on the wire."""

    CREATE = wire_value("create", "A new ticket is created.")
    LINK = wire_value("link", "A ticket that exists is linked.")


@value_type
class FormChoice:
    """Choice of a field in a form."""

    value: str | None = plain(description="Value to send.")
    label: str | None = plain(description="Text to show.")


@value_type
class FormField:
    """Field in the form of a ticket."""

    name: str | None = plain(description="Name under which the value is sent.")
    label: str | None = plain(description="Text to show.")
    type: str | None = plain(description="Type of the field, for example `string`, `select` or `textarea`.")
    is_required: bool | None = plain("required", description="True when a value must be given.")
    default: JSON | None = plain(description="Value that the form starts with.")
    is_updating_form: bool | None = plain("updatesForm", description="True when other fields depend on the value.")
    max_rows: int | None = plain("maxRows", description="Number of lines of a text field.")
    options_uri: str | None = plain(
        "uri", description="Where the app gives the choices, for `AppInstallation.formOptions`."
    )

    @computed(choices=Pairs, options=Pairs)
    def choices(row: Any) -> list[FormChoice] | None:
        """Choices; null for a field that takes any value."""
        pairs = row.options if row.choices is None else row.choices
        return None if pairs is None else choices_of(pairs)


@entity(representations=(DETAIL,))
class ExternalIssueForm:
    """Form of an integration for a new ticket, or for the link to one that exists."""

    integration: IntegrationType | None = batch(
        integrations_by_id,
        key=lambda row: IntegrationKey(row.parents.organization, str(row.id)),
        reads={"id": int | str},
        description="Integration with the tracker.",
    )

    @computed(createIssueConfig=list[msgspec.Raw] | None, linkIssueConfig=list[msgspec.Raw] | None)
    def fields(row: Any) -> list[FormField]:
        """Fields of the form."""
        return _fields(row.linkIssueConfig if row.createIssueConfig is None else row.createIssueConfig)


@value_type
class AppIssueForm:
    """Form of an app for a new ticket, or for the link to one that exists."""

    uri: str | None = plain(description="Where the app takes the form, for `executeAppIssueAction`.")

    @computed(required_fields=Fields, optional_fields=Fields)
    def fields(row: Any) -> list[FormField]:
        """Fields of the form."""
        required = [{**field, "required": True} for field in row.required_fields or ()]
        optional = [{**field, "required": False} for field in row.optional_fields or ()]
        return _fields(raw({**field, "default": field.get("defaultValue")}) for field in (*required, *optional))


@entity(representations=(LIST,))
class AppComponent:
    """Form with which an installed app links issues to tickets."""

    uuid: str | None = plain(description="UUID of the component.")
    installation_uuid: str | None = plain(
        "installationUuid", description="UUID of the installation; null on servers that do not send it."
    )

    @computed(sentryApp=ComponentApp | None)
    def app_slug(row: Any) -> str | None:
        """Slug of the app."""
        return row.sentryApp and row.sentryApp.slug

    @computed(sentryApp=ComponentApp | None)
    def app_name(row: Any) -> str | None:
        """Name of the app."""
        return row.sentryApp and row.sentryApp.name

    @computed(schema=ComponentSchema | None)
    def create_form(row: Any) -> AppIssueForm | None:
        """Form for a new ticket; null when the app has none."""
        return _form(row.schema and row.schema.create)

    @computed(schema=ComponentSchema | None)
    def link_form(row: Any) -> AppIssueForm | None:
        """Form for a ticket that exists; null when the app has none."""
        return _form(row.schema and row.schema.link)


@entity(representations=(DETAIL,))
class AppFormOptions:
    """Choices that an app gives for a field of its form."""

    default: JSON | None = plain("defaultValue", description="Value that the field starts with.")

    @computed(choices=Pairs)
    def choices(row: Any) -> list[FormChoice]:
        """Choices of the field."""
        return choices_of(row.choices or [])


def choices_of(pairs: Iterable[tuple[Any, Any]]) -> Any:
    """The choices in pairs of value and label."""
    return [LazyJSON("FormChoice", raw({"value": _text(value), "label": _text(label)})) for value, label in pairs]


def _form(value: msgspec.Raw | None) -> Any:
    return None if value is None or value == NULL else LazyJSON("AppIssueForm", value)


def _text(value: object) -> object:
    """A value or a label as text; what cannot be read stays something that is no text."""
    return {} if isinstance(value, InvalidValue) else None if value is None else str(value)


def _fields(fields: Iterable[msgspec.Raw] | None) -> Any:
    return [LazyJSON("FormField", field) for field in fields or () if field != NULL]
