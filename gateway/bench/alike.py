"""How alike the stones of a drawn board are, and the best move by that alone.

A stone is what stands out from the ground around it, lighter or darker; stones are compared as
they are, as histograms of edges, and over all turns. A move is as good as the cells that it would
bring into a row are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.bench import boards, gradients
from gateway.bench.attack import Attack, Solve, View
from gateway.bench.pictures import Pixels, decode

Floats = NDArray[np.float32]
Cells = list[Pixels]
Classify = Callable[[Cells], list[int]]  # a class for each cell
Compare = Callable[[Cells], Sequence[Floats]]  # (n, n) each: in several ways, how alike cells are

SIDE = 40  # pixels that a cell is brought to
TURNS_DEG = range(-180, 180, 12)


def marks(cells: Sequence[Pixels]) -> Floats:
    """(n, SIDE, SIDE), 0 to 1: what stands out in each cell."""
    return np.stack([_mark(cell) for cell in cells])


def _mark(cell: Pixels) -> Floats:
    scaled = cv2.resize(np.ascontiguousarray(cell), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB).astype(np.float32)
    rim = np.concatenate([lab[:4].reshape(-1, 3), lab[-4:].reshape(-1, 3)])
    rim = np.concatenate([rim, lab[:, :4].reshape(-1, 3), lab[:, -4:].reshape(-1, 3)])
    off = np.linalg.norm(lab - np.median(rim, axis=0), axis=-1)
    local = np.linalg.norm(lab - cv2.GaussianBlur(lab, (0, 0), 7), axis=-1)
    both = cv2.GaussianBlur((off + local).astype(np.float32), (0, 0), 0.8)
    top = float(np.quantile(both, 0.97))
    return np.asarray(np.clip(both / max(top, 1e-6), 0, 1), np.float32)


def by_turning(drawn: Floats) -> Floats:
    """(n, n): the greatest correlation of any two over turns of either."""
    soft = np.stack([_centred(one) for one in drawn])
    flat = _normal(soft)
    best = np.full((len(drawn), len(drawn)), -1.0, np.float32)
    for turn in TURNS_DEG:
        matrix = cv2.getRotationMatrix2D((SIDE / 2 - 0.5, SIDE / 2 - 0.5), turn, 1.0)
        turns = [cv2.warpAffine(one, matrix, (SIDE, SIDE)) for one in soft]
        best = np.maximum(best, _normal(np.asarray(turns, np.float32)) @ flat.T)
    return np.maximum(best, best.T)


def _centred(mark: Floats) -> Floats:
    """Its weight in the middle and at one distance from it: the same size wherever it lies."""
    weight = np.asarray(mark**2)
    grid = np.arange(SIDE, dtype=np.float32)
    total = float(weight.sum()) + 1e-6
    x, y = float((weight.sum(0) * grid).sum()) / total, float((weight.sum(1) * grid).sum()) / total
    spread = (grid[None, :] - x) ** 2 + (grid[:, None] - y) ** 2
    scale = 0.24 * SIDE / max(float(np.sqrt((weight * spread).sum() / total)), 1.0)
    scale = float(np.clip(scale, 0.6, 1.6))
    middle = SIDE / 2 - 0.5
    matrix = np.array([[scale, 0, middle - scale * x], [0, scale, middle - scale * y]], np.float64)
    moved = cv2.warpAffine(mark, matrix, (SIDE, SIDE))
    return np.asarray(cv2.GaussianBlur(moved, (0, 0), 1.6), np.float32)


def _normal(pictures: Floats) -> Floats:
    flat = pictures.reshape(len(pictures), -1)
    flat = flat - flat.mean(1, keepdims=True)
    return np.asarray(flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-6), np.float32)


def by_moments(drawn: Floats) -> Floats:
    """(n, n): minus the distance of Hu's moments, on a log scale."""
    found = []
    for one in drawn:
        _, hard = cv2.threshold((one * 255).astype(np.uint8), 0, 1, cv2.THRESH_OTSU)
        hu = cv2.HuMoments(cv2.moments(hard, True)).ravel()
        found.append(-np.sign(hu) * np.log10(np.abs(hu) + 1e-12))
    return _nearness(np.asarray(found, np.float32)[:, :4])


def by_edges(cells: Sequence[Pixels]) -> Floats:
    """(n, n): cosine of histograms of oriented gradients."""
    found = boards.by_shape(cells)
    return np.asarray(found @ found.T, np.float32)


def by_colour(cells: Sequence[Pixels]) -> Floats:
    """(n, n): minus the distance of mean colours."""
    return _nearness(boards.by_palette(cells))


def _nearness(features: Floats) -> Floats:
    scaled = boards.standard(features)
    off = np.linalg.norm(scaled[:, None] - scaled[None], axis=-1)
    return np.asarray(-off, np.float32)


