"""Calls of callers who may reach some projects only: narrowed before they are made, and again in their answers."""

from dexter_graphql.clock import Clock
from dexter_graphql.sentry.call import Reply
from dexter_graphql.sentry.call_context import CallContext
from dexter_graphql.sentry.catalogue import organizations
from dexter_graphql.sentry.errors import OutOfReach
from dexter_graphql.sentry.narrowing.answers import named_in_answer, narrow_reply
from dexter_graphql.sentry.narrowing.calls import (
    named_in_query,
    named_objects,
    narrow_request,
    not_found,
    without_objects,
)
from dexter_graphql.sentry.narrowing.reached_objects import ReachedObjects
from dexter_graphql.sentry.narrowing.reached_projects import ReachedProjectLookup
from dexter_graphql.sentry.narrowing.request import EndpointRequest, Send
from dexter_graphql.sentry.parents import OrganizationRef
from dexter_graphql.sentry.restriction import Narrowing

PROJECT = "project"
"""The kind of path parameter that names a project."""


class NarrowedCalls:
    """Makes the requests of such callers with `send`, which restricts nothing."""

    def __init__(self, clock: Clock, send: Send) -> None:
        self._send = send
        self._projects = ReachedProjectLookup(clock, send)
        self._objects = ReachedObjects(clock, self.send)

    async def send(self, request: EndpointRequest, call_context: CallContext) -> Reply:
        """The reply to a request as far as the caller may reach it; raises as `narrow` does."""
        request = await self.narrow(request, call_context)
        reply = await self._send(request, call_context)
        if request.endpoint is organizations.LIST:
            return narrow_reply(reply, request.endpoint, call_context.organizations, ("slug",))
        restriction = request.endpoint.restriction
        if request.parents is None or not restriction.members:
            return reply
        organization = request.parents.organization
        if restriction.of == PROJECT:
            names = (await self._projects.find(organization, call_context)).names
        else:
            named = named_in_answer(reply, request.endpoint)
            names = await self._objects.find_reached(organization, restriction.of, named, call_context)
        reply = narrow_reply(reply, request.endpoint, names)
        self._objects.learn(request.endpoint, reply, organization, call_context)
        return reply

    async def narrow(self, request: EndpointRequest, call_context: CallContext) -> EndpointRequest:
        """The request for what the caller may reach.

        Raises NotFound for an object out of reach, and OutOfReach for what cannot be restricted to projects.
        """
        endpoint, kind = request.endpoint, request.endpoint.restriction.narrowing
        if request.parents is not None and request.parents.organization.slug:
            if not call_context.may_reach(request.parents.organization.slug):
                raise not_found(endpoint)
            if kind is not Narrowing.ORGANIZATION and kind is not Narrowing.NOTHING:
                return await self._narrow_to_projects(request, request.parents.organization, call_context)
        if kind is not Narrowing.NOTHING:
            message = "Only callers who may reach all projects of the organization may use this"
            raise OutOfReach(message, title=endpoint.title)
        return request

    async def _narrow_to_projects(
        self, request: EndpointRequest, organization: OrganizationRef, call_context: CallContext
    ) -> EndpointRequest:
        projects = await self._projects.find(organization, call_context)
        request = narrow_request(request, projects)
        for parameter, value in named_objects(request):
            if parameter != PROJECT:
                await self._objects.check(organization, parameter, value, call_context)
            elif value not in projects.names:
                message = "The input names a project that is not within the caller's reach"
                raise OutOfReach(message, title=request.endpoint.title)
        for kind, values in named_in_query(request):
            reached = await self._objects.find_reached(organization, kind, values, call_context)
            request = without_objects(request, kind, reached)
        return request
