"""What the white box is trained on, where all of it would not fit."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.bench import whitebox

WIDE = 1_000  # features, so that 100,000 rows fit


@pytest.mark.parametrize(
    ("rows", "something", "train", "kept", "something_kept"),
    [
        (40, 4, 100, 40, 4),  # all fit
        (40, 4, 10_000, 10, 4),  # the few stay
        (40, 30, 10_000, 10, 5),  # as many as half
        (40, 0, 10_000, 10, 0),
        (40, 40, 10_000, 10, 10),
    ],
)
def test_rows_are_thinned(rows, something, train, kept, something_kept):
    labels = np.array([1] * something + [0] * (rows - something))
    left, of_them = whitebox.thinned(np.zeros((rows, WIDE), np.float32), labels, train, index=1)
    assert (len(left), len(of_them), int(of_them.sum())) == (kept, kept, something_kept)


def test_a_share_of_a_row_is_kept_as_often_as_it_says():
    labels, rows = np.zeros(40, np.int64), np.zeros((40, WIDE), np.float32)
    kept = [len(whitebox.thinned(rows, labels, 40_000, index)[0]) for index in range(400)]
    assert set(kept) == {2, 3}
    assert np.mean(kept) == pytest.approx(2.5, abs=0.1)


def test_rows_stay_with_their_labels():
    labels = np.arange(40) % 3
    rows = np.repeat(labels[:, None], WIDE, axis=1).astype(np.float32)
    left, of_them = whitebox.thinned(rows, labels, 10_000, index=2)
    assert (left[:, 0] == of_them).all()
