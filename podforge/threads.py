"""One thread a process: podforge spreads work over processes, not over the threads of a library.

numpy's matrix products would start a thread a processor, which spin while they wait, and whose
sums depend on how many there are.
"""

import os
from contextlib import suppress

_M_ARENA_MAX, _M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -8, -3, -1  # of glibc's malloc.h
_LARGE_BYTES = 2 << 20  # more than a block of sound: goes back to the system when it is freed
_SPARE_BYTES = 8 << 20  # of the heap, kept for the next blocks

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
    more memory for nothing.  Nor does it learn from what is freed to keep ever larger pieces.
    """
    import ctypes  # not before it is needed: `--help` is fast

    with suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _SPARE_BYTES)
