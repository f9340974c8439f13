import os
from uuid import UUID

import pytest

from gateway.ids import References, uuid7


def test_rfc_9562_example():
    # RFC 9562 appendix A.6: 2022-02-22T19:22:22Z, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F
    random = (0x0CC3 << 64 | 0x18C4DC0C0C07398F).to_bytes(10)
    assert uuid7(1645557742.0, random) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@pytest.mark.parametrize("random", [b"\0" * 10, b"\xff" * 10])
def test_version_and_variant_hold_for_any_chance(random):
    made = UUID(uuid7(1.0, random))
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"


def test_later_sorts_later():
    assert uuid7(1000.000, b"\xff" * 10) < uuid7(1000.001, b"\0" * 10)


def test_references_are_uuids_of_their_time_and_never_the_same():
    now_s = [1000.0]
    new = References(lambda: now_s[0], os.urandom)
    made = []
    for _ in range(600):  # more than are drawn at once
        now_s[0] += 0.0005
        made.append(new())
        assert made[-1][:14] == uuid7(now_s[0], bytes(10))[:14]
    assert len(set(made)) == 600
    assert {(UUID(each).version, UUID(each).variant) for each in made} == {
        (7, "specified in RFC 4122")
    }


def test_chance_of_a_reference_is_used_once():
    drawn = iter([bytes(range(10)) * 256, bytes(10) * 256])
    new = References(lambda: 1.0, lambda size: next(drawn))
    assert [new() for _ in range(256)] == [uuid7(1.0, bytes(range(10)))] * 256
    assert new() == uuid7(1.0, bytes(10))
