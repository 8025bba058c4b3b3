"""How far a render is, added up from its events: what is made, how fast, and how long to go."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from podforge.events import Event, JobDone, JobFailed, JobProgress, JobStarted
from podforge.units import clock

Clock = Callable[[], float]  # seconds since whenever


@dataclass
class _Open:
    """A job that is being spoken; seconds of audio."""

    expected: float
    made: float = 0.0
    frames: int = 0


class Speaking:
    """The jobs of a render, in seconds of audio.

    What is to be made is guessed from the text (`expected`), and corrected by every job that is
    done.  The time runs from the first job: engines are loaded before.
    """

    def __init__(self, expected: float, now: Clock = time.monotonic) -> None:
        self._waiting, self._now = expected, now  # waiting: jobs that nobody has begun
        self._open: dict[str, _Open] = {}
        self._done, self._frames_done = 0.0, 0
        self._since: float | None = None

    def take(self, event: Event) -> None:
        """Count an event in; those that are not of jobs change nothing."""
        match event:
            case JobStarted(key, expected_seconds=expected):
                self._since = self._now() if self._since is None else self._since
                self._waiting = max(0.0, self._waiting - expected)
                self._open[key] = _Open(expected)
            case JobProgress(key, seconds, frames) if key in self._open:
                self._open[key].made, self._open[key].frames = seconds, frames
            case JobDone(key, seconds):
                self._close(key)
                self._done += seconds
            case JobFailed(key):
                self._close(key)

    def _close(self, key: str) -> None:
        job = self._open.pop(key, None)
        self._frames_done += job.frames if job else 0

    @property
    def made(self) -> float:
        """Seconds of audio so far."""
        return self._done + sum(job.made for job in self._open.values())

    @property
    def total(self) -> float:
        """Seconds of audio in the end, as far as one can tell now."""
        open_jobs = sum(max(job.expected, job.made) for job in self._open.values())
        return self._done + open_jobs + self._waiting

    @property
    def frames(self) -> int:
        """Steps of the engines' models so far."""
        return self._frames_done + sum(job.frames for job in self._open.values())

    @property
    def speed(self) -> float:
        """Seconds of audio a second; 0 when nothing is made yet."""
        elapsed = 0.0 if self._since is None else self._now() - self._since
        return self.made / elapsed if elapsed > 0 else 0.0

    def facts(self, room: int = 200) -> str:
        """`1:20 of 5:00, 600 frames, 3.2x real time, 1:09 left`; what fits `room` characters."""
        speed = self.speed
        parts = [
            f"{clock(self.made)} of {clock(self.total)}",
            *([f"{self.frames} frames"] if self.frames else []),
            *([f"{speed:.3g}x real time"] if speed else []),
            *([f"{clock((self.total - self.made) / speed)} left"] if speed else []),
        ]
        for least in (" frames", " real time"):
            if len(", ".join(parts)) > room:
                parts = [part for part in parts if not part.endswith(least)]
        return ", ".join(parts)


class Fetching:
    """A download of `total` bytes."""

    def __init__(self, total: int, now: Clock = time.monotonic) -> None:
        self._total, self._now, self._since = total, now, now()

    def facts(self, here: int) -> str:
        """`1.2 GB of 5.4 GB, 45 MB/s, 1:33 left` when `here` bytes have come."""
        elapsed = self._now() - self._since
        speed = here / elapsed if elapsed > 0 else 0.0
        return ", ".join([
            f"{in_bytes(here)} of {in_bytes(self._total)}",
            *([f"{in_bytes(speed)}/s"] if speed else []),
            *([f"{clock(max(0.0, self._total - here) / speed)} left"] if speed else []),
        ])  # fmt: skip


def in_bytes(size: float) -> str:
    """`5.4 GB`: decimal units, as disks and networks are sold."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            number = size / scale
            return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"
    return f"{size:.0f} bytes"
