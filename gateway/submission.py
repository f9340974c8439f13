"""The finishing submission: a form of ours, posted to the original URL. Known, and read."""

from __future__ import annotations

from urllib.parse import parse_qs

from gateway.model import Length, RequestHead, Route, Site, Visit

FINISH_FIELD = b"gateway_visit="
MAX_FINISH_BYTES = 16 * 1024


def may_finish(request: RequestHead) -> bool:
    """Could this be a finishing submission, by its head alone?"""
    if request.method != "POST" or not isinstance(request.framing, Length):
        return False
    if not len(FINISH_FIELD) < request.framing.size_bytes <= MAX_FINISH_BYTES:
        return False
    kind = request.get(b"content-type") or b""
    return kind.split(b";")[0].strip().lower() == b"application/x-www-form-urlencoded"


def read_finish(body: bytes) -> tuple[str, bool]:
    """The sealed visit of a finishing submission, and whether the visitor asked to send again."""
    try:
        fields = parse_qs(body.decode("latin-1"), max_num_fields=4)
    except ValueError:
        return "", False
    return fields.get("gateway_visit", [""])[0], fields.get("gateway_again") == ["1"]


def visited_route(site: Site, visit: Visit | None) -> Route | None:
    """The route that the visit is about, if this site still has it."""
    if visit is None or visit.site != site.name:
        return None
    return next((route for route in site.routes if route.name == visit.route), None)
