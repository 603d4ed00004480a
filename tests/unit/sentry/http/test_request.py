"""Address and headers of a call, as they are sent."""

import pytest

from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.errors import BadRequest, Unauthorized
from dexter_graphql.sentry.http.request import encode_request
from support.upstream import a_call


def test_path_is_not_encoded_again():
    """The path goes out as it was encoded, the query is appended to it."""
    call = a_call(
        path="/api/0/organizations/a%2Fb/issues/%C3%A9/", query=(("query", "a b+c&d=ü"), ("id", "1"), ("id", "2"))
    )

    url = encode_request(call).url

    assert str(url.origin()) == "https://sentry.io"
    assert url.raw_path_qs == ("/api/0/organizations/a%2Fb/issues/%C3%A9/?query=a+b%2Bc%26d%3D%C3%BC&id=1&id=2")


@pytest.mark.parametrize("host", ["https://sentry.io", "http://127.0.0.1:9000", "https://[::1]:8443"])
def test_address_has_the_host_of_the_call(host):
    """Scheme, host and port are those of the call; without a query there is no question mark."""
    assert str(encode_request(a_call(host=host, path="/p/")).url) == f"{host}/p/"


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("is:unresolved", "is:unresolved"),
        ("0:100:0", "0:100:0"),
        ("a@b/c,d?e!f$g'(h)*i~j", "a@b/c,d?e!f$g'(h)*i~j"),
        ("a b&c=d+e;f#g%h", "a+b%26c%3Dd%2Be%3Bf%23g%25h"),
        ('[7]|"x"\r\n', "%5B7%5D%7C%22x%22%0D%0A"),
        ("é٣", "%C3%A9%D9%A3"),
        ("half \ud800", "half+"),
        ("", ""),
    ],
)
def test_query_values_are_encoded(value, encoded):
    """Each value arrives as one value; characters that need no encoding keep the address short."""
    assert encode_request(a_call(path="/p/", query=(("q", value),))).url.raw_path_qs == f"/p/?q={encoded}"


def test_headers_of_a_call():
    """A call brings its own token, and the content type of its body when it has one."""
    write = a_call(method="PUT", body=b"{}")

    assert encode_request(a_call()).headers == {"Authorization": "Bearer sntryu_secret"}
    assert encode_request(write).headers == {
        "Authorization": "Bearer sntryu_secret",
        "Content-Type": "application/json",
    }


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"upstream": Upstream("alice", "a\r\nX-Other: b")}, Unauthorized),
        ({"upstream": Upstream("alice", "a b")}, Unauthorized),
        ({"upstream": Upstream("alice", "é")}, Unauthorized),
        ({"path": "/api/0/ HTTP/1.1\r\nX-Other: b"}, BadRequest),
        ({"path": "/api/0/é/"}, BadRequest),
    ],
)
def test_no_line_of_the_head_ends_early(changes, kind):
    """A path or token that could begin another header is refused."""
    with pytest.raises(kind) as raised:
        encode_request(a_call(**changes))

    assert raised.value.title == a_call().title
