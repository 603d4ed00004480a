"""Page sizes, cursors, `Link` headers and hit counts."""

import re

import pytest

ENTRY = re.compile(r'<([^>]+)>; rel="(\w+)"; results="(true|false)"; cursor="([^"]+)"')


def links(headers):
    return {rel: (url, results == "true", cursor) for url, rel, results, cursor in ENTRY.findall(headers["Link"])}


async def test_pages_cover_the_whole_list(sentry, acme):
    """Following `next` returns every issue once, in order."""
    seen, cursor = [], "0:0:0"
    while True:
        path = f"/organizations/acme/issues/?query=&sort=new&limit=100&cursor={cursor}"
        _, headers, body = await sentry.get(path)
        seen += [issue["id"] for issue in body]
        _, has_more, cursor = links(headers)["next"]
        if not has_more:
            break

    visible = sorted(acme.issues.values(), key=lambda i: (-i.events[0].at, -int(i.id)))
    assert seen == [issue.id for issue in visible]


async def test_the_link_header_has_both_entries_and_repeats_the_query(sentry):
    """`previous` and `next` are always present and repeat the query with their own cursor."""
    _, headers, _ = await sentry.get("/organizations/acme/projects/?query=platform:python,x&per_page=5&cursor=0:5:0")

    base = f"{sentry.server.url}/api/0/organizations/acme/projects/?query=platform%3Apython%2Cx&per_page=5"
    assert links(headers) == {
        "previous": (f"{base}&cursor=0%3A0%3A1", True, "0:0:1"),
        "next": (f"{base}&cursor=0%3A10%3A0", False, "0:10:0"),
    }


async def read_pages(sentry, path, rel="next", cursor="0:0:0"):
    """All pages from the cursor on, as (ids, links)."""
    pages = []
    has_more = True
    while has_more:
        _, headers, body = await sentry.get(f"{path}&cursor={cursor}")
        entries = links(headers)
        pages.append(([row["id"] for row in body], entries))
        _, has_more, cursor = entries[rel]
    return pages


@pytest.mark.parametrize("sort", ["date", "new", "freq", "user", "trends", "recommended"])
async def test_following_previous_leads_back(sentry, sort):
    """Every page is reached again from the one after it, also where rows have equal sort keys."""
    path = f"/organizations/acme/issues/?query=is:unresolved&project=101001&sort={sort}&limit=40"
    forward = await read_pages(sentry, path)
    (_, last_links) = forward[-1]
    back = await read_pages(sentry, path, "previous", last_links["previous"][2])

    ids = [key for page, _ in forward for key in page]
    assert len(ids) == len(set(ids)) > 80
    assert [page for page, _ in back] == [page for page, _ in reversed(forward[:-1])]


@pytest.mark.parametrize("sort", ["date", "new"])
async def test_resolving_rows_of_a_page_skips_none_of_the_next(sentry, sort):
    """A cursor carries the sort key of the next row, so that rows that leave the list move no other row."""
    path = f"/organizations/acme/issues/?query=is:unresolved&sort={sort}&limit=10"
    before = await read_pages(sentry, f"{path}&project=101001")
    (first, first_links), (second, _) = before[:2]
    await sentry.call("PUT", f"/organizations/acme/issues/?id={first[3]}&id={first[9]}", json={"status": "resolved"})
    after = await sentry.body(f"{path}&project=101001&cursor={first_links['next'][2]}")

    assert [row["id"] for row in after] == second


async def test_new_rows_do_not_repeat_the_next_page(sentry):
    """An issue that comes first after page 1 was read does not move the last row of it to page 2."""
    path = "/organizations/acme/issues/?query=is:unresolved&sort=date&limit=100"
    (first, first_links), (second, _) = (await read_pages(sentry, path))[:2]
    sentry.server.simulation.open_issue()
    after = await sentry.body(f"{path}&cursor={first_links['next'][2]}")

    assert ([row["id"] for row in after], set(first) & set(second)) == (second, set())


async def test_issue_list_counts_its_matches(sentry, acme):
    """`X-Hits` counts the matches, capped at `X-Max-Hits`."""
    fatal = sum(i.level == "fatal" for i in acme.issues.values())

    _, few, _ = await sentry.get("/organizations/acme/issues/?query=level:fatal&limit=1")
    _, many, _ = await sentry.get("/organizations/acme/issues/?query=&limit=1")

    assert (few["X-Hits"], many["X-Hits"], many["X-Max-Hits"]) == (str(fatal), "1000", "1000")


@pytest.mark.parametrize(("size", "rows"), [("1", 1), ("2", 2), ("100", 2)])
async def test_per_page_from_1_to_100_is_accepted(sentry, size, rows):
    """A page has at most `per_page` items."""
    assert len(await sentry.body(f"/organizations/?per_page={size}")) == rows


@pytest.mark.parametrize(
    ("size", "detail"),
    [
        ("0", "Invalid per_page value. Must be between 1 and 100."),
        ("101", "Invalid per_page value. Must be between 1 and 100."),
        ("many", "Invalid per_page parameter."),
    ],
)
async def test_other_sizes_are_rejected(sentry, size, detail):
    """Sizes out of range and non-numbers have different messages."""
    status, _, body = await sentry.get(f"/organizations/?per_page={size}")

    assert (status, body) == (400, {"detail": detail})


@pytest.mark.parametrize("cursor", ["x", "0:0", "0:-1:0", "0:0:2", "a:b:c"])
async def test_malformed_cursor_is_rejected(sentry, cursor):
    """A cursor is three numbers with a valid offset and direction."""
    status, _, body = await sentry.get(f"/organizations/?cursor={cursor}")

    assert (status, body) == (400, {"detail": "Invalid cursor parameter."})


async def test_the_issue_list_caps_its_limit(sentry):
    """`limit` above 100 gives 100 rows."""
    assert len(await sentry.body("/organizations/acme/issues/?query=&limit=500")) == 100


async def test_a_short_id_is_a_direct_hit(sentry):
    """With `shortIdLookup` a short id returns its issue, ignoring all other parameters."""
    path = "/organizations/acme/issues/?query=WEB-9&shortIdLookup=1&project=101001&statsPeriod=1s"
    _, headers, body = await sentry.get(path)

    assert ([issue["shortId"] for issue in body], headers["X-Sentry-Direct-Hit"]) == (["WEB-9"], "1")


async def test_exact_groups_ignore_the_query(sentry):
    """`group=` selects issues by id, ignoring the query and unknown ids."""
    body = await sentry.body("/organizations/acme/issues/?group=1000010&group=1000009&group=5&query=nothing")

    assert {issue["id"] for issue in body} == {"1000009", "1000010"}
