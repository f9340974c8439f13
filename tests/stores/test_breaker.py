"""When the breaker opens, who probes, and when it closes."""

from __future__ import annotations

import asyncio

import pytest

from gateway.stores import StoreDown, StoreFull
from gateway.stores.breaker import Breaker


class Patient:
    """A store that answers probes as told."""

    answer: Exception | None = None
    probes = 0

    async def probe(self) -> None:
        self.probes += 1
        if self.answer is not None:
            raise self.answer


@pytest.mark.parametrize(
    ("history", "is_open"),
    [
        ("", False),
        ("ff", False),
        ("fff", True),
        ("ffff", True),
        ("ffsff", False),  # in a row
        ("ffsfff", True),
    ],
)
async def test_opens_after_three_failures_in_a_row(history: str, is_open: bool) -> None:
    breaker = Breaker(Patient().probe)
    for event in history:
        breaker.failed() if event == "f" else breaker.succeeded()
    assert breaker.is_open is is_open
    if is_open:
        with pytest.raises(StoreDown):
            breaker.check()
    else:
        breaker.check()
    await breaker.close()


async def until(done: bool, breaker: Breaker) -> None:
    async with asyncio.timeout(10):
        while breaker.is_open is not done:
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("answer", [None, StoreFull("full is not down")])
async def test_one_task_probes_until_it_answers(answer: Exception | None) -> None:
    patient = Patient()
    patient.answer = StoreDown("still")
    breaker = Breaker(patient.probe, every_s=0.01)
    for _ in range(50):
        breaker.failed()
    async with asyncio.timeout(10):
        while patient.probes < 3:
            assert breaker.is_open
            await asyncio.sleep(0.001)
    patient.answer = answer
    await until(False, breaker)
    breaker.check()
    probes = patient.probes
    await asyncio.sleep(0.03)
    assert patient.probes == probes
    for _ in range(2):
        breaker.failed()
    assert not breaker.is_open  # counted from nothing again


async def test_close_ends_the_probing() -> None:
    patient = Patient()
    patient.answer = StoreDown("for ever")
    breaker = Breaker(patient.probe, every_s=0.001)
    for _ in range(3):
        breaker.failed()
    await breaker.close()
    probes = patient.probes
    await asyncio.sleep(0.02)
    assert patient.probes == probes
