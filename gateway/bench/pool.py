"""Trials over processes: bounded in time, with progress, in the order of their indices."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")
Advance = Callable[[int], None]

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Pool:
    """`jobs` processes with one thread each; with one job, this very process."""

    def __init__(self, jobs: int, deadline_s: float) -> None:
        self._executor = _executor(jobs) if jobs > 1 else None
        keep_to_one_thread()
        self.deadline_s = deadline_s  # by time.monotonic(): what is not begun by then is left

    def run(
        self, work: Callable[[Task], Result], tasks: Sequence[Task], advance: Advance
    ) -> list[Result]:
        """Results in the order of the tasks; fewer where the time ran out."""
        if self._executor is None:
            return list(self._here(work, tasks, advance))
        futures = [self._executor.submit(work, task) for task in tasks]
        self._watch(futures, advance)
        return [f.result() for f in futures if f.done() and not f.cancelled()]

    def _here(
        self, work: Callable[[Task], Result], tasks: Sequence[Task], advance: Advance
    ) -> Iterator[Result]:
        for task in tasks:
            if time.monotonic() >= self.deadline_s:
                return
            yield work(task)
            advance(1)

    def _watch(self, futures: Sequence[Future[Result]], advance: Advance) -> None:
        for future in as_completed(futures):
            if not future.cancelled():
                advance(1)
            if time.monotonic() >= self.deadline_s:
                for waiting in futures:
                    waiting.cancel()

    @contextmanager
    def share(self, part: float) -> Iterator[None]:
        """What runs meanwhile gets this part, 0 to 1, of the time that is left."""
        whole_s, now_s = self.deadline_s, time.monotonic()
        self.deadline_s = now_s + part * (whole_s - now_s)
        try:
            yield
        finally:
            self.deadline_s = whole_s

    def close(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)


@contextmanager
def open_pool(jobs: int, deadline_s: float) -> Iterator[Pool]:
    pool = Pool(jobs, deadline_s)
    try:
        yield pool
    finally:
        pool.close()


def keep_to_one_thread() -> None:
    """OpenCV and BLAS: CPU times are then of one core, and the jobs don't fight."""
    import cv2

    cv2.setNumThreads(1)


def _executor(jobs: int) -> ProcessPoolExecutor:
    for name in ONE_THREAD:  # read when the libraries are loaded, in the children
        os.environ.setdefault(name, "1")
    return ProcessPoolExecutor(jobs, get_context("spawn"), initializer=keep_to_one_thread)
