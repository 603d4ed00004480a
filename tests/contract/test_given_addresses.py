"""Addresses of pages that other clients misread, read from the folder of cases beside the checkout, on both engines."""

import pytest

EVENT = {"__typename": "Event", "eventId": "36ccdb59f7f36d70fb4f6e50c7df3898"}
OBJECTS = {
    "85": EVENT,
    "86": EVENT,
    "88": EVENT,
    "90": EVENT,
    "91": {"__typename": "Project", "slug": "web"},
    "93": {"__typename": "Issue", "shortId": "WEB-1"},
    "94": {"__typename": "Release", "version": "mobile@1.9.0"},
}
"""Number of a case → the object on its page."""


@pytest.mark.parametrize("number", OBJECTS)
async def test_page_leads_to_its_object(asker, cases, number):
    """The address gives exactly its object, without an error."""
    url = cases[number]["input"]["url"].replace("https://<Sentry>", asker.server.url)

    answer = await asker.ask(cases[number]["asks"], url=url)

    assert (answer.errors, answer["resource"]) == ([], OBJECTS[number])


def test_every_address_has_an_object(cases):
    """No case of this kind is left out."""
    assert {number for number, case in cases.items() if "url" in case["input"]} == set(OBJECTS)
