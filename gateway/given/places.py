"""One value that an app put where the configuration says: a header, a cookie, the query, a field.

Read as the app wrote it, and not as some reader might take it: whoever writes it is the app itself,
so a value that is there twice, in two ways, is not the app's.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from gateway.model import BodySeen, RequestHead, Whence
from gateway.presented import cookies
from gateway.routing.forms import form_items

MAX_FIELDS = 2_000


def given(request: RequestHead, body: BodySeen | None, whence: Whence) -> list[str]:
    """The different values, in order; a body that was not read, or can't be, has none."""
    name = whence.name.encode()
    match whence.place:
        case "header":
            found = request.all(name.lower())
        case "cookie":
            found = cookies(request.headers, name)
        case "query":
            found = _in_query(request.target.partition(b"?")[2], name)
        case "field":
            found = _in_body(request, body, name)
    return [value.decode("utf-8", "replace") for value in dict.fromkeys(found)]


def _in_query(query: bytes, name: bytes) -> list[bytes]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        return []
    return [value for key, value in pairs if key == name]


def _in_body(request: RequestHead, body: BodySeen | None, name: bytes) -> list[bytes]:
    if body is None:
        return []
    items = form_items(request, body)
    return [item.value for item in items.fields if item.sure and item.name == name]
