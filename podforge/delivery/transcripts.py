"""Transcripts: Podcasting 2.0 JSON, WebVTT and SubRip, all from the same captions."""

import json
from collections.abc import Iterator, Sequence

from podforge.delivery.captions import Caption, rows

TRANSCRIPT_VERSION = "1.0.0"


def transcript_json(captions: Sequence[Caption]) -> str:
    """Podcasting 2.0 transcript, one segment a row of the file; times in seconds.

    Each segment also carries `words` with their times, which other readers pass over.
    """
    encode = json.JSONEncoder(ensure_ascii=False).encode
    segments = ",\n".join(encode(_segment(caption)) for caption in captions)
    return f'{{"version": "{TRANSCRIPT_VERSION}", "segments": [\n{segments}\n]}}\n'


def webvtt(captions: Sequence[Caption]) -> str:
    """WebVTT (W3C, 2019) with voice spans and the time of each word inside the cue."""
    cues = (
        f"{_stamp(caption.start)} --> {_stamp(caption.end)}\n"
        f"<v {_escaped(caption.speaker)}>{_timed_text(caption)}\n"
        for caption in captions
    )
    return "\n".join(["WEBVTT\n", *cues])


def srt(captions: Sequence[Caption]) -> str:
    """SubRip; a caption begins with `Name:` when someone else spoke before."""
    return "\n".join(
        f"{number}\n{_stamp(caption.start, ',')} --> {_stamp(caption.end, ',')}\n"
        + "\n".join(rows([*_label(caption), *(word.text for word in caption.words)]))
        + "\n"
        for number, caption in enumerate(captions, start=1)
    )


def _segment(caption: Caption) -> dict[str, object]:
    words = [
        {"word": word.text, "startTime": word.start / 1000, "endTime": word.end / 1000}
        for word in caption.words
    ]
    return {
        "speaker": caption.speaker,
        "startTime": caption.start / 1000,
        "endTime": caption.end / 1000,
        "body": caption.text,
        "words": words,
    }


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
