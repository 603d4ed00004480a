"""Features of the client, measured in a run."""

from dexter_graphql.parity.features import measure_features


async def test_features_work_and_are_measured():
    """Every feature works in a run, and what a run cannot measure is marked."""
    features = {feature.name: feature.is_on for feature in await measure_features()}

    assert features == {
        "cache": True,
        "deduplication": True,
        "batching": True,
        "rate limiting": True,
        "queue": True,
        "retries": True,
        "circuit breaking": True,
        "push": True,
        "sharing through Redis": None,
    }
