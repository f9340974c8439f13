"""Where does this piece belong? Attackers of sliders and puzzles, by OpenCV.

Each takes a scene (h, w, 3) and a piece with alpha (ph, pw, 4), both in pixels of one scale, and
gives places for the middle of what the alpha shows, best first. Shrink large scenes before
(`shrunk`): 300 px of width show all that these look at, and cost a quarter.

Sources: edge and grey matching as in ddddocr's `slide_match` (MIT, its documentation); the mask's
contour on the gradient, its mean against that of a ring, and what goes on across the rim are the
usual attacks on drawn gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.bench.pictures import Pixels, Plane, alpha, grey, rgb
from gateway.bench.places import APART_PX, Place, changed, correlated, distinct, peaks

TURNS_DEG = (-12.0, -8.0, -4.0, 0.0, 4.0, 8.0, 12.0)
SCALES = (0.88, 0.94, 1.0, 1.06, 1.12)
RING_PX = 4  # about a mask: what belongs to the scene
RIM_PX = 2  # right at the mask: often drawn over


Template = Callable[[Plane], Plane]  # from a mask (0..1) to what is slid over the scene


def shrunk(picture: Pixels, width: int) -> Pixels:
    """The picture at this width; as it is, if it is no wider."""
    height = round(picture.shape[0] * width / picture.shape[1])
    if picture.shape[1] <= width:
        return picture
    small = cv2.resize(picture, (width, max(1, height)), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def resized(picture: Pixels, factor: float) -> Pixels:
    """Larger or smaller by a factor."""
    size = tuple(max(1, round(side * factor)) for side in picture.shape[1::-1])
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (size[0], size[1]), interpolation=way), np.uint8)


def together(scene: Pixels, piece: Pixels, width: int) -> tuple[Pixels, Pixels]:
    """Both shrunk by the factor that brings the scene to `width`."""
    factor = min(1.0, width / scene.shape[1])
    return shrunk(scene, width), shrunk(piece, max(1, round(piece.shape[1] * factor)))


def cut_to_mask(piece: Pixels) -> Pixels:
    """Without its clear border."""
    rows, columns = np.nonzero(alpha(piece) > 0.1)
    if not len(rows):
        return piece
    return piece[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


# --- off the shelf ---------------------------------------------------------------------------


def by_edges(scene: Pixels, piece: Pixels, count: int = 1) -> list[Place]:
    """Canny on both, the piece on black, then template matching."""
    cut = cut_to_mask(piece)
    planes = (grey(scene), grey(cut) * alpha(cut))
    edges = [cv2.Canny(np.asarray(plane, np.uint8), 50, 150) for plane in planes]
    return peaks(cv2.matchTemplate(edges[0], edges[1], cv2.TM_CCOEFF_NORMED), cut, count)


def by_grey(scene: Pixels, piece: Pixels, count: int = 1) -> list[Place]:
    """Template matching on the grey pictures, alpha ignored."""
    cut = cut_to_mask(piece)
    heat = cv2.matchTemplate(grey(scene), grey(cut), cv2.TM_CCOEFF_NORMED)
    return peaks(heat, cut, count)


def by_content(original: Pixels, piece: Pixels, count: int = 1) -> list[Place]:
    """Where the piece's own content is, whatever its light, under its mask and within its rim.

    In the scene it finds gaps that were merely darkened; in a picture that is known it finds all:
    that is how fixed pools of pictures fall.
    """
    cut = cut_to_mask(piece)
    inner = cv2.erode(np.asarray(alpha(cut) > 0.9, np.float32), _disc(RIM_PX))
    mask = np.repeat(inner[..., None], 3, axis=2)
    there, here = (rgb(p).astype(np.float32) for p in (original, cut))
    heat = cv2.matchTemplate(there, here, cv2.TM_CCOEFF_NORMED, mask=mask)
    return peaks(np.nan_to_num(heat, posinf=-1, neginf=-1), cut, count)


# --- what the mask tells ---------------------------------------------------------------------


def by_contour(scene: Pixels, piece: Pixels, count: int = 1) -> list[Place]:
    """The mask's outline on the gradient, turned and scaled."""
    return _searched(gradient(scene), piece, contour, count, TURNS_DEG, SCALES)


def by_oriented_contour(
    scene: Pixels,
    piece: Pixels,
    count: int = 1,
    turns_deg: Sequence[float] = TURNS_DEG,
    scales: Sequence[float] = SCALES,
    slack_px: float = 0.0,
) -> list[Place]:
    """The same, counting only gradients that cross the outline squarely: texture does so rarely.

    `slack_px`: how far an outline may be off, as those of bent things are.
    (g · n)² = gx² nx² + 2 gx gy nx ny + gy² ny²: three correlations give it for every place.
    """
    gx, gy = _slopes(scene)
    size = gx * gx + gy * gy
    soft = np.sqrt(size) + np.float32(np.median(np.sqrt(size)) + 1)
    planes = [
        _slack(np.asarray(p / soft, np.float32), slack_px)
        for p in (gx * gx, 2 * gx * gy, gy * gy, size)
    ]
    found: list[Place] = []
    for mask in changed(alpha(cut_to_mask(piece)), turns_deg, scales):
        if mask.shape[0] > gx.shape[0] or mask.shape[1] > gx.shape[1]:
            continue
        nx, ny = _normals(mask)
        rim = nx * nx + ny * ny
        parts = zip(planes, (nx * nx, nx * ny, ny * ny, -0.5 * rim), strict=True)
        heat = np.asarray(sum(correlated(plane, kernel) for plane, kernel in parts))
        heat = (heat - heat.mean()) / (heat.std() + 1e-6)
        found += peaks(np.asarray(heat, np.float32), mask, count)
    return distinct(found, count, APART_PX)


