"""Boards that are drawn as pictures: cut into cells, told apart by their looks, played by force.

Cells are numbered in reading order. What stands on them is guessed by clustering, so names of
classes mean nothing: two cells of one class look alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.bench.pictures import Pixels, grey, rgb

Features = NDArray[np.float32]  # (cells, d)
Move = tuple[int, int]


def cells_of(picture: Pixels, rows: int, columns: int, inner: float = 1.0) -> list[Pixels]:
    """The cells in reading order. `inner`: the share of each cell's width that is kept, about its
    middle."""
    step_x, step_y = picture.shape[1] / columns, picture.shape[0] / rows
    off = (1 - inner) / 2
    return [
        picture[
            round((r + off) * step_y) : round((r + 1 - off) * step_y),
            round((c + off) * step_x) : round((c + 1 - off) * step_x),
        ]
        for r in range(rows)
        for c in range(columns)
    ]


# --- how cells look --------------------------------------------------------------------------


def by_colour(cells: Sequence[Pixels]) -> Features:
    """(n, 3): the mean colour of the middle half, in Lab."""
    return np.stack([_lab(_middle(cell)).reshape(-1, 3).mean(axis=0) for cell in cells])


def by_palette(cells: Sequence[Pixels]) -> Features:
    """(n, 51): shares of the hues, and how light and how coloured it is, over the whole cell."""
    return np.stack([_palette(cell) for cell in cells])


def by_shape(cells: Sequence[Pixels]) -> Features:
    """(n, d): histograms of oriented gradients, whatever the colour; sensitive to turns."""
    return np.stack([_hog(cell, 48) for cell in cells])


def standard(features: Features) -> Features:
    """Each column to mean 0 and deviation 1."""
    return np.asarray((features - features.mean(axis=0)) / (features.std(axis=0) + 1e-6))


def _middle(cell: Pixels) -> Pixels:
    height, width = cell.shape[:2]
    return cell[height // 4 : height - height // 4, width // 4 : width - width // 4]


def _lab(cell: Pixels) -> Features:
    scaled = np.ascontiguousarray(rgb(cell)).astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2Lab), np.float32)


def _palette(cell: Pixels) -> Features:
    hsv = cv2.cvtColor(np.ascontiguousarray(rgb(cell)), cv2.COLOR_RGB2HSV)
    hues = np.bincount(hsv[..., 0].ravel() // 5, hsv[..., 1].ravel() / 255.0, minlength=36)[:36]
    tones = np.concatenate(
        [np.histogram(hsv[..., c], bins=b, range=(0, 256))[0] for c, b in ((1, 5), (2, 10))]
    )
    return np.asarray(np.concatenate((hues, tones)) / hsv[..., 0].size, np.float32)


def _hog(cell: Pixels, size: int) -> Features:
    """Nine directions (a turn by half is the same) in squares of 8 px, each block normalised."""
    plane = cv2.resize(grey(cell), (size, size), interpolation=cv2.INTER_AREA)
    gx, gy = cv2.Sobel(plane, cv2.CV_32F, 1, 0), cv2.Sobel(plane, cv2.CV_32F, 0, 1)
    direction = np.floor(np.mod(np.arctan2(gy, gx), np.pi) / np.pi * 9).astype(int) % 9
    across = np.arange(size) // 8
    square = across[:, None] * (across[-1] + 1) + across[None, :]
    bins = (square * 9 + direction).ravel()
    found = np.bincount(bins, np.hypot(gx, gy).ravel(), minlength=9 * (int(across[-1]) + 1) ** 2)
    return np.asarray(found / (np.linalg.norm(found) + 1e-6), np.float32)


def clusters(features: Features, count: int) -> list[int]:
    """A class 0..count-1 for each, by k-means (the best of eight starts)."""
    cv2.setRNGSeed(1)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 1e-3)
    start = np.zeros((len(features), 1), np.int32)
    _, labels, _ = cv2.kmeans(
        np.ascontiguousarray(features, np.float32), count, start, stop, 8, cv2.KMEANS_PP_CENTERS
    )
    return [int(label) for label in np.asarray(labels).ravel()]


def emptiest(cells: Sequence[Pixels], classes: Sequence[int]) -> int:
    """The class whose cells have the fewest edges, on average."""
    busy = [
        float(np.abs(cv2.Laplacian(cv2.GaussianBlur(grey(cell), (0, 0), 1.5), cv2.CV_32F)).mean())
        for cell in cells
    ]
    means = {
        c: np.mean([b for b, k in zip(busy, classes, strict=True) if k == c]) for c in set(classes)
    }
    return min(means, key=lambda c: float(means[c]))


# --- playing ---------------------------------------------------------------------------------


def lines(rows: int, columns: int, length: int, diagonal: bool = True) -> Iterator[tuple[int, ...]]:
    """Every straight line of so many cells."""
    ways = ((0, 1), (1, 0), (1, 1), (1, -1)) if diagonal else ((0, 1), (1, 0))
    for r in range(rows):
        for c in range(columns):
            for down, across in ways:
                last_r, last_c = r + (length - 1) * down, c + (length - 1) * across
                if 0 <= last_r < rows and 0 <= last_c < columns:
                    yield tuple((r + i * down) * columns + c + i * across for i in range(length))


def moves_to_a_line(classes: Sequence[int], empty: int, rows: int, columns: int) -> list[Move]:
    """Every move of one stone (from, to an empty cell) that makes a line of five of its class."""
    found = []
    for line in lines(rows, columns, 5):
        holes = [cell for cell in line if classes[cell] == empty]
        stones = {classes[cell] for cell in line if classes[cell] != empty}
        if len(holes) == 1 and len(stones) == 1:
            (wanted,) = stones
            outside = (n for n, c in enumerate(classes) if c == wanted and n not in line)
            found += [(cell, holes[0]) for cell in outside]
    return found


def swaps_to_a_line(classes: Sequence[int], rows: int, columns: int) -> list[Move]:
    """Every swap of two neighbours that makes a new line of three, across or down."""
    paths = [*lines(rows, columns, 3, diagonal=False)]
    found = []
    for cell in range(rows * columns):
        for other in (cell + 1 if (cell + 1) % columns else None, cell + columns):
            if other is None or other >= rows * columns or classes[cell] == classes[other]:
                continue
            swapped = list(classes)
            swapped[cell], swapped[other] = swapped[other], swapped[cell]
            touched = (path for path in paths if cell in path or other in path)
            if any(len({swapped[n] for n in path}) == 1 for path in touched):
                found.append((cell, other))
    return found
