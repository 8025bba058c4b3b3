"""A sound at a glance: waveform, loudness over time, chapters, as a PNG.

Everything is drawn twice as large and then reduced, which makes lines smooth.
"""

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from podforge.delivery.drawing import drawable, shortened, typeface
from podforge.units import clock

if TYPE_CHECKING:
    from PIL import ImageDraw

WIDTH, HEIGHT = 1600, 600  # pixels
_LARGER = 2
_LEFT, _RIGHT = 76, 1576  # of both panels
_WAVE_TOP, _WAVE_BOTTOM = 104, 348
_LOUD_TOP, _LOUD_BOTTOM = 372, 548
_NAMES_TOP = 353  # between the panels, where nothing else is drawn
_FACTS_LEFT = 800
_CHAPTER_ROOM = 24  # a chapter narrower than this has no title, nor a line through the panels

_PAPER, _PANEL, _GRID = "#ffffff", "#f4f6f8", "#d9dfe5"
_INK, _PALE_INK = "#1d2933", "#66737f"
_WAVE, _FULL, _CURVE, _TARGET, _CHAPTER = "#34698f", "#d62828", "#c4591a", "#2b8a3e", "#8a97a3"

FULL_SCALE = 0.9998  # float16 knows nothing between this and 1
SPAN_LU = 36.0  # of the loudness panel
HIGHEST_LUFS = -5.0  # at its top, unless the sound is louder
WINDOW_SECONDS = 3.0  # of the short-term loudness, EBU Tech 3341
HOP_SECONDS = 0.1
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18_000)
_MOST_TICKS = 16


@dataclass(frozen=True)
class Sound:
    """What is drawn.

    `low` and `high` (parts,) are the extremes of equal parts of the sound; `loudness` (hops,) is
    the short-term loudness, LUFS, of the 3 s that begin at each 100 ms; `target_lufs` is a line
    there.  `chapters` are (start in seconds, title), in the order of time.
    """

    title: str
    facts: str
    seconds: float
    low: NDArray[np.float16]
    high: NDArray[np.float16]
    loudness: NDArray[np.float64]
    target_lufs: float | None = None
    chapters: tuple[tuple[float, str], ...] = ()


