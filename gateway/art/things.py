"""Things that everyone knows, drawn to be known again whatever their colour, turn or bend.

A thing is an icon of the atlas with a body: outline, filled form and body are drawn together, in
one pose, so that a picture may show the same thing as a drawing in lines or as a dark form.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from gateway.art.assets import ICON_PX, Icon, icons
from gateway.art.colours import Colour, from_hsv
from gateway.art.fields import noise
from gateway.art.forms import Mask, Pixels
from gateway.art.style import Style
from gateway.art.warps import bent

_WORDS = """
acorn air-balloon airplane anchor armchair axe backpack barn baseball-cap basket bathtub bed
beer-stein bell bicycle binoculars bird boat boot broom bus butterfly cactus cake camera car
car-profile carrot castle-turret cat chair cheese cherries chess-knight chess-rook coat-hanger
cooking-pot cow cowboy-hat crown desktop dog dress eyeglasses factory fire-extinguisher
fire-truck fish flag flashlight flower gas-pump ghost gift gingerbread guitar hair-dryer hammer
hand headphones helicopter helmet high-heel horse ice-cream key knife lamp laptop lighthouse
lightbulb lock magnet magnifying-glass martini microscope milk-bottle moped mushroom
office-chair paint-brush palm pants pencil piggy-bank pine pizza potted-plant pram printer
rabbit robot rocket sailboat scissors scooter screwdriver shopping-cart shovel shrimp skull
sneaker sock spider spray-bottle stool suitcase sword syringe t-shirt television tent toilet
tooth tractor traffic-signal train treasure-chest trophy truck tulip umbrella van video-camera
watch wheelbarrow wheelchair windmill wine wrench
"""
KNOWN = frozenset(_WORDS.split())  # at a glance, and by a part of them
OFTEN_TAKEN_FOR_EACH_OTHER = (
    frozenset({"bus", "car", "car-profile", "fire-truck", "train", "truck", "van", "tractor"}),
    frozenset({"cooking-pot", "basket", "bathtub", "shopping-cart", "wheelbarrow", "pram"}),
    frozenset({"suitcase", "treasure-chest", "backpack", "gift", "lock", "camera", "toilet"}),
    frozenset({"desktop", "laptop", "television", "printer", "flag", "bed"}),
    frozenset({"barn", "tent", "factory", "castle-turret", "chess-rook", "lighthouse"}),
    frozenset({"chair", "armchair", "office-chair", "stool", "wheelchair"}),
    frozenset({"bicycle", "moped", "scooter", "eyeglasses"}),
    frozenset({"axe", "hammer", "shovel", "broom", "sword", "knife", "screwdriver", "wrench"}),
    frozenset({"pencil", "paint-brush", "syringe", "carrot", "flashlight", "key", "guitar"}),
    frozenset({"wine", "martini", "trophy", "beer-stein", "milk-bottle", "spray-bottle"}),
    frozenset({"sneaker", "boot", "sock", "high-heel"}),
    frozenset({"cowboy-hat", "baseball-cap", "helmet", "bell", "umbrella", "mushroom", "lamp"}),
    frozenset({"t-shirt", "dress", "pants", "ghost", "tooth", "skull", "binoculars"}),
    frozenset({"cat", "dog", "rabbit", "cow", "robot", "gingerbread", "piggy-bank"}),
    frozenset({"flower", "tulip", "cactus", "potted-plant", "palm", "pine", "butterfly"}),
    frozenset({"air-balloon", "ice-cream", "acorn", "lightbulb", "magnifying-glass", "cherries"}),
    frozenset({"boat", "sailboat"}),
)
_USED = 0.75  # of them by one install
_PROBE_PX = 32  # forms are compared at this size
_MOVES = tuple(product((-2, 0, 2), (-2, 0, 2)))

_GROWN, _SHRUNK = ImageFilter.MaxFilter(3), ImageFilter.MinFilter(3)

_Probe: TypeAlias = tuple[NDArray[np.bool_], NDArray[np.bool_]]  # as it stands; moved about


@dataclass(frozen=True, slots=True)
class Pose:
    """How a thing is put: mirrored, then stretched and sheared, then turned, then bent."""

    size_px: float  # of the icon's square
    mirrored: bool = False
    stretch: float = 1.0  # width over height
    shear: float = 0.0
    turn_deg: float = 0.0  # counter-clockwise
    bend_px: float = 0.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """The three masks of one thing in one pose, (side, side) each, 0 to 1."""

    body: Mask  # all that lies within its outer line
    lines: Mask
    form: Mask  # filled, with what is inside left open


@dataclass(frozen=True, slots=True)
class Inks:
    """The two colours of a thing, far apart in light: one of them shows on any ground."""

    paper: Colour
    ink: Colour

    @classmethod
    def draw(cls, chance: np.random.Generator, dark_share: float = 0.3) -> Inks:
        """Dark on light; or, for `dark_share` of them, light on dark."""
        hue, other = chance.uniform(0, 1), chance.uniform(0.25, 0.75)
        light = from_hsv(hue, chance.uniform(0.08, 0.35), chance.uniform(0.86, 1.0))
        dark = from_hsv(hue + other, chance.uniform(0.2, 0.6), chance.uniform(0.12, 0.28))
        return cls(dark, light) if chance.random() < dark_share else cls(light, dark)


def things(chance: np.random.Generator, count: int, style: Style, alike: float) -> list[Icon]:
    """`count` things that nobody takes for one another; no two overlap by more than `alike`."""
    known = _of_install(style)
    limit = alike
    found: list[Icon] = []
    while len(found) < count:
        one = known[int(chance.integers(len(known)))]
        if all(_differ(one, other, limit) for other in found):
            found.append(one)
        limit += 0.002  # rather a little more alike than never done
    return found


@lru_cache(maxsize=64)
def _of_install(style: Style) -> tuple[Icon, ...]:
    """The things that an install draws: most of those there are."""
    known = [icon for icon in icons() if icon.name in KNOWN]
    kept = style.own("things").permutation(len(known))[: round(_USED * len(known))]
    return tuple(known[int(at)] for at in kept)


def _differ(one: Icon, other: Icon, limit: float) -> bool:
    if one.name == other.name or one.name in other.alike:
        return False
    if any({one.name, other.name} <= group for group in OFTEN_TAKEN_FOR_EACH_OTHER):
        return False
    return likeness(one, other) <= limit


@lru_cache(maxsize=16384)
def likeness(one: Icon, other: Icon) -> float:
    """The share of both bodies that overlaps where they overlap best, either of them mirrored."""
    still, moved = _probe(one)[0], _probe(other)[1]
    both = (moved & still).sum(axis=1)
    either = (moved | still).sum(axis=1)
    return float((both / np.maximum(either, 1)).max())


@lru_cache(maxsize=512)
def _probe(icon: Icon) -> _Probe:
    body = Image.fromarray(layers(icon)[..., 0]).resize((_PROBE_PX, _PROBE_PX))
    small = np.asarray(body) > 127
    moved = [
        np.roll(one, move, (0, 1)).ravel() for one in (small, small[:, ::-1]) for move in _MOVES
    ]
    return small.ravel(), np.stack(moved)


def drawn(chance: np.random.Generator, icon: Icon, pose: Pose, side_px: int) -> Drawn:
    """The thing in its pose, in the middle of a square of `side_px`."""
    put = bent(
        *(chance, _softer(icon, pose.size_px), _matrix(pose, side_px), (side_px, side_px)),
        *(pose.bend_px, 0.33 * pose.size_px),
    )
    masks = put / np.float32(255.0)
    return Drawn(masks[..., 0], masks[..., 1], masks[..., 2])


def _softer(icon: Icon, size_px: float) -> NDArray[np.uint8]:
    """Its layers, so soft that thin lines are not lost at this size."""
    whole = layers(icon)
    if size_px >= ICON_PX:
        return whole
    soft = Image.fromarray(whole).filter(ImageFilter.GaussianBlur(0.35 * ICON_PX / size_px))
    return np.asarray(soft)


def in_lines(chance: np.random.Generator, ground: Pixels, thing: Drawn, inks: Inks) -> Pixels:
    """`ground`, (side, side, 3), with the thing on it: its body filled, its lines drawn."""
    paper = _uneven(chance, len(ground), inks.paper, 12.0)
    body, lines = thing.body[..., None], thing.lines[..., None]
    return _over(_over(ground, paper, body), np.asarray(inks.ink, np.float32), lines)


def as_form(chance: np.random.Generator, ground: Pixels, thing: Drawn, inks: Inks) -> Pixels:
    """`ground`, (side, side, 3), with the thing on it as a form in ink, inner lines in paper."""
    ink = _uneven(chance, len(ground), inks.ink, 8.0)
    body, form = thing.body[..., None], thing.form[..., None]
    return _over(_over(ground, np.asarray(inks.paper, np.float32), body), ink, form)


def _over(ground: Pixels, colour: Pixels, cover: Mask) -> Pixels:
    """The colour, one or of each pixel, on the ground where it covers that."""
    off = np.subtract(colour, ground, dtype=np.float32)
    off *= cover
    off += ground
    return off


def scribble(chance: np.random.Generator, onto: Image.Image, count: int) -> None:
    """Bent strokes, drawn into `onto`, about as thick as lines of things: so not every edge in a
    picture belongs to a thing."""
    draw = ImageDraw.Draw(onto)
    for _ in range(count):
        x, y = chance.uniform(0, onto.width), chance.uniform(0, onto.height)
        ways = chance.uniform(0, 2 * np.pi) + chance.uniform(-0.3, 0.3) * np.arange(8)
        step_px = chance.uniform(4, 8)
        xs, ys = x + np.cumsum(np.cos(ways)) * step_px, y + np.cumsum(np.sin(ways)) * step_px
        points = list(zip(xs.tolist(), ys.tolist(), strict=True))
        draw.line(points, Inks.draw(chance).ink, 5, "curve")


def _uneven(chance: np.random.Generator, side_px: int, colour: Colour, most: float) -> Pixels:
    cloud = noise(chance, side_px, side_px, side_px / 6) * np.float32(most)
    return np.asarray(colour, np.float32) + cloud[..., None]


def _matrix(pose: Pose, side_px: int) -> tuple[float, ...]:
    """Pillow's affine coefficients: from a place in the square back to one in the icon."""
    angle = np.deg2rad(-pose.turn_deg)  # rows go down
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    wide = float(np.sqrt(pose.stretch))
    formed = np.array([[wide, pose.shear], [0.0, 1.0 / wide]])
    mirrored = np.diag([-1.0 if pose.mirrored else 1.0, 1.0])
    back = np.linalg.inv(turned @ formed @ mirrored * (pose.size_px / ICON_PX))
    middle = back @ np.full(2, side_px / 2)
    off_x, off_y = (float(ICON_PX / 2 - v) for v in middle)
    (a, b), (c, d) = ((float(v) for v in row) for row in back)
    return a, b, off_x, c, d, off_y


@lru_cache(maxsize=512)
def layers(icon: Icon) -> NDArray[np.uint8]:
    """(96, 96, 3), 0 to 255: body, lines, form."""
    rim = 8  # so that growing does not stop at the edge
    closed = Image.fromarray(np.pad(np.maximum(icon.filled, icon.outline), rim))
    for step in (_GROWN,) * 4 + (_SHRUNK,) * 4:  # as one of 9 px, at a third of the cost
        closed = closed.filter(step)
    body = np.asarray(closed)[rim:-rim, rim:-rim]
    return np.dstack([body, icon.outline, icon.filled])
