"""A cover drawn from the words on it: the same words, the same picture.

The digest of the title chooses the colours and the waveform, so that each episode has its own.
"""

import hashlib
import io
import math
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from podforge.plain import plain

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

SIDE = 1400  # pixels; what podcast directories ask for at least
_MARGIN = 116
_QUALITY = 88

_EYEBROW_SIZE = 50  # the small line above the title
_EYEBROW_TOP = 128
_TITLE_TOP = 228
_TITLE_BOTTOM = 880  # no text below
_TITLE_SIZES = range(190, 59, -10)  # tried in this order
_LEADING = 1.14  # from one row to the next, in letter heights
_MOST_CHARACTERS = 400  # nobody reads more on a cover

_SPELLED = {  # letters without a base and an accent (Unicode 15.0, UnicodeData.txt)
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O",
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i",
    "–": "-", "—": "-", "‐": "-", "„": "“", "‚": "‘",
}  # fmt: skip

_BARS = 33
_WAVE_MIDDLE = 1120
_WAVE_HEIGHT = 300
_SMOOTHING = 4  # bars are drawn this much larger and then reduced


class _Palette(NamedTuple):
    top: str
    bottom: str
    ink: str
    accent: str


_PALETTES = (
    _Palette("#1b3d5f", "#0a1826", "#f6efe2", "#f2a541"),  # night blue, lamp
    _Palette("#86332f", "#3a1220", "#fbeee0", "#f7b98a"),  # brick, peach
    _Palette("#235747", "#0c241e", "#f1f3e4", "#e9c46a"),  # pine, straw
    _Palette("#f6e8cf", "#e3c497", "#3b2417", "#b5502b"),  # flour, crust
    _Palette("#4d3a6e", "#1c1330", "#f5edf7", "#f28f8f"),  # plum, coral
    _Palette("#e1ebe8", "#a9c5c3", "#17343a", "#c8553d"),  # sea mist, buoy
    _Palette("#343743", "#111217", "#f4f1ea", "#7fc8a9"),  # slate, mint
    _Palette("#cb5a30", "#7a2713", "#fff3e2", "#ffd488"),  # terracotta, sun
)


def draw(title: str, above: str) -> bytes:
    """A square JPEG: the title large, `above` small over it, a waveform under it.

    The built-in typeface has the letters of English: others lose their accents, and words that
    it cannot spell at all are left out.
    """
    from PIL import ImageDraw

    digest = hashlib.sha256(f"{title}\n{above}".encode("utf-8", "surrogatepass")).digest()
    palette = _PALETTES[digest[0] % len(_PALETTES)]
    picture = _background(palette)
    _waveform(picture, palette, digest)
    pen = ImageDraw.Draw(picture)
    _eyebrow(pen, drawable(above), palette)
    _title(pen, drawable(title), palette)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY, subsampling=0)
    return file.getvalue()


def _background(palette: _Palette) -> "Image.Image":
    """One colour running into the other, from top to bottom."""
    from PIL import Image

    size = (SIDE, SIDE)
    mask = Image.linear_gradient("L").resize(size)
    return Image.composite(
        Image.new("RGB", size, palette.bottom), Image.new("RGB", size, palette.top), mask
    )


