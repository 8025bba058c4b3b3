"""Several requests at once, and their takes as they come.

What was paid for is never lost: takes that are finished are given away before an error is.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial

from podforge.engines.base import Take
from podforge.engines.network.pace import Pace
from podforge.engines.network.patience import Patience, patiently
from podforge.engines.network.troubles import Kind, Trouble
from podforge.errors import EngineError, PodforgeError, Unavailable
from podforge.events import Watch
from podforge.plan import Job

BEAT_SECONDS = 1.0  # between signs of life while requests are out
MOST_IN_A_ROW = 3  # jobs that used up their tries: the server is down, not the job wrong


def gather(
    jobs: Sequence[Job],
    call: Callable[[Job], Take],
    watch: Watch,
    *,
    at_once: int,
    pace: Pace,
    patience: Patience,
) -> Iterator[Take]:
    """The takes of `jobs`, by `at_once` threads; `call` makes one request and raises `Trouble`.

    A cancelled watch ends it without asking for more.  Raises `Unavailable` when the server
    refuses us or does not answer, else, once all that could be had was given, `EngineError` for a
    job that it would not speak.
    """
    ended = threading.Event()  # nobody begins another request, or waits for another try

    def work(job: Job) -> Take | None:
        return None if ended.wait(pace.turn()) else patiently(lambda: call(job), patience, ended)

    troubles: list[tuple[Trouble, Job]] = []
    in_a_row = 0  # jobs that came to nothing, since one came
    with ThreadPoolExecutor(at_once) as threads:
        try:
            begin = partial(_begin, threads, work)
            for job, done in _finished(jobs, begin, at_once, watch, ended):
                try:
                    take = done.result()
                except Trouble as trouble:
                    troubles.append((trouble, job))
                    in_a_row += trouble.kind is Kind.BUSY
                    if trouble.kind is Kind.REFUSED or in_a_row >= MOST_IN_A_ROW:
                        ended.set()
                    continue
                if take and not watch.cancelled:
                    in_a_row = 0
                    watch.beat(job.key, len(take.samples) / take.rate)
                    yield take
        finally:
            ended.set()
    if troubles and not watch.cancelled:
        raise _error(troubles, down=in_a_row >= MOST_IN_A_ROW)


Work = Callable[[Job], Take | None]


def _begin(threads: ThreadPoolExecutor, work: Work, job: Job) -> Future[Take | None]:
    return threads.submit(work, job)


def _finished(
    jobs: Sequence[Job],
    begin: Callable[[Job], Future[Take | None]],
    at_once: int,
    watch: Watch,
    ended: threading.Event,
) -> Iterator[tuple[Job, Future[Take | None]]]:
    """Jobs as they end; `at_once` of them are begun, and those that are out show life.

    Threads never touch the watch: it belongs to the one that speaks with the parent.
    """
    waiting, out = list(jobs[::-1]), dict[Future[Take | None], Job]()
    while waiting or out:
        if watch.cancelled:
            ended.set()
        while waiting and len(out) < at_once:
            job = waiting.pop()
            out[begin(job)] = job
        done, _ = wait(out, BEAT_SECONDS, FIRST_COMPLETED)
        yield from [(out.pop(future), future) for future in done]
        for job in out.values():
            watch.beat(job.key, 0.0)


def _error(troubles: Sequence[tuple[Trouble, Job]], down: bool) -> PodforgeError:
    refused = [trouble for trouble, _ in troubles if trouble.kind is Kind.REFUSED]
    if refused:
        return Unavailable(refused[0].text, hint="see the key and the address of the server")
    trouble, job = troubles[0]
    again = "run the same command again: only what is missing is asked for"
    if down:
        return Unavailable(f"the server does not answer: {trouble.text}", hint=again)
    hint = again if trouble.kind is Kind.BUSY else ""
    return EngineError(trouble.text, place=job.place, hint=hint)
