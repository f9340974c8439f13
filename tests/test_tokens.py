from __future__ import annotations

import json
from dataclasses import MISSING, asdict, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import ACCESSIBLE, Round
from gateway.seal import TokenTooLongError, seal
from gateway.tokens import open_ticket, open_visit, seal_ticket, seal_visit
from tests.samples import NONCE, RING, SOLVED, STRANGE_RING, TICKET, VISIT

# Sealed by release 0.1. A later release must open it, or an upgrade loses visits under way.
PINNED_VISIT = (
    "AQNuZXcAAQIDBAUGBwgJCgspM5jcoK995OigjbQO1Q8Ma0IZw_INkEAuLhJOqkukCoQe46Kzs8EuXW02zQvPoNPlgp"
    "B6OWgJ-YP3EAWbqEWaa_JDddN7-ShipcxltLecYXEnbcv0dndw6uIz_boBaOef2JnLu--mfQxhs0RnnoMX5TbVflCz"
    "Ioc8bku9kFmvRYcWC1I9Gdjp2JKsIbU03TfjYPq7sbzJX0q3-nHoY_A-XJ7yFe7Jh4OK76AIdVWXWPWxGvBsYHte0H"
    "4nEhWxtg7i9VhezUhcNR53szOV3zvACQ3zlpKCKPoTPd0w9BZPvFhEMEFXAff0uVDq8rSq5NcbVXCSUMYTEM4JY9Bf"
    "Kg1X1ja3INK0YhhVCTg_OyWC0-CMBUxIJImn6r-E7BYHmhesGQHjWI6uj9M0NG1UpBu6Zs0tg9KivBy-HavBrNJ0sh"
    "nJS1UC_Zlxqsplbz6VXaKT-HzhXtseXvL2CD4z9nb1gsoT5Rlio442Zn17iEbF4697RGooncY8wHd6A-i7EUzjqs1y"
    "VZrWUa4q41n-DnfmZ94JklcyxSiH"
)
PINNED_TICKET = (
    "AQNuZXcAAQIDBAUGBwgJCgsQW0FcL38U8V5mMSqkygmy7FmB9XE0_T_xlwXRfEo-_BYfsIFrYAOH7IELI_sIRWOyc6"
    "4y8nwM3Nzm9SFN4e93vvDyb_tKqvDZKvQq9lJOVPZBUhpowBl323z86I4P7Oq4A5NV4hqMMEPzdpArYkh3B4npJcym"
    "hKZveLd3S7wc3C7BMxodn6ER1oGrf_EgeRKWdTT_EYYAbrR2dcspLR7B1kXkGFkeqpb1aW8fC9KP6v7u1scvv6yIXi"
    "FyIobVAOnXW7uFcID9379AmaCXh193LKznSCErG9fn04NpBczGpx0iZZ16ZDL2DBSJQaUpPq8yTHfUjuENHBFPHg"
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    target=st.binary(max_size=500),
    kept=st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=50)), max_size=5),
    secret=st.binary(min_size=32, max_size=32),
    tries=st.integers(0, 100),
    solved=st.sampled_from([None, SOLVED, replace(SOLVED, uses=1)]),
)
def test_a_visit_comes_back_as_it_was(target, kept, secret, tries, solved) -> None:  # type: ignore[no-untyped-def]
    visit = replace(
        VISIT, target=target, kept=tuple(kept), secret=secret, tries=tries, solved=solved
    )
    assert open_visit(RING, seal_visit(RING, visit, NONCE)) == visit


@given(
    secret=st.dictionaries(st.text(max_size=9), json_values, max_size=5), rung=st.integers(-1, 9)
)
def test_a_ticket_comes_back_as_it_was(secret, rung) -> None:  # type: ignore[no-untyped-def]
    ticket = replace(TICKET, secret=secret, rung=rung, not_before_s=1005.5)
    assert open_ticket(RING, seal_ticket(RING, ticket, NONCE)) == ticket


