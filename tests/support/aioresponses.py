"""Scripted answers for aiohttp's client sessions, without a network."""

import aioresponses
from aiohttp import ClientResponse


class _Writer:
    """The attribute of a request writer that responses of aiohttp 3.14 read and aioresponses does not supply."""

    output_size = 0


class _Response(ClientResponse):
    def __init__(self, *args, **options):
        super().__init__(*args, stream_writer=_Writer(), **options)


class ScriptedResponses(aioresponses.aioresponses):
    """aioresponses for current aiohttp; `requests` maps method and URL to the requests sent."""

    def add(self, url, method="GET", **options):
        super().add(url, method, **{"response_class": _Response} | options)

    def request_headers(self):
        """Headers of each request, in order of arrival."""
        return [dict(request.kwargs["headers"]) for requests in self.requests.values() for request in requests]