def presence(cells: Sequence[Pixels]) -> Floats:
    """(n,): how likely a stone lies there, by how much its middle stands out from its rim."""
    found = []
    for cell in cells:
        scaled = cv2.resize(np.ascontiguousarray(cell), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        grey = cv2.cvtColor(scaled, cv2.COLOR_RGB2GRAY).astype(np.float32)
        steep = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
        inner = float(np.quantile(steep[5:-5, 5:-5], 0.85))
        found.append(inner)
    values = np.array(found, np.float32)
    return np.asarray((values - values.mean()) / (values.std() + 1e-6), np.float32)


# --- moves and swaps ---------------------------------------------------------------------------

Group = tuple[int, ...]


def moves(rows: int, columns: int) -> Iterator[tuple[boards.Move, Group]]:
    """Every move that could make five: (from, to), and the five stones it takes, `from` last."""
    for line in boards.lines(rows, columns, 5):
        for gap in line:
            four = tuple(cell for cell in line if cell != gap)
            for start in range(rows * columns):
                if start not in line:
                    yield (start, gap), (*four, start)


def swaps(rows: int, columns: int) -> Iterator[tuple[boards.Move, Group]]:
    """Every swap of neighbours that could make three: the cells that come to lie in the row."""
    paths = [*boards.lines(rows, columns, 3, diagonal=False)]
    for cell in range(rows * columns):
        for other in (cell + 1 if (cell + 1) % columns else None, cell + columns):
            if other is None or other >= rows * columns:
                continue
            for comes, goes in ((cell, other), (other, cell)):
                for path in paths:
                    if goes in path and comes not in path:
                        yield (cell, other), (*(n for n in path if n != goes), comes)


def within(likeness: Floats, groups: Sequence[Group]) -> Floats:
    """(groups, pairs): how alike any two of each are, the least alike first."""
    one, other = np.array([[*combinations(group, 2)] for group in groups]).transpose(2, 0, 1)
    return np.sort(likeness[one, other], axis=1)


def standing_out(likeness: Floats) -> Floats:
    """Each likeness against those of both its stones with all others, in deviations."""
    filled = likeness.copy()
    np.fill_diagonal(filled, np.nan)
    mean, spread = np.nanmean(filled, 1), np.nanstd(filled, 1) + 1e-6
    by_row = (likeness - mean[:, None]) / spread[:, None]
    return np.asarray((by_row + by_row.T) / 2, np.float32)


# --- what both boards are attacked with --------------------------------------------------------

WRITTEN_FOR_US = 0.25


def cells_of(view: View) -> Cells:
    """What lies on the board, in reading order, without the rims of the cells."""
    board = decode(view["picture"])
    return boards.cells_of(board, view["rows"], view["columns"], inner=0.9)


def attacks(
    count: int, by_classes: Callable[[Classify], Solve], by_likeness: Callable[[Compare], Solve]
) -> tuple[Attack, ...]:
    """Tell `count` sorts apart and try all moves; or take the move whose stones are most alike."""
    off_the_shelf = {"colours": _colours, "palettes": _palettes}
    ours = {"edge clusters": _edge_clusters, "outline clusters": _outline_clusters}
    compared = {
        "outlines over turns": _turned,
        "outlines, edges, moments": _turned_and_edges,
        "edges over turns": _run_alike,
        "shipped icons": _named,
        "all of these": _all_ways,
    }
    force = "{} and brute force".format
    return (
        *(Attack(force(n), False, by_classes(partial(c, count))) for n, c in off_the_shelf.items()),
        *(
            Attack(force(name), True, by_classes(partial(one, count)), WRITTEN_FOR_US)
            for name, one in ours.items()
        ),
        *(Attack(name, True, by_likeness(c), WRITTEN_FOR_US) for name, c in compared.items()),
    )


def six_ways(cells: Cells) -> tuple[Floats, ...]:
    """What a learner is given: all that compares, and colour."""
    drawn = marks(cells)
    return (
        by_turning(drawn),
        gradients.by_shipped_icons(cells),
        gradients.over_turns(cells),
        by_edges(cells),
        by_moments(drawn),
        by_colour(cells),
    )


def _colours(count: int, cells: Cells) -> list[int]:
    return boards.clusters(boards.by_colour(cells), count)


def _palettes(count: int, cells: Cells) -> list[int]:
    return boards.clusters(boards.standard(boards.by_palette(cells)), count)


def _edge_clusters(count: int, cells: Cells) -> list[int]:
    return _agglomerated(count, 1.0 - by_edges(cells))


def _outline_clusters(count: int, cells: Cells) -> list[int]:
    return _agglomerated(count, 1.0 - by_turning(marks(cells)))


def _agglomerated(count: int, distance: Floats) -> list[int]:
    """By average linkage."""
    from sklearn.cluster import AgglomerativeClustering

    model = AgglomerativeClustering(count, metric="precomputed", linkage="average")
    return [int(label) for label in model.fit_predict(np.maximum(distance, 0))]


def _turned(cells: Cells) -> Sequence[Floats]:
    return (by_turning(marks(cells)),)


def _turned_and_edges(cells: Cells) -> Sequence[Floats]:
    drawn = marks(cells)
    return by_turning(drawn), by_edges(cells), by_moments(drawn)


def _named(cells: Cells) -> Sequence[Floats]:
    return (gradients.by_shipped_icons(cells),)


def _run_alike(cells: Cells) -> Sequence[Floats]:
    return (gradients.over_turns(cells),)


def _all_ways(cells: Cells) -> Sequence[Floats]:
    return (*_named(cells), *_run_alike(cells), *_turned_and_edges(cells))
