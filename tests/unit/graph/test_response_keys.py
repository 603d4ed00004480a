"""Response keys are the client's: none of them reaches the records that answers are read into."""

ODD = [
    "__class__",
    "__struct_fields__",
    "parents",
    "typename",
    "members",
    "cache_entry",
    "None",
    "self",
    "f0",
    "id",
    "x" * 300,
]


async def test_odd_response_keys_mean_nothing(asker):
    """As names of leaves, of links, and of lists, in an answer that is otherwise the same."""
    plain = await asker.organization("issues(first: 2) { nodes { title project { slug } tags { key } } }")
    leaves = " ".join(f"{key}: title" for key in ODD)
    links = " ".join(f"{key}: project {{ {key}: slug }}" for key in ODD)
    lists = " ".join(f"{key}: tags {{ {key}: key }}" for key in ODD)

    odd = await asker.organization(
        f"a: issues(first: 2) {{ nodes {{ {leaves} }} }}"
        f"b: issues(first: 2) {{ nodes {{ {links} }} }}"
        f"c: issues(first: 2) {{ nodes {{ {lists} }} }}"
    )

    nodes = plain["issues"]["nodes"]
    assert odd["a"]["nodes"] == [dict.fromkeys(ODD, node["title"]) for node in nodes]
    assert odd["b"]["nodes"] == [{key: {key: node["project"]["slug"]} for key in ODD} for node in nodes]
    assert odd["c"]["nodes"] == [{key: [{key: tag["key"]} for tag in node["tags"]] for key in ODD} for node in nodes]
