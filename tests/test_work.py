from __future__ import annotations

import hashlib
from random import Random

import pytest
from altcha import v1 as altcha
from hypothesis import given
from hypothesis import strategies as st

from gateway.work import (
    LEAST_HASHES,
    MOST_HASHES,
    check_work,
    hashes_for,
    make_work,
)
from tests.proofs import solve_work

VIEW, SECRET = make_work(Random(1), 500)
N = SECRET["number"]


def test_the_form_is_altcha_s() -> None:
    view, secret = make_work(Random(7), 1000)
    assert set(view) == {"algorithm", "challenge", "salt", "maxnumber"}
    assert view["maxnumber"] == 2000
    hashed = hashlib.sha256(f"{view['salt']}{secret['number']}".encode())
    assert view["challenge"] == hashed.hexdigest()
    assert solve_work(view) == secret


def test_chance_is_an_argument() -> None:
    assert make_work(Random(1), 500) == (VIEW, SECRET)
    assert make_work(Random(2), 500) != (VIEW, SECRET)


def test_the_view_does_not_tell_the_number() -> None:
    assert "number" not in VIEW
    assert not set(VIEW) & set(SECRET)


def test_a_digit_cannot_move_from_number_to_salt() -> None:
    """salt `ab1` + number 23 must not be salt `ab` + number 123 (ALTCHA GHSA-6gvq-jcmp-8959)."""
    assert VIEW["salt"].endswith("&")


def test_numbers_are_drawn_from_the_whole_range() -> None:
    drawn = {make_work(Random(seed), 1)[1]["number"] for seed in range(60)}
    assert drawn == {0, 1, 2}


@pytest.mark.parametrize(
    "proof, right",
    [
        ({"number": N}, True),
        ({"number": N, "took": 812}, True),
        ({"number": N - 1}, False),
        ({"number": N + 1}, False),
        ({"number": float(N)}, False),
        ({"number": str(N)}, False),
        ({"number": [N]}, False),
        ({"number": None}, False),
        ({"number": True}, False),
        ({"number": -N}, False),
        ({"number": float("nan")}, False),
        ({"number": 10**400}, False),
        ({}, False),
        ([N], False),
        (N, False),
        (None, False),
    ],
)
def test_check(proof: object, right: bool) -> None:
    assert check_work(SECRET, proof) is right


@pytest.mark.parametrize("proof", [{"number": True}, {"number": 1.0}])
def test_true_is_not_one(proof: object) -> None:
    assert check_work({"number": 1}, proof) is False


@pytest.mark.parametrize("secret", [{}, {"number": None}, {"number": "5"}])
@pytest.mark.parametrize("proof", [{}, {"number": None}, {"number": "5"}, {"number": 5}])
def test_a_secret_without_a_number_is_met_by_nothing(
    secret: dict[str, object], proof: dict[str, object]
) -> None:
    assert check_work(secret, proof) is False


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.just("number") | st.text(), inner),
    )
)
def test_any_json_gets_an_answer(proof: object) -> None:
    assert check_work({"number": -1}, proof) in (True, False)


def test_nothing_is_found_where_nothing_is() -> None:
    assert solve_work(VIEW | {"challenge": "00" * 32}) is None


@pytest.mark.parametrize(
    "base, risk, accessible, hashes",
    [
        (50_000, 0.0, False, 50_000),
        (50_000, 0.25, False, 100_000),
        (50_000, 0.5, False, 200_000),
        (50_000, 1.0, False, 800_000),
        (50_000, 0.0, True, 200_000),
        (50_000, 1.0, True, 3_200_000),
        (50_000, float("nan"), False, 800_000),
        (50_000, -1.0, False, 800_000),
        (50_000, 7.0, False, 800_000),
        (0, 0.0, False, LEAST_HASHES),
        (LEAST_HASHES - 1, 0.0, False, LEAST_HASHES),
        (10**9, 0.0, False, MOST_HASHES),
        (10**9, 1.0, True, MOST_HASHES),
    ],
)
def test_work_grows_with_risk_within_bounds(
    base: int, risk: float, accessible: bool, hashes: int
) -> None:
    assert hashes_for(base, risk, accessible=accessible) == hashes


def test_the_accessible_way_is_asked_for() -> None:
    assert hashes_for(5_000, 0.0) == 5_000 == hashes_for(5_000, 0.0, accessible=True) / 4


def test_the_last_number_is_found_too() -> None:
    view, secret = next(
        made
        for made in (make_work(Random(seed), 1) for seed in range(99))
        if made[1]["number"] == 2
    )
    assert solve_work(view) == secret


@pytest.mark.parametrize("hashes, most", [(0, 2), (1, 2), (10**12, 2 * MOST_HASHES)])
def test_a_question_is_never_free_nor_endless(hashes: int, most: int) -> None:
    assert make_work(Random(1), hashes)[0]["maxnumber"] == most


def test_altcha_s_own_client_solves_ours() -> None:
    view, secret = make_work(Random(5), 500)
    solution = altcha.solve_challenge(
        view["challenge"], view["salt"], view["algorithm"], view["maxnumber"]
    )
    assert solution is not None
    assert check_work(secret, {"number": solution.number})


def test_we_solve_altcha_s_own_challenge() -> None:
    options = altcha.ChallengeOptions(hmac_key="k", max_number=1000)
    made = altcha.create_challenge(options)
    view = {
        "algorithm": made.algorithm,
        "challenge": made.challenge,
        "salt": made.salt,
        "maxnumber": made.max_number,
    }
    proof = solve_work(view)
    assert proof is not None
    payload = {
        "algorithm": made.algorithm,
        "challenge": made.challenge,
        "number": proof["number"],
        "salt": made.salt,
        "signature": made.signature,
    }
    assert altcha.verify_solution(payload, "k", check_expires=False)[0]