def draw(sound: Sound) -> bytes:
    """A PNG of `WIDTH` by `HEIGHT` pixels."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (WIDTH * _LARGER, HEIGHT * _LARGER), _PAPER)
    pen = ImageDraw.Draw(picture)
    _text(pen, (_LEFT, 16), sound.title, 24, _INK, _FACTS_LEFT - _LEFT - 24)
    _text(pen, (_RIGHT, 20), sound.facts, 18, _PALE_INK, _RIGHT - _FACTS_LEFT, "ra")
    for top, bottom in ((_WAVE_TOP, _WAVE_BOTTOM), (_LOUD_TOP, _LOUD_BOTTOM)):
        pen.rectangle(_scaled(_LEFT, top, _RIGHT, bottom), _PANEL)
    _time_axis(pen, sound)
    _waveform(pen, sound)
    _loudness(pen, sound)
    _chapters(pen, sound)
    file = io.BytesIO()
    picture.resize((WIDTH, HEIGHT), Image.Resampling.BOX).save(file, "PNG", optimize=True)
    return file.getvalue()


def _waveform(pen: "ImageDraw.ImageDraw", sound: Sound) -> None:
    """A line from the lowest to the highest sample of each column; red at full scale."""
    middle, half = (_WAVE_TOP + _WAVE_BOTTOM) / 2, (_WAVE_BOTTOM - _WAVE_TOP) / 2 - 6
    for level, name in ((1.0, "0 dBFS"), (0.5, "-6"), (-0.5, "-6"), (-1.0, "0")):
        y = middle - level * half
        _rule(pen, y)
        _text(pen, (_LEFT - 8, y), name, 13, _PALE_INK, 70, "rm")
    columns = (_RIGHT - _LEFT) * _LARGER
    low, high = _columns(sound, columns)
    for column, (lowest, highest) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        top, bottom = (middle - max(-1.0, min(1.0, v)) * half for v in (highest, lowest))
        full = max(highest, -lowest) >= FULL_SCALE
        x = _LEFT * _LARGER + column
        place = (x, top * _LARGER - 0.5, x, bottom * _LARGER + 0.5)
        pen.line(place, _FULL if full else _WAVE)
        if full:  # one column alone is hard to see
            edge = (_WAVE_TOP - 5) * _LARGER
            pen.rectangle((x - 2, edge, x + 2, edge + 4 * _LARGER), _FULL)
    _rule(pen, middle)
    if np.maximum(high, -low).max(initial=0) >= FULL_SCALE:
        _text(pen, (_RIGHT, _NAMES_TOP), "red: at full scale", 13, _FULL, 400, "ra")


def _columns(sound: Sound, columns: int) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
    """Lowest and highest of each column; of nothing, nothing."""
    if not len(sound.low):
        return sound.low, sound.high
    edges = np.arange(columns) * len(sound.low) // columns
    return np.minimum.reduceat(sound.low, edges), np.maximum.reduceat(sound.high, edges)


def _loudness(pen: "ImageDraw.ImageDraw", sound: Sound) -> None:
    """The short-term loudness in the middle of its window, and the target."""
    loudest = float(sound.loudness.max(initial=-math.inf))
    top = HIGHEST_LUFS if loudest < HIGHEST_LUFS else 5.0
    per_lu = (_LOUD_BOTTOM - _LOUD_TOP) / SPAN_LU

    def height(lufs: float) -> float:
        return _LOUD_TOP + min(max(top - lufs, 0), SPAN_LU) * per_lu

    for lufs in range(int(top) // 10 * 10, int(top - SPAN_LU) - 1, -10):
        _rule(pen, height(lufs))
        _text(pen, (_LEFT - 8, height(lufs)), str(lufs), 13, _PALE_INK, 70, "rm")
    _text(pen, (_LEFT, _NAMES_TOP), "short-term loudness, LUFS", 13, _PALE_INK, 400)
    if sound.target_lufs is not None:
        _dashes(pen, height(sound.target_lufs))
        place = (_RIGHT - 6, height(sound.target_lufs) - 6)
        _text(pen, place, f"target {sound.target_lufs:g}", 13, _TARGET, 200, "rs")
    points = [(x * _LARGER, height(lufs) * _LARGER) for x, lufs in _curve(sound)]
    if points:
        pen.line(points, _CURVE, 2 * _LARGER)


def _curve(sound: Sound) -> Iterator[tuple[float, float]]:
    """Points of the loudness curve: pixels across, LUFS.  Of what shares a pixel, the extremes."""
    hops = len(sound.loudness)
    if hops == 1:  # shorter than a window: one number for all of it
        yield from ((edge, float(sound.loudness[0])) for edge in (_LEFT, _RIGHT))
        return
    count = min(hops, (_RIGHT - _LEFT) * _LARGER)
    edges = np.arange(count) * hops // max(1, count)
    highest = np.maximum.reduceat(sound.loudness, edges) if count else sound.loudness
    lowest = np.minimum.reduceat(sound.loudness, edges) if count else sound.loudness
    for hop, high, low in zip(edges.tolist(), highest.tolist(), lowest.tolist(), strict=True):
        x = _across(sound, hop * HOP_SECONDS + WINDOW_SECONDS / 2)
        yield from ((x, high), (x, low))


def _chapters(pen: "ImageDraw.ImageDraw", sound: Sound) -> None:
    """A line where each begins, and its title as far as there is room."""
    edges = [_across(sound, start) for start, _ in sound.chapters] + [_RIGHT]
    for (_, title), (x, end) in zip(sound.chapters, pairwise(edges), strict=True):
        roomy = end - x > _CHAPTER_ROOM
        bottom = _WAVE_BOTTOM if roomy else _WAVE_TOP - 12
        pen.line(_scaled(x, _WAVE_TOP - 28, x, bottom), _CHAPTER, _LARGER)
        if roomy:
            pen.line(_scaled(x, _LOUD_TOP, x, _LOUD_BOTTOM), _CHAPTER, _LARGER)
            _text(pen, (x + 5, _WAVE_TOP - 29), title, 14, _INK, end - x - 10)


def _time_axis(pen: "ImageDraw.ImageDraw", sound: Sound) -> None:
    step = next((each for each in _TICKS if sound.seconds / each <= _MOST_TICKS), _TICKS[-1])
    for tick in range(math.floor(sound.seconds / step) + 1 if sound.seconds else 0):
        x = _across(sound, tick * step)
        for top, bottom in ((_WAVE_TOP, _WAVE_BOTTOM), (_LOUD_TOP, _LOUD_BOTTOM + 5)):
            pen.line(_scaled(x, top, x, bottom), _GRID, 1)
        name = _time(tick * step, step)
        if x < _RIGHT - 80:
            _text(pen, (x, _LOUD_BOTTOM + 10), name, 14, _PALE_INK, 100, "ma")
    _text(pen, (_RIGHT, _LOUD_BOTTOM + 10), _time(sound.seconds, step), 14, _INK, 100, "ra")


def _time(seconds: float, step: float) -> str:
    return clock(seconds) if step >= 1 else f"{seconds:.1f} s"


def _across(sound: Sound, seconds: float) -> float:
    """Where a time is, in pixels."""
    share = min(max(seconds / sound.seconds, 0.0), 1.0) if sound.seconds else 0.0
    return _LEFT + share * (_RIGHT - _LEFT)


def _rule(pen: "ImageDraw.ImageDraw", y: float) -> None:
    pen.line(_scaled(_LEFT, y, _RIGHT, y), _GRID, 1)


def _dashes(pen: "ImageDraw.ImageDraw", y: float) -> None:
    for x in range(_LEFT, _RIGHT, 16):
        pen.line(_scaled(x, y, x + 9, y), _TARGET, 3)


def _scaled(*numbers: float) -> tuple[float, ...]:
    return tuple(number * _LARGER for number in numbers)


def _text(
    pen: "ImageDraw.ImageDraw",
    place: tuple[float, float],
    text: str,
    size: int,
    colour: str,
    room: float,
    anchor: str = "la",
) -> None:
    """One line, cut to the room there is, without characters that the typeface lacks."""
    font = typeface(size * _LARGER)
    shown = shortened(drawable(text), font, room * _LARGER)
    pen.text((place[0] * _LARGER, place[1] * _LARGER), shown, colour, font, anchor)