def by_darkness(scene: Pixels, piece: Pixels, count: int = 1, either: bool = False) -> list[Place]:
    """Where what lies under the mask is darkest beside a ring about it; `either`: or lightest."""

    def template(mask: Plane) -> Plane:
        ring = cv2.dilate(mask, _disc(RING_PX)) - mask
        inside = mask / max(float(mask.sum()), 1e-6)
        return np.asarray(ring / max(float(ring.sum()), 1e-6) - inside, np.float32)

    return _searched(grey(scene), piece, template, count, (0.0,), (1.0,), either, RING_PX)


def contour(mask: Plane) -> Plane:
    """The outline, 3 px wide, with what is beside it counted against it; sums to 0."""
    hard = np.asarray(mask > 0.5, np.uint8)
    line = cv2.morphologyEx(hard, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).astype(np.float32)
    near = cv2.dilate(line, np.ones((7, 7), np.uint8)) - line
    return np.asarray(
        line / max(float(line.sum()), 1) - near / max(float(near.sum()), 1), np.float32
    )


def gradient(picture: Pixels) -> Plane:
    """How steep, tamed so that a few strong edges don't outweigh a long faint outline."""
    gx, gy = _slopes(picture)
    return np.asarray(np.sqrt(np.hypot(gx, gy)), np.float32)


# --- what goes on across the rim -------------------------------------------------------------


def by_continuity(
    scene: Pixels, piece: Pixels, count: int = 1, normalised: bool = False
) -> list[Place]:
    """Where the scene around goes on in the piece's rim; `normalised`: whatever its colours."""
    cut = _bordered(cut_to_mask(piece), RING_PX)
    mask = np.asarray(alpha(cut) > 0.9, np.uint8)
    ring = cv2.dilate(mask, _disc(RING_PX)) - cv2.dilate(mask, _disc(RIM_PX))
    ring3 = np.repeat(ring[..., None], 3, axis=2).astype(np.float32)
    there, here = rgb(scene).astype(np.float32), _grown(rgb(cut), mask)
    if normalised:
        heat = cv2.matchTemplate(there, here, cv2.TM_CCOEFF_NORMED, mask=ring3)
    else:
        heat = -cv2.matchTemplate(there, here, cv2.TM_SQDIFF, mask=ring3)
    return peaks(np.nan_to_num(heat, posinf=-1e9, neginf=-1e9), cut, count)


def _grown(colours: Pixels, mask: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Each pixel outside the mask takes the colour of the nearest one inside."""
    _, labels = cv2.distanceTransformWithLabels(
        1 - mask, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    table = np.zeros((int(labels.max()) + 1, 3), np.float32)
    inside = mask > 0
    table[labels[inside]] = colours[inside]
    return np.asarray(table[labels], np.float32)


# --- shared ----------------------------------------------------------------------------------


def _searched(
    plane: Plane,
    piece: Pixels,
    template: Template,
    count: int,
    turns_deg: Sequence[float],
    scales: Sequence[float],
    either: bool = False,
    border_px: int = 3,
) -> list[Place]:
    found: list[Place] = []
    mask = alpha(_bordered(cut_to_mask(piece), border_px))
    for each in changed(mask, turns_deg, scales):
        if each.shape[0] > plane.shape[0] or each.shape[1] > plane.shape[1]:
            continue
        heat = correlated(plane, template(each))
        found += peaks(np.abs(heat) if either else heat, each, count)
    return distinct(found, count, APART_PX)


def _slopes(picture: Pixels) -> tuple[Plane, Plane]:
    """Along x and y: of the channel that is steepest there, after a little smoothing."""
    soft = cv2.GaussianBlur(rgb(picture).astype(np.float32), (0, 0), 0.8)
    gx, gy = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    steepest = np.argmax(gx * gx + gy * gy, axis=2)[..., None]
    across = np.take_along_axis(gx, steepest, 2)[..., 0]
    down = np.take_along_axis(gy, steepest, 2)[..., 0]
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _normals(mask: Plane) -> tuple[Plane, Plane]:
    """Unit normals on the outline (0 elsewhere), faded over about 3 px."""
    soft = cv2.GaussianBlur(mask, (0, 0), 1.0)
    nx, ny = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    size = np.hypot(nx, ny)
    weight = np.sqrt(np.clip(size / max(float(size.max()), 1e-6), 0, 1))
    unit = np.where(size > 0.05 * size.max(), weight / np.maximum(size, 1e-6), 0)
    return np.asarray(nx * unit, np.float32), np.asarray(ny * unit, np.float32)


def _slack(plane: Plane, by_px: float) -> Plane:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), by_px), np.float32) if by_px > 0 else plane


def _disc(radius_px: int) -> NDArray[Any]:
    size = (2 * radius_px + 1, 2 * radius_px + 1)
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, size)


def _bordered(piece: Pixels, by_px: int) -> Pixels:
    """With a clear border, so that a ring about the mask has room."""
    return np.pad(piece, ((by_px, by_px), (by_px, by_px), (0, 0)))