def test_every_field_travels() -> None:
    """None is left at its default, so none can be lost unseen."""
    visit = replace(
        VISIT,
        same_origin=True,
        machine=True,
        tries=3,
        solved=SOLVED,
        harder=2,
        risk=0.5,
        kind="slider",
        user="u1",
        values={"phone": [[1, "digest"]], "mail": None},
    )
    ticket = replace(
        TICKET,
        not_before_s=1005.5,
        refuse_above=0.8,
        toll=True,
        instead_of="icon",
        failures=4,
        rounds_left=1,
        first=Round("slider", 2, 0.7),
        layout=((0.0, 1.0, 2.5, 3.0),),
    )
    for made in (visit, ticket):
        usual = {each.name: each.default for each in fields(made) if each.default is not MISSING}
        assert not [name for name, value in usual.items() if getattr(made, name) == value]
    assert open_visit(RING, seal_visit(RING, visit, NONCE)) == visit
    assert open_ticket(RING, seal_ticket(RING, ticket, NONCE)) == ticket


def test_a_visit_is_no_ticket_and_a_ticket_no_visit() -> None:
    assert open_ticket(RING, seal_visit(RING, VISIT, NONCE)) is None
    assert open_visit(RING, seal_ticket(RING, TICKET, NONCE)) is None


def test_another_site_s_keys_open_nothing() -> None:
    assert open_visit(STRANGE_RING, seal_visit(RING, VISIT, NONCE)) is None
    assert open_ticket(STRANGE_RING, seal_ticket(RING, TICKET, NONCE)) is None


def test_expiry_is_not_looked_at_here() -> None:
    late = replace(VISIT, expires_s=0.0)
    assert open_visit(RING, seal_visit(RING, late, NONCE)) == late


def test_a_visit_too_long_for_the_form_loses_its_kept_headers() -> None:
    visit = replace(VISIT, kept=((b"Referer", b"x" * 12_000),))
    assert open_visit(RING, seal_visit(RING, visit, NONCE)) == replace(visit, kept=())


@pytest.mark.parametrize("size, fits", [(8_192, True), (11_000, True), (12_000, False)])
def test_how_long_a_target_may_be(size: int, fits: bool) -> None:
    visit = replace(VISIT, target=b"/" + b"x" * size)
    if fits:
        assert open_visit(RING, seal_visit(RING, visit, NONCE)) == replace(visit, kept=visit.kept)
    else:
        with pytest.raises(TokenTooLongError):
            seal_visit(RING, visit, NONCE)


@pytest.mark.parametrize(
    "payload", [b"", b"null", b"[]", b"1", b'"x"', b"{}", b"\xff", b'{"id": "v1"}']
)
def test_what_another_release_sealed_is_not_misread(payload: bytes) -> None:
    assert open_visit(RING, seal(RING, "visit", payload, NONCE)) is None
    assert open_ticket(RING, seal(RING, "ticket", payload, NONCE)) is None


def test_fields_of_a_later_release_are_passed_over() -> None:
    stored = json.dumps(asdict(TICKET) | {"mood": "calm"}).encode()
    assert open_ticket(RING, seal(RING, "ticket", stored, NONCE)) == TICKET


def test_fields_that_an_earlier_release_lacked_have_their_defaults() -> None:
    stored = asdict(replace(TICKET, not_before_s=0.0))
    del stored["not_before_s"]
    assert open_ticket(RING, seal(RING, "ticket", json.dumps(stored).encode(), NONCE)) == TICKET


@given(st.text(max_size=200))
def test_no_text_opens(text: str) -> None:
    assert open_visit(RING, text) is None
    assert open_ticket(RING, text) is None


def test_tokens_of_the_first_release_open_forever() -> None:
    assert open_visit(RING, PINNED_VISIT) == replace(VISIT, solved=SOLVED)
    assert open_ticket(RING, PINNED_TICKET) == replace(TICKET, rung=ACCESSIBLE)
