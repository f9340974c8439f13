"""Finishing: the original request goes on, at most once by itself, and is never silently lost.

What was held is claimed in the store before anything is sent, and marked as sent before its first
byte. A visit that holds nothing (a GET where no pass can be kept) is claimed by its own id.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Container
from dataclasses import dataclass, replace

from gateway.headers import is_claim
from gateway.hold import Claimed, ClaimFault, Holds
from gateway.model import (
    Caller,
    Challenge,
    Delivery,
    Deny,
    Forward,
    Framing,
    Headers,
    Length,
    NoBody,
    Pass,
    Reason,
    RequestHead,
    Resume,
    Route,
    Visit,
)
from gateway.passes import Algorithm, cookie_name, issue, request_digest
from gateway.ring import KeyRing
from gateway.stores import Store, StoreDown, StoreError, StoreFull

RETRY_STATUS = 503
ASK_AGAIN_S = 1.0
CLOCKS_S = 60.0  # what was spent is remembered longer than it is good for: clocks of gates differ
_FAULT_STATUS = {
    Reason.DELIVERED: 409,
    Reason.MAYBE_DELIVERED: 409,
    Reason.IN_FLIGHT: 409,
    Reason.HOLD_LOST: 410,
}
_OF_THE_FINISH = frozenset(
    {b"content-type", b"content-length", b"transfer-encoding", b"origin", b"referer"}
)


@dataclass(frozen=True, slots=True)
class Ready:
    """A request that may go to the app now, and whom to tell how it went."""

    request: RequestHead
    delivery: Delivery
    body: AsyncIterator[bytes] | None = None


async def _nothing() -> AsyncIterator[bytes]:
    pieces: tuple[bytes, ...] = ()
    for piece in pieces:
        yield piece


class Spent:
    """Something spent for a request, given back if the request never left."""

    def __init__(self, give_back: Callable[[], Awaitable[None]]) -> None:
        self._give_back = give_back

    async def sending(self) -> None:
        """Nothing more to record: it was spent when it was claimed."""

    async def unsent(self) -> None:
        await self._give_back()

    async def delivered(self) -> None:
        """It stays spent."""

    async def broken(self) -> None:
        """It stays spent: the app may have acted on it."""


class Free:
    """A delivery that costs nothing, to be told with others."""

    async def sending(self) -> None: ...
    async def unsent(self) -> None: ...
    async def delivered(self) -> None: ...
    async def broken(self) -> None: ...


FREE = Free()


class Noted:
    """A delivery that remembers whether anything may have left."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self.may_have_left = False

    async def sending(self) -> None:
        await self._delivery.sending()
        self.may_have_left = True

    async def unsent(self) -> None:
        await self._delivery.unsent()

    async def delivered(self) -> None:
        await self._delivery.delivered()

    async def broken(self) -> None:
        await self._delivery.broken()


class Both:
    """Two deliveries of one request: both hear everything, the first decides whether it may go."""

    def __init__(self, first: Delivery, second: Delivery) -> None:
        self._first = first
        self._second = second

    async def sending(self) -> None:
        await self._first.sending()
        await self._second.sending()

    async def unsent(self) -> None:
        await self._first.unsent()
        await self._second.unsent()

    async def delivered(self) -> None:
        await self._first.delivered()
        await self._second.delivered()

    async def broken(self) -> None:
        await self._first.broken()
        await self._second.broken()


