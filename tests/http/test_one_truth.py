"""Values of an object over HTTP, read in both orders, from every cache and by both engines."""

from contextlib import AsyncExitStack

from dexter_graphql.graph.relay.global_ids import encode_id
from support.redis import running_redis
from support.representations import is_impersonal, served_selection
from support.sandbox import running_sandbox
from support.server import running_site

REPLICAS = ("compiled", "interpreter")
SECRET = "the same random text on every replica"


async def test_caches_keep_the_values_of_an_object(graph):
    """Answers made anew, of records and JSON of a subtree, of whole answers, and of Redis on a replica agree."""
    issue, event = (served_selection(graph, typename, is_impersonal) for typename in ("Issue", "Event"))
    answers = []
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(running_redis())
        upstream = await stack.enter_async_context(running_sandbox())
        ids = [
            encode_id("Issue", "100000", issue.id)
            for issue in upstream.world.find_organization("acme").issues.values()
            if issue.project.slug == "web"
        ][:2]
        documents = {
            "listed": f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Issue {{ {issue} }} }} }}",
            "alone": f"""query ($ids: [ID!]!) {{
              nodes(ids: $ids) {{ ... on Issue {{ id event {{ {event} }} }} }}
              node(id: "{ids[0]}") {{ ... on Issue {{ {issue} }} }} }}""",
        }
        for order in (("listed", "alone"), ("alone", "listed")):
            async with redis.client() as client:
                await client.flushall()
            for engine in REPLICAS:
                settings = {"redis_url": redis.url, "secret": SECRET, "engine": engine}
                async with running_site(upstream, **settings) as site:
                    for space in ("", "", "", " "):
                        answers += [await site.data(documents[name] + space, ids=ids) for name in order]
                    assert await response_cache_hits(site)

    assert len(answers) == 32
    assert conflicts_in(answers) == {}


async def response_cache_hits(site):
    """Whole answers that the server has given again."""
    async with site.session.get(f"{site.admin_url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return int(float(next(line.split()[1] for line in lines if line.startswith("dexter_response_cache_hits_total "))))


def conflicts_in(answers):
    """The fields of objects that have several values, by the ID of the object."""
    values = {}
    for item in objects_in(answers):
        for name, value in item.items():
            values.setdefault((item["id"], name), []).append(value)
    return {key: different for key, different in values.items() if any(one != different[0] for one in different)}


def objects_in(value):
    """Every object with an ID in an answer."""
    if isinstance(value, list):
        return [item for part in value for item in objects_in(part)]
    if not isinstance(value, dict):
        return []
    below = objects_in(list(value.values()))
    return [value, *below] if "id" in value else below
