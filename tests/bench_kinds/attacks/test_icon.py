"""What attackers of `icon` reach, in a file that can run beside the others."""

from __future__ import annotations

from random import Random

from gateway.art import generator, jpeg
from gateway.art.assets import concepts
from gateway.art.clickable import FILE_PX
from gateway.art.forms import image
from gateway.art.scenes import scene
from gateway.art.style import Style
from gateway.bench.attacks import icon as attacks
from gateway.bench.pictured import named
from gateway.kinds import icon as kind
from tests.bench_kinds.budgets import assert_budgets_hold


def test_icon_holds_its_budgets():
    assert_budgets_hold("icon")


def test_whoever_has_our_pictures_names_every_prompt():
    """Or the attackers that search for what is named would be weaker than they claim."""
    chance = generator(Random(3))
    behind = image(scene(chance, *FILE_PX, Style.of(b"any")))
    asked = list(concepts())
    for at in range(0, len(asked), 4):
        some = asked[at : at + 4]
        prompt = jpeg(kind._prompt(chance, behind, some), kind.QUALITY)
        cells = attacks.cells({"prompt": prompt, "count": len(some)})
        assert [named(cell).name for cell in cells] == [thing.name for thing in some]