def _waveform(picture: "Image.Image", palette: _Palette, digest: bytes) -> None:
    """Rounded bars across the picture, loud in the middle, and a playhead's worth in colour."""
    from PIL import Image, ImageDraw

    height = _WAVE_HEIGHT + 20
    mask = Image.new("L", (SIDE * _SMOOTHING, height * _SMOOTHING))
    pen = ImageDraw.Draw(mask)
    step = (SIDE - 2 * _MARGIN) * _SMOOTHING / _BARS
    played = _BARS // 4 + digest[1] % (_BARS // 2)
    for bar, level in enumerate(_levels(digest)):
        left = _MARGIN * _SMOOTHING + bar * step
        half = level * _WAVE_HEIGHT * _SMOOTHING / 2
        middle = height * _SMOOTHING / 2
        width = step * 0.52
        pen.rounded_rectangle(
            (left, middle - half, left + width, middle + half),
            radius=width / 2,
            fill=255 if bar <= played else 88,
        )
    place = (0, _WAVE_MIDDLE - height // 2)
    picture.paste(palette.accent, place, mask.resize((SIDE, height), Image.Resampling.LANCZOS))


def _levels(digest: bytes) -> list[float]:
    """Heights of the bars, 0..1: phrases with breaths between them, from a digest."""
    phase, phrases = digest[2] / 255, 2 + digest[3] % 3
    levels = []
    for bar in range(_BARS):
        phrase = abs(math.sin(math.pi * (phrases * bar / _BARS + phase)))
        grain = digest[bar % len(digest)] / 255
        levels.append(0.08 + 0.92 * phrase**0.8 * (0.35 + 0.65 * grain))
    return levels


def _eyebrow(pen: "ImageDraw.ImageDraw", text: str, palette: _Palette) -> None:
    font = typeface(_EYEBROW_SIZE)
    row = shortened(text, font, SIDE - 2 * _MARGIN)
    pen.text((_MARGIN, _EYEBROW_TOP), row, palette.accent, font, stroke_width=1)


def _title(pen: "ImageDraw.ImageDraw", text: str, palette: _Palette) -> None:
    """The title in the largest type that fits; at the smallest its end may be cut."""
    width, height = SIDE - 2 * _MARGIN, _TITLE_BOTTOM - _TITLE_TOP
    for size in _TITLE_SIZES:
        font, leading = typeface(size), size * _LEADING
        found = _wrapped(text, font, width)
        room = int(height // leading)
        if len(found) <= room and all(font.getlength(row) <= width for row in found):
            break
    if len(found) > room:
        found = [*found[: room - 1], f"{found[room - 1]} …"]
    for number, row in enumerate(found):
        at = (_MARGIN, _TITLE_TOP + number * leading)
        shown = shortened(row, font, width)
        pen.text(at, shown, palette.ink, font, stroke_width=max(1, size // 60))


def _wrapped(text: str, font: "ImageFont.FreeTypeFont", width: float) -> list[str]:
    """Rows of whole words, each as full as it can be."""
    found: list[str] = []
    for word in text.split():
        if found and font.getlength(f"{found[-1]} {word}") <= width:
            found[-1] += f" {word}"
        else:
            found.append(word)
    return found


def shortened(text: str, font: "ImageFont.FreeTypeFont", width: float) -> str:
    """The text, or as much of it as the width holds."""
    if font.getlength(text) <= width:
        return text
    kept = text.rstrip("… ")
    while kept and font.getlength(f"{kept}…") > width:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def drawable(text: str) -> str:
    """The words of a text that the font can draw, without accents and signs that it lacks."""
    font = typeface(_EYEBROW_SIZE)
    box = bytes(font.getmask("\uffff"))  # what it draws for a character it lacks
    shown = plain(text)[:_MOST_CHARACTERS]
    lacking = {each for each in set(shown) - {" "} if bytes(font.getmask(each)) == box}
    shown = "".join(_without_accent(each) if each in lacking else each for each in shown)
    letters = {each for each in lacking if each.isalpha()}
    words = (word for word in shown.split() if not letters.intersection(word))
    return plain("".join(each for each in " ".join(words) if each not in lacking))


def _without_accent(character: str) -> str:
    """`é` as e, `ß` as ss; what has no such form stays."""
    base = "".join(filter(str.isalpha, unicodedata.normalize("NFKD", character)))
    return _SPELLED.get(character, base if base and base.isascii() else character)


def typeface(size: int) -> "ImageFont.FreeTypeFont":
    """Pillow's own typeface (Aileron), so that the cover is the same on every machine."""
    from PIL import ImageFont

    font = ImageFont.load_default(size=size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font.font_variant(layout_engine=ImageFont.Layout.BASIC)
