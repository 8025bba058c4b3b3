"""Windows of dialogue whose boundaries are known: spoken once by espeak-ng, put together anew.

`Pool.spoken` has every voice say some dozens of lines through the engine `espeak-window` and
cuts them apart at the engine's exact spans.  `Pool.window` joins lines of a few voices with gaps
that it chooses, so that hundreds of windows cost little more than their additions.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from podforge.cast import Voice
from podforge.clip import Clip, Level, Span
from podforge.engines import find_engine
from podforge.engines.base import Take
from podforge.plan import Job, Utterance
from tests.builders import utterances

Floats = NDArray[np.float32]

VOICES = (  # voice, variant, pitch, range, words per minute
    ("gmw/en", "f1", 52, 60, 172),
    ("gmw/en", "m3", 45, 50, 160),
    ("gmw/en", "aunty", 42, 40, 150),
    ("gmw/en", "", 50, 50, 175),
    ("gmw/en-US", "shelby", 71, 55, 176),
    ("gmw/en-US", "Annie", 58, 65, 186),
    ("gmw/en-US", "m4", 56, 45, 145),
    ("gmw/en-US", "m6", 77, 70, 200),
    ("gmw/en-GB-scotland", "adam", 40, 60, 165),
    ("gmw/en-GB-x-rp", "f4", 60, 40, 215),
)
PACES = (0.88, 1.0, 1.15)  # nobody always speaks at the same pace
FLOORS_DBFS = (None, None, -70.0, -60.0, -50.0)  # noise under a window; None: digital silence
HEAD_SECONDS = (0.0, 0.1, 0.5)  # before the first word


def _options(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


INTERJECTIONS = _options(
    "Yes.|No!|Hm.|Right.|Oh?|Exactly.|I see.|Wait, what?|Go on.|Sure, why not.|Mind the step!|"
    "Well...|Nineteen?|Thank you.|Not yet.|And then?|Ha! Never.|Good morning, all of you."
)
OPENERS = _options(
    "Well,|You know,|So|Honestly,|On Tuesday,|In 1961,|As far as I know,|Look:|Then|After that,"
)
SUBJECTS = _options(
    "the tram|my upstairs neighbour|nobody in the street|the committee|a very small engine|she|"
    "Doctor Amadi|the bread on the second shelf|the report from Leeds|one of the older lamps|it|"
    "whoever wrote this|the last train to the harbour|your editor"
)
VERBS = _options(
    "never found|had forgotten|keeps asking about|would like to replace|wrote down|can hear|sold|"
    "cost more than|was looking for|doesn't quite believe in|is responsible for|remembers"
)
OBJECTS = _options(
    "the rules|three hundred and twelve hooks|a bacon roll|the arithmetic of the board|you|"
    "4,250 letters|everything that we talked about last week|the key|the weather in October|"
    "an unusually patient electrician|half of the microphones|an old mixer|"
    "two and a half million euros|the tall man's umbrella"
)
ENDINGS = _options(
    "||| before ten past six| without saying much|, and so did I|, which surprised everyone|"
    " because the door was open| - or so they say|, if I remember correctly| at 5:45|, of course"
)


def sentence(draw: random.Random) -> str:
    """A sentence of four to thirty words."""
    body = _clause(draw) + draw.choice(ENDINGS)
    if draw.random() < 0.25:
        body += draw.choice((", and ", ", but ", "; ", " while ", " and ")) + _clause(draw)
    opener = draw.choice(OPENERS) + " " if draw.random() < 0.3 else ""
    text = opener + body + draw.choice("....!?")
    return text[0].upper() + text[1:]


def _clause(draw: random.Random) -> str:
    return f"{draw.choice(SUBJECTS)} {draw.choice(VERBS)} {draw.choice(OBJECTS)}"


def line(draw: random.Random) -> str:
    """What somebody says in one turn: a word, a sentence, a few, or a paragraph."""
    kind = draw.random()
    if kind < 0.3:
        return draw.choice(INTERJECTIONS)
    count = 1 if kind < 0.7 else draw.randint(2, 3) if kind < 0.93 else draw.randint(4, 8)
    return " ".join(sentence(draw) for _ in range(count))


@dataclass(frozen=True)
class Piece:
    """A line as one voice says it, from the first to past the last sample of speech."""

    text: str
    samples: Floats
    words: tuple[int, ...]  # where each word but the first begins

    def said(self, draw: random.Random, hesitant: float, rate: int) -> Floats:
        """Its sound; in `hesitant` of all cases with a pause before a word, where no comma is."""
        if not self.words or draw.random() >= hesitant:
            return self.samples
        before, after = np.split(self.samples, [draw.choice(self.words)])
        return np.concatenate([before, _silence(draw.uniform(0.1, 0.9), rate), after])


@dataclass(frozen=True)
class Window:
    """A take whose spans are known.  `clean` is the speech alone, `floor` the noise in dBFS."""

    samples: Floats
    clean: Floats
    floor: float
    rate: int
    utterances: tuple[Utterance, ...]
    truth: tuple[Span, ...]

    def gaps(self) -> list[float]:
        """Seconds between each utterance and the next."""
        return [(b.start - a.end) / self.rate for a, b in pairwise(self.truth)]

    def errors(self, spans: Sequence[Span]) -> list[float]:
        """Seconds by which each boundary is missed: the worse of its two edges."""
        edges = zip(pairwise(self.truth), pairwise(spans), strict=True)
        return [
            max(abs(a.end - x.end), abs(b.start - y.start)) / self.rate for (a, b), (x, y) in edges
        ]

    def clip(self, spans: Sequence[Span]) -> Clip:
        """The clip that it would be with these spans."""
        count = len(spans)
        return Clip(
            "k", "d", self.rate, len(self.samples), tuple(spans), ((),) * count,
            (Level(-20.0, 1.0),) * count,
        )  # fmt: skip


@dataclass(frozen=True)
class Pool:
    """What each voice has said, to make windows of."""

    rate: int
    voices: tuple[tuple[Piece, ...], ...]

    @staticmethod
    def spoken(lines: int, seed: int = 1) -> "Pool":
        """Every voice says `lines` lines of its own."""
        spec = find_engine("espeak-window")
        engine = spec.load({})
        draw = random.Random(seed)
        said = []
        for name, variant, pitch, range_, rate in VOICES:
            look = {"voice": name, "variant": variant, "pitch": pitch, "range": range_}
            paces = [spec.voice_settings({**look, "rate": round(rate * pace)}) for pace in PACES]
            voices = tuple(Voice(f"{n}", f"{n}", settings) for n, settings in enumerate(paces))
            texts = [line(draw) for _ in range(lines)]
            spoken = utterances(*texts, slots=[draw.randrange(len(PACES)) for _ in texts])
            job = Job("k", spec.name, spoken, voices, {}, spec.limits({}).rate)
            (take,) = engine.speak([job], {}, Patient())
            said.append(tuple(_pieces(texts, take)))
        engine.close()
        return Pool(take.rate, tuple(said))

    def window(
        self,
        draw: random.Random,
        turns: tuple[int, int] = (2, 30),
        speakers: tuple[int, int] = (1, 4),
        gap_seconds: tuple[float, float] = (0.0, 0.8),
        hesitant: float = 0.15,
        longest: float = 60.0,
    ) -> Window:
        """Some lines of some voices, each at its own level, with a noise floor or without.

        No line is longer than `longest` seconds, hesitations not counted.
        """
        lines = [
            [piece for piece in voice if len(piece.samples) <= longest * self.rate]
            for voice in self.voices
        ]
        cast = draw.sample(range(len(self.voices)), draw.randint(*speakers))
        levels = [np.float32(draw.uniform(0.35, 1.0)) for _ in cast]
        count = min(turns[1], turns[0] + int(draw.expovariate(0.2)))
        order = _turns(draw, count, len(cast))
        texts, spans = [], []
        parts = [_silence(draw.choice(HEAD_SECONDS), self.rate)]
        at = len(parts[0])
        for slot in order:
            piece = draw.choice(lines[cast[slot]])
            texts.append(piece.text)
            parts.append(levels[slot] * piece.said(draw, hesitant, self.rate))
            spans.append(Span(at, at + len(parts[-1])))
            parts.append(_silence(draw.uniform(*gap_seconds), self.rate))
            at = spans[-1].end + len(parts[-1])
        clean = np.concatenate(parts)
        floor = draw.choice(FLOORS_DBFS)
        noisy = clean if floor is None else clean + _noise(draw, len(clean), floor)
        dense = list(dict.fromkeys(order))
        said = utterances(*texts, slots=[dense.index(slot) for slot in order])
        return Window(noisy, clean, floor or -200.0, self.rate, said, tuple(spans))


class Patient:
    """A watch that nobody looks at."""

    cancelled = False

    def beat(self, key: str, seconds: float) -> None:
        pass


def _pieces(texts: Sequence[str], take: Take) -> Iterator[Piece]:
    assert take.spans
    assert take.words
    for text, span, words in zip(texts, take.spans, take.words, strict=True):
        starts = tuple(word.start - span.start for word in words[1:])
        yield Piece(text, take.samples[span.start : span.end], starts)


def _turns(draw: random.Random, count: int, speakers: int) -> list[int]:
    """Who speaks when: mostly somebody else than before."""
    order = [0]
    while len(order) < count:
        others = [slot for slot in range(speakers) if slot != order[-1]]
        order.append(draw.choice(others) if others and draw.random() < 0.85 else order[-1])
    return order


def _noise(draw: random.Random, count: int, level: float) -> Floats:
    """White noise of `level` dBFS; it repeats itself after a while, which nobody minds."""
    noise = np.random.default_rng(draw.getrandbits(32)).standard_normal(200_000, np.float32)
    return np.resize(noise * np.float32(10 ** (level / 20)), count)


def _silence(seconds: float, rate: int) -> Floats:
    return np.zeros(round(seconds * rate), np.float32)
