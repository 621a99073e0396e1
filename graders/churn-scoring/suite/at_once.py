"""Work of several threads that begins at one moment."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from takehome_suite.outcome import Unmet


def at_once(work: Callable[[Any], Any], jobs: Sequence[Any]) -> list[Any]:
    """The result of each job, all begun together in threads; what it raises of `Unmet` is its result."""
    results: list[Any] = [None] * len(jobs)
    barrier = threading.Barrier(len(jobs))

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = work(jobs[number])
        except Unmet as error:
            results[number] = error

    workers = [threading.Thread(target=run, args=(number,)) for number in range(len(jobs))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return results
