"""One thread a process: podforge spreads work over processes, not over the threads of a library.

numpy's matrix products would start a thread a processor, which spin while they wait, and whose
sums depend on how many there are.
"""

import os
from contextlib import suppress

_M_ARENA_MAX = -8  # of glibc's malloc.h

ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ),
    "1",
)


def stay_single() -> None:
    """Ask libraries for one thread; before they are imported, and unless the user said other."""
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def one_arena() -> None:
    """Have all threads share one heap, where the C library is glibc.

    It gives each thread its own, and what numpy frees in one is of no use to the others: a fifth
    more memory for nothing.
    """
    import ctypes  # not before it is needed: `--help` is fast

    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