class Finisher:
    """Claims what a finishing request may release. Reads the store; sends nothing itself."""

    def __init__(
        self,
        store: Store,
        holds: Holds,
        ring: KeyRing,
        clock: Callable[[], float],
        new_id: Callable[[], str],
        algorithm: Algorithm = "HS256",
        on_store_error: Callable[[str], object] = lambda op: None,
    ) -> None:
        self._store = store
        self._holds = holds
        self._ring = ring
        self._clock = clock
        self._new_id = new_id
        self._algorithm = algorithm
        self._on_store_error = on_store_error
        self._down_until_s = 0.0

    @property
    def store_up(self) -> bool:
        """What was last seen of the store; after a failure it is asked again a second later."""
        return self._clock() >= self._down_until_s

    def store_failed(self, error: StoreError, op: str) -> None:
        """The store did not do `op` for somebody: take it for down for a moment."""
        self._on_store_error(op)
        if isinstance(error, StoreDown):
            self._down_until_s = self._clock() + ASK_AGAIN_S

    async def spend_use(self, decision: Forward, request: RequestHead) -> Ready | Challenge | Deny:
        """Spend one use of the pass that opened this route."""
        used, route = decision.used, decision.route
        assert used is not None
        assert route is not None
        try:
            spent = await self._spend(used, route)
        except StoreError as error:
            self.store_failed(error, "use")
            if route.on_error == "pow":
                return Challenge(Reason.STORE_DOWN, route)
            return Deny(why_not(error), RETRY_STATUS, route)
        return Ready(request, spent) if spent else Challenge(Reason.USES_SPENT, route)

    async def claim(
        self,
        decision: Resume,
        request: RequestHead,
        caller: Caller,
        *,
        again: bool,
        read: Container[bytes] = (),
    ) -> Ready | Challenge | Deny:
        """The original request, ready to go, or why it can't. `again`: the visitor asked for it.

        `read`: names of cookies that rules look at, so that `request` has no say in them.
        """
        again = again and not decision.route.single_use
        try:
            if decision.visit.hold_id:
                ready = await self._claim_held(decision, request, caller, again=again, read=read)
            else:
                ready = await self._claim_unheld(decision, request, read)
            if not isinstance(ready, Ready) or not decision.used or decision.used.uses is None:
                return ready
            return await self._with_use(ready, decision.used, decision.route)
        except StoreError as error:
            self.store_failed(error, "claim")
            return Deny(why_not(error), RETRY_STATUS, decision.route)

    async def _with_use(self, ready: Ready, used: Pass, route: Route) -> Ready | Challenge:
        """A finished request spends a use of the pass too, or goes back to waiting."""
        spent = None
        try:
            spent = await self._spend(used, route)
        finally:
            if spent is None:
                await ready.delivery.unsent()
        if spent is None:
            return Challenge(Reason.USES_SPENT, route)
        return replace(ready, delivery=Both(ready.delivery, spent))

    async def _spend(self, used: Pass, route: Route) -> Spent | None:
        """None: no use is left. Raises StoreError.

        Another route of the scope may give more uses: of its pass this one takes its own number.
        """
        assert used.uses is not None
        limit = min(used.uses, route.pass_rule.uses or used.uses)
        key = f"uses/{used.id}"
        if not await self._store.reserve(key, 1, limit, self._until(used.expires_s)):
            return None
        return Spent(lambda: self._store.release(key, 1))

    async def _claim_held(
        self,
        decision: Resume,
        request: RequestHead,
        caller: Caller,
        *,
        again: bool,
        read: Container[bytes],
    ) -> Ready | Deny:
        visit = decision.visit
        claimed = await self._holds.claim(visit.hold_id, visit.secret, again=again)
        if isinstance(claimed, ClaimFault):
            return Deny(claimed.reason, _FAULT_STATUS[claimed.reason], decision.route)
        held = claimed.request
        headers = _forwarded_now(held.headers, request)
        if held.same_origin:
            headers = _with_cookies(headers, request.headers, read)
        if decision.route.single_use:
            headers = self._with_bound_pass(headers, decision, claimed, caller)
        original = _original(visit, headers, claimed.size_bytes, request)
        return Ready(original, claimed, claimed.body())

    async def _claim_unheld(
        self, decision: Resume, request: RequestHead, read: Container[bytes]
    ) -> Ready | Deny:
        visit = decision.visit
        key = f"visit/{visit.id}"
        if not await self._store.spend(key, self._until(visit.expires_s)):
            return Deny(Reason.DELIVERED, _FAULT_STATUS[Reason.DELIVERED], decision.route)
        now = _unheld_headers(visit, request)
        headers = _with_cookies(_without_cookies(now), now, read)
        original = _original(visit, headers, 0, request)
        return Ready(original, Spent(lambda: self._store.delete(key)), _nothing())

    def _until(self, expires_s: float) -> float:
        """For how long to remember that something good until then was spent."""
        return max(0.0, expires_s - self._clock()) + CLOCKS_S

    def _with_bound_pass(
        self, headers: Headers, decision: Resume, claimed: Claimed, caller: Caller
    ) -> Headers:
        """The app sees a signed pass for this one request; no browser ever holds it."""
        visit, route = decision.visit, decision.route
        solved = visit.solved
        if solved is None:
            return headers
        token = issue(
            self._ring,
            solved,
            rule=route.pass_rule,
            site=route.site,
            policy=route.policy,
            caller=caller,
            now_s=self._clock(),
            id=self._new_id(),
            bound_to=request_digest(visit.method, visit.target, claimed.digest),
            algorithm=self._algorithm,
        )
        name = cookie_name(route.pass_rule.scope, caller.scheme == "https")
        return _with_cookie(headers, name.encode(), token.encode())


