"""Transcripts: Podcasting 2.0 JSON, WebVTT and SubRip, all from the same captions."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TextIO

from podforge.delivery.captions import Caption, rows
from podforge.versions import TRANSCRIPT_VERSION

_encode = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Transcript:
    """A kind of transcript: the text before all captions, of each by its number, between, after."""

    head: str
    cue: Callable[[Caption, int], str]
    between: str
    tail: str


def write(captions: Iterable[Caption], files: Mapping[Transcript, TextIO]) -> None:
    """Write transcripts side by side, caption by caption."""
    for kind, file in files.items():
        file.write(kind.head)
    for number, caption in enumerate(captions, start=1):
        for kind, file in files.items():
            file.write((kind.between if number > 1 else "") + kind.cue(caption, number))
    for kind, file in files.items():
        file.write(kind.tail)


def _vtt_cue(caption: Caption, _: int) -> str:
    """A cue with a voice span and the time of each word inside."""
    times = f"{_stamp(caption.start)} --> {_stamp(caption.end)}"
    return f"\n{times}\n<v {_escaped(caption.speaker)}>{_timed_text(caption)}\n"


def _srt_cue(caption: Caption, number: int) -> str:
    """A caption begins with `Name:` when someone else spoke before."""
    times = f"{_stamp(caption.start, ',')} --> {_stamp(caption.end, ',')}"
    shown = rows([*_label(caption), *(word.text for word in caption.words)])
    return "\n".join([str(number), times, *shown]) + "\n"


def _segment(caption: Caption, _: int) -> str:
    """One row of the file; `words` with their times are for those who know them."""
    words = [
        {"word": word.text, "startTime": word.start / 1000, "endTime": word.end / 1000}
        for word in caption.words
    ]
    segment = {
        "speaker": caption.speaker,
        "startTime": caption.start / 1000,
        "endTime": caption.end / 1000,
        "body": caption.text,
        "words": words,
    }
    return _encode(segment)


# W3C, 2019.
WEBVTT = Transcript("WEBVTT\n", _vtt_cue, "", "")
SUBRIP = Transcript("", _srt_cue, "\n", "")
# Podcasting 2.0; times in seconds.
JSON = Transcript(
    f'{{"version": "{TRANSCRIPT_VERSION}", "segments": [\n', _segment, ",\n", "\n]}\n"
)


def _label(caption: Caption) -> list[str]:
    return f"{caption.speaker}:".split() if caption.opens and caption.speaker else []


def _timed_text(caption: Caption) -> str:
    """The rows of a caption, each word after the first behind its time.

    Times inside a cue must rise and lie inside it (WebVTT, 4.2.2); a word that would break
    that has none of its own.
    """
    timed = _timed_words(caption)
    return "\n".join(
        " ".join(next(timed) for _ in row.split(" "))
        for row in rows([word.text for word in caption.words])
    )


def _timed_words(caption: Caption) -> Iterator[str]:
    at = caption.start
    for word in caption.words:
        timed = at < word.start < caption.end
        yield (f"<{_stamp(word.start)}>" if timed else "") + _escaped(word.text)
        at = max(at, word.start)


def _escaped(text: str) -> str:
    """Text or a name as WebVTT cue text; `-->` cannot appear once `>` is escaped."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _stamp(milliseconds: int, point: str = ".") -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}{point}{rest:03}"