def why_not(error: StoreError) -> Reason:
    """Full is not down: who reads it should know what to mend."""
    return Reason.STORE_FULL if isinstance(error, StoreFull) else Reason.STORE_DOWN


def _with_cookies(headers: Headers, finishing: Headers, read: Container[bytes]) -> Headers:
    """The finishing request's cookies, which may have been renewed, in place of the original's.

    Only for what the site's own page sent: a cross-site request keeps what it came with, else the
    gate would launder it into a same-site one. What rules have `read` of the original stays its.
    """
    kept = _without_cookies(headers)
    now = tuple((k, v) for k, v in finishing if k.lower() == b"cookie")
    then = [pair for pair in _pairs(headers) if _name(pair) in read]
    others = [pair for pair in _pairs(now) if _name(pair) not in read]
    if not then and len(others) == len(_pairs(now)):
        return kept + tuple((b"Cookie", value) for _, value in now)
    return (*kept, (b"Cookie", b"; ".join(others + then))) if others or then else kept


def _without_cookies(headers: Headers) -> Headers:
    return tuple((k, v) for k, v in headers if k.lower() != b"cookie")


def _pairs(headers: Headers) -> list[bytes]:
    lines = (value for name, value in headers if name.lower() == b"cookie")
    return [pair.strip() for line in lines for pair in line.split(b";") if pair.strip()]


def _name(pair: bytes) -> bytes:
    return pair.partition(b"=")[0].strip()


def _forwarded_now(headers: Headers, finishing: RequestHead) -> Headers:
    """What proxies say of the finishing request, in place of what they said of the original.

    Only the peer of this request is known to be trusted or not; the original may have come past it.
    """
    kept = tuple((k, v) for k, v in headers if not is_claim(k.lower()))
    return kept + tuple((k, v) for k, v in finishing.headers if is_claim(k.lower()))


def _unheld_headers(visit: Visit, finishing: RequestHead) -> Headers:
    """The browser's headers as it sends them now, with the original's word on its origin."""
    dropped = _OF_THE_FINISH if visit.same_origin else _OF_THE_FINISH | {b"cookie"}
    now = tuple(
        (k, v)
        for k, v in finishing.headers
        if k.lower() not in dropped and not k.lower().startswith(b"sec-fetch-")
    )
    return (*now, *visit.kept)


def _with_cookie(headers: Headers, name: bytes, value: bytes) -> Headers:
    """The cookie set, in the place of any that the client sent under its name."""
    kept, found = [], b""
    for key, line in headers:
        if key.lower() != b"cookie":
            kept.append((key, line))
            continue
        pairs = [pair.strip() for pair in line.split(b";")]
        others = [pair for pair in pairs if pair and pair.split(b"=")[0].strip() != name]
        found = b"; ".join([found, *others] if found else others)
    pair = name + b"=" + value
    return (*kept, (b"Cookie", found + b"; " + pair if found else pair))


def _original(
    visit: Visit, headers: Headers, size_bytes: int, finishing: RequestHead
) -> RequestHead:
    """The original's head. A body that came in chunks goes on with its length, now known."""
    framed = any(k.lower() in (b"content-length", b"transfer-encoding") for k, _ in headers)
    framing: Framing = Length(size_bytes) if framed or size_bytes else NoBody()
    return replace(
        finishing,
        method=visit.method,
        target=visit.target,
        headers=headers,
        framing=framing,
        upgrade=False,
        expects_continue=False,
    )
