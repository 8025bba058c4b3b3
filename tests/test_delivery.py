import errno
import io
import json
import math
import os
import re
import shutil
import stat
import struct
import subprocess
import tracemalloc
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutagen import File
from mutagen.id3 import ID3
from mutagen.mp4 import MP4

from podforge.delivery import writing
from podforge.delivery.captions import (
    MOST_MILLISECONDS,
    ROW_CHARACTERS,
    Caption,
    CaptionWord,
    captions,
    rows,
    split,
)
from podforge.delivery.chapters import chapters_json
from podforge.delivery.cover import MOST_BYTES, drawn_cover, mime_of, own_cover
from podforge.delivery.drawing import drawable
from podforge.delivery.report import Report, ReportedLine, ReportedOutput, report_json
from podforge.delivery.sidecars import TRANSCRIPTS, playlist, write_sidecars
from podforge.delivery.tags import Tags, tags_of, write_tags
from podforge.delivery.transcripts import JSON, SUBRIP, WEBVTT, Transcript, write
from podforge.delivery.writing import publish, staging
from podforge.encodings import LOSSLESS
from podforge.errors import DiskFull, InputError, Place, StorageError
from podforge.media import encode
from podforge.script import DISCLOSURE, Header, Script
from podforge.timeline import Line, Mark, Section, TimedWord, TimedWords, Timeline
from tests.probe import ffmpeg, probe, probe_by_ffmpeg, probe_by_ffprobe

RATE = 44_100
HEADER = Header(
    title='Rye & "Round" <1>',
    show="Night Bread",
    author="Ana Lis",
    narrator="Walter",
    season="2",
    episode="14",
    date="2026-03-01",
    description="Two bakers.\nOne oven.",
    language="en-GB",
    license="CC BY 4.0",
    tags=("bread", "night"),
)


def script_of(header: Header, folder: Path = Path()) -> Script:
    return Script(str(folder / "a.md"), header, ())


MARKS = (Mark("Opening", 0), Mark("Café; # = \\ 日本", RATE), Mark("", 2 * RATE))


def line_of(
    speakers: str, text: str, start: float = 0.0, pace: float = 0.3, rate: int = RATE
) -> Line:
    """A line whose words sound one after another, `pace` seconds each."""
    edges = [round((start + pace * n) * rate) for n in range(len(text.split()) + 1)]
    words = tuple(
        TimedWord(word, *edge) for word, edge in zip(text.split(), pairwise(edges), strict=True)
    )
    names = tuple(speakers.split("+"))
    return Line(names, text, edges[0], edges[-1], words, Place("a.md", 1))


def timeline_of(*lines: Line, marks: Sequence[Mark] = (), rate: int = RATE) -> Timeline:
    return Timeline(
        rate, max((line.end for line in lines), default=0) + rate, (), lines, tuple(marks)
    )


# chapters


def test_chapters_have_the_podcasting_shape() -> None:
    marks = [Mark("Intro\n", 0), Mark("", 44_144)]
    value = json.loads(chapters_json(timeline_of(marks=marks), Header(title="T")))
    assert value == {
        "version": "1.2.0",
        "title": "T",
        "chapters": [
            {"startTime": 0, "title": "Intro"},
            {"startTime": 1.001, "title": "Chapter 2"},
        ],
    }


# captions


def test_a_short_line_is_one_caption_with_the_times_of_its_words() -> None:
    (only,) = captions(timeline_of(line_of("Mara", "Mind the step.", start=1.5)))
    assert (only.speaker, only.text, only.start, only.end) == ("Mara", "Mind the step.", 1500, 2400)
    assert [(w.text, w.start, w.end) for w in only.words][1] == ("the", 1800, 2100)


def test_captions_end_where_sentences_end() -> None:
    text = (
        "The first train leaves at five. Mr. Lindqvist buys six rolls and never counts his change, "
        "because he trusts us. We count it for him."
    )
    assert [c.text for c in captions(timeline_of(line_of("Mara", text, pace=0.2)))] == [
        "The first train leaves at five.",
        "Mr. Lindqvist buys six rolls and never counts his change, because he trusts us.",
        "We count it for him.",
    ]


def test_slow_speech_is_cut_by_time() -> None:
    found = list(captions(timeline_of(line_of("Mara", "so very slow it is today", pace=3.0))))
    assert len(found) > 1
    assert all(c.end - c.start <= MOST_MILLISECONDS for c in found)


def test_an_interruption_ends_the_caption_before_it() -> None:
    first, second = captions(
        timeline_of(line_of("Mara", "I was going to say"), line_of("Tobias", "No.", start=0.7))
    )
    assert (first.end, second.start) == (700, 700)
    assert all(word.end <= first.end for word in first.words)


def test_who_opens_is_told_once_a_turn() -> None:
    lines = [
        line_of("Mara", "One.", 0),
        line_of("Mara", "Two.", 1),
        line_of("Mara+Tobias", "Three.", 2),
    ]
    found = captions(timeline_of(*lines))
    assert [(c.speaker, c.opens) for c in found] == [
        ("Mara", True),
        ("Mara", False),
        ("Mara & Tobias", True),
    ]


def test_rows_are_balanced_and_break_after_a_clause() -> None:
    text = "When the oven is cold, nobody in this house speaks."
    assert rows(text.split()) == ("When the oven is cold,", "nobody in this house speaks.")
    assert rows(["short"]) == ("short",)


WORDS = st.lists(st.text(st.characters(categories=["L", "P", "N"]), min_size=1, max_size=50))
GAPS = st.lists(st.integers(0, 4_000), min_size=1, max_size=20)


def timed(texts: Sequence[str], gaps: Sequence[int]) -> list[CaptionWord]:
    at, words = 0, []
    for number, text in enumerate(texts):
        end = at + gaps[number % len(gaps)]
        words.append(CaptionWord(text, at, end))
        at = end
    return words


@settings(max_examples=150, deadline=None)
@given(WORDS, GAPS, st.sampled_from(["", "Mara:", "Councillor Okafor & Iris:"]))
def test_each_word_is_in_one_caption_and_each_caption_within_the_limits(
    texts: list[str], gaps: list[int], label: str
) -> None:
    words = timed(texts, gaps)
    groups = split(words, label)
    assert [word for group in groups for word in group] == words
    for number, group in enumerate(groups):
        shown = rows([*(label.split() if number == 0 else []), *(word.text for word in group)])
        assert len(shown) <= 2
        if len(group) > 1:
            assert group[-1].end - group[0].start <= MOST_MILLISECONDS
            assert all(len(row) <= ROW_CHARACTERS or " " not in row for row in shown)


LINES = st.lists(
    st.tuples(
        st.sampled_from(["Mara", "Tobias", "Mara+Tobias"]),
        st.lists(st.text(st.characters(categories=["L", "P"]), min_size=1, max_size=9), min_size=1),
        st.integers(0, 9_000),  # where it starts
        st.integers(0, 600),  # how long a word lasts: perhaps not at all
    ),
    max_size=8,
)


@settings(max_examples=100, deadline=None)
@given(LINES)
def test_captions_never_overlap_run_back_or_are_empty(
    lines: list[tuple[str, list[str], int, int]],
) -> None:
    made = [
        line_of(who, " ".join(words), start / 1000, pace / 1000)
        for who, words, start, pace in sorted(lines, key=lambda line: line[2])
    ]
    found = list(captions(timeline_of(*made)))
    assert sum(len(c.words) for c in found) == sum(len(line.words) for line in made)
    assert all(before.end <= after.start for before, after in pairwise(found))
    for caption in found:
        assert caption.start < caption.end
        assert caption.words
        times = [t for word in caption.words for t in (word.start, word.end)]
        assert times == sorted(times)
        assert caption.start <= times[0] <= times[-1] <= caption.end


def test_captions_of_lines_that_overlap_come_in_order_of_time() -> None:
    long = line_of("Mara", "One two three. Four five six. Seven eight nine.", 0, 2.0)
    found = list(captions(timeline_of(long, line_of("Jo", "Oh.", 0.5), line_of("Al", "Ah.", 6.2))))
    starts = [("Mara", 0), ("Jo", 500), ("Mara", 6000), ("Al", 6200), ("Mara", 12_000)]
    assert [(c.speaker, c.start) for c in found] == starts


# transcripts


def text_of(kind: Transcript, found: Iterable[Caption]) -> str:
    text = io.StringIO()
    write(found, {kind: text})
    return text.getvalue()


def sidecars(timeline: Timeline, header: Header, folder: Path) -> dict[str, str]:
    """The text of each file, by its suffix."""
    write_sidecars(timeline, header, lambda suffix: folder / f"a{suffix}")
    return {
        suffix: (folder / f"a{suffix}").read_text(encoding="utf-8")
        for suffix in (*TRANSCRIPTS, ".chapters.json")
    }


def test_webvtt_escapes_names_and_text_and_times_each_word() -> None:
    line = line_of("A & <B>", "a<b --> c&d", start=3_600.0)
    assert text_of(WEBVTT, captions(timeline_of(line))) == (
        "WEBVTT\n\n"
        "01:00:00.000 --> 01:00:00.900\n"
        "<v A &amp; &lt;B&gt;>a&lt;b <01:00:00.300>--&gt; <01:00:00.600>c&amp;d\n"
    )


def test_webvtt_word_times_rise_strictly_inside_the_cue() -> None:
    words = (TimedWord("a", 0, 0), TimedWord("b", 0, 0), TimedWord("c", 0, 441))
    line = Line(("M",), "a b c", 0, 441, words, Place("a.md"))
    assert text_of(WEBVTT, captions(timeline_of(line))).endswith("<v M>a b c\n")


def test_srt_names_the_speaker_when_it_changes() -> None:
    lines = [line_of("Mara", "One.", 0), line_of("Mara", "Two.", 1), line_of("Jo", "Three.", 2)]
    assert text_of(SUBRIP, captions(timeline_of(*lines))) == (
        "1\n00:00:00,000 --> 00:00:00,300\nMara: One.\n\n"
        "2\n00:00:01,000 --> 00:00:01,300\nTwo.\n\n"
        "3\n00:00:02,000 --> 00:00:02,300\nJo: Three.\n"
    )


def test_transcript_json_has_segments_and_words() -> None:
    made = captions(timeline_of(line_of("Ana", "Guten Tag", 0.5)))
    value = json.loads(text_of(JSON, made))
    assert value["version"] == "1.0.0"
    assert value["segments"] == [
        {
            "speaker": "Ana",
            "startTime": 0.5,
            "endTime": 1.1,
            "body": "Guten Tag",
            "words": [
                {"word": "Guten", "startTime": 0.5, "endTime": 0.8},
                {"word": "Tag", "startTime": 0.8, "endTime": 1.1},
            ],
        }
    ]


def test_no_control_character_reaches_a_transcript(tmp_path: Path) -> None:
    words = (
        TimedWord("\x1b[31mred", 0, 100),
        TimedWord("\x00", 100, 200),
        TimedWord("\ud800", 200, 300),
    )
    line = Line(("Ev\nil\x07",), "", 0, 300, words, Place("a.md"))
    made = timeline_of(line, marks=[Mark("\x1b]0;x\x07", 0)])
    for text in sidecars(made, HEADER, tmp_path).values():
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)


def test_the_captions_of_a_book_are_never_all_in_memory(tmp_path: Path) -> None:
    text = "a word after a word, " * 10
    edges = [(m.start(), m.end()) for m in re.finditer(r"\S+", text)]

    def line(number: int) -> Line:
        start = number * 20 * RATE
        rows = [(*edge, start + n * 9999, start + n * 9999 + 8888) for n, edge in enumerate(edges)]
        return Line(("M",), text, start, rows[-1][-1], TimedWords(text, rows), Place("a.md"))

    made = timeline_of(*map(line, range(80)))  # 4 000 words
    tracemalloc.start()
    write_sidecars(made, HEADER, lambda suffix: tmp_path / f"a{suffix}")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (tmp_path / "a.srt").stat().st_size > 20_000
    assert most < 150_000  # the captions alone take four times that


def test_a_silent_episode_has_valid_files(tmp_path: Path) -> None:
    texts = sidecars(timeline_of(), Header(), tmp_path)
    assert texts[".vtt"] == "WEBVTT\n"
    assert texts[".srt"] == ""
    assert json.loads(texts[".transcript.json"])["segments"] == []
    assert json.loads(texts[".chapters.json"])["chapters"] == []


def test_ffmpeg_reads_the_subtitles_as_we_meant_them(tmp_path: Path) -> None:
    lines = [line_of("Mara", "Fish & chips, <please>.", 0), line_of("Tobias", "No. " * 30, 5)]
    texts = sidecars(timeline_of(*lines), HEADER, tmp_path)
    for suffix in (".vtt", ".srt"):
        command = [ffmpeg(), "-v", "error", "-i", str(tmp_path / f"a{suffix}"), "-f", "srt", "-"]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
        assert not done.stderr
        assert done.stdout.count(" --> ") == texts[suffix].count(" --> ")


# tags


CODECS = {
    "mp3": ["-b:a", "64k"],
    "m4b": ["-c:a", "aac", "-b:a", "64k", "-f", "mp4"],
    "opus": ["-c:a", "libopus", "-b:a", "32k"],
    "flac": [],
    "wav": [],
}


@pytest.fixture(scope="session")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of noise in each format; the M4B has chapters of its own."""
    folder = tmp_path_factory.mktemp("encoded")
    pcm = bytes(b % 251 for b in range(RATE * 3 * 2))
    chapters = folder / "chapters.txt"
    spans = ((0, 1000, "Opening"), (1000, 3000, "Second"))
    chapters.write_text(
        ";FFMETADATA1\n"
        + "".join(
            f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={a}\nEND={b}\ntitle={t}\n" for a, b, t in spans
        )
    )
    for suffix, options in CODECS.items():
        extra = (
            ["-i", str(chapters), "-map_chapters", "1", "-map", "0:a"] if suffix == "m4b" else []
        )
        source = ["-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "-"]
        command = [ffmpeg(), "-v", "error", *source, *extra, *options, str(folder / f"a.{suffix}")]
        subprocess.run(command, input=pcm, check=True)
    return folder


def tagged(
    encoded: Path, folder: Path, suffix: str, tags: Tags | None = None, cover: bytes | None = None
) -> Path:
    path = folder / f"episode.{suffix}"
    shutil.copy(encoded / f"a.{suffix}", path)
    write_tags(path, tags or tags_of(HEADER), cover, MARKS, RATE, 3 * RATE)
    return path


@pytest.fixture(scope="session")
def cover() -> bytes:
    return drawn_cover(HEADER)


PLAYED = [suffix for suffix in CODECS if suffix != "wav"]  # ffmpeg 5 reads no ID3 in WAV


@pytest.mark.parametrize("suffix", PLAYED)
def test_a_player_reads_the_tags(encoded: Path, tmp_path: Path, suffix: str, cover: bytes) -> None:
    seen = probe(tagged(encoded, tmp_path, suffix, cover=cover))
    tags = seen.tags
    assert tags["title"] == HEADER.title
    assert tags["album"] == "Night Bread"
    assert tags["artist"] == tags["album_artist"] == "Ana Lis"
    assert tags["composer"] == "Walter"
    assert (tags["disc"], tags["track"]) == ("2", "14")
    assert tags["genre"] == "Podcast"
    if suffix in ("mp3", "m4b"):  # ffmpeg knows one comment only; Vorbis has two kinds
        assert tags["comment"] == DISCLOSURE
    assert tags["date"].startswith("2026")
    assert tags["language"] in ("eng", "en-GB")
    assert tags.get("copyright", tags.get("license")) == "CC BY 4.0"
    assert seen.duration == pytest.approx(3, abs=0.1)
    assert seen.streams[0].kind == "audio"
    assert [s.codec for s in seen.streams if s.kind == "video"] == ["mjpeg"]


DESCRIPTIONS = {"mp3": "TDES", "wav": "TDES", "m4b": "desc", "opus": "DESCRIPTION"}
KEYWORDS = {"mp3": "TKWD", "wav": "TKWD", "m4b": "keyw", "opus": "KEYWORDS"}
COMMENTS = {"mp3": "COMM::eng", "wav": "COMM::eng", "m4b": "\xa9cmt", "opus": "COMMENT"}
SAID = ((DESCRIPTIONS, "Two bakers. One oven."), (KEYWORDS, "bread, night"), (COMMENTS, DISCLOSURE))


@pytest.mark.parametrize("suffix", DESCRIPTIONS)
def test_what_a_podcast_says_about_itself_is_there(
    encoded: Path, tmp_path: Path, suffix: str
) -> None:
    tags = File(tagged(encoded, tmp_path, suffix)).tags
    for name, text in SAID:
        value = tags[name[suffix]]
        assert (value[0] if isinstance(value, list) else str(value)) == text


def test_a_playlist_has_no_comments_but_its_own() -> None:
    sections = (Section("Two\nrows", 0, RATE, ()), Section("B", RATE, RATE, ()))
    names = ["#1-01.mp3", "b.mp3"]
    lines = playlist(Timeline(RATE, 2 * RATE, sections, (), ()), names).splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["./#1-01.mp3", "b.mp3"]
    assert len(lines) == 6


def test_a_wav_of_over_4_gib_is_tagged_as_well(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    sound = ["-f", "lavfi", "-i", "sine=f=440:d=1.00003:r=44100", "-c:a", "pcm_s16le"]
    subprocess.run([ffmpeg(), "-v", "error", *sound, "-rf64", "always", str(path)], check=True)
    before = path.read_bytes()
    assert before[:4] == b"RF64"
    write_tags(path, Tags(title="Long"), None, [Mark("One", 0), Mark("Two", 9000)], 44_100, 44_101)
    after = path.read_bytes()
    chunks, at = {}, 12
    while at < len(after):
        size = int.from_bytes(after[at + 4 : at + 8], "little")
        if after[at : at + 4] == b"data":  # its size stands in ds64
            size = int.from_bytes(chunks[b"ds64"][8:16], "little")
        chunks[after[at : at + 4]] = after[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    assert at == len(after)
    assert int.from_bytes(chunks[b"ds64"][:8], "little") == len(after) - 8
    tags = ID3(io.BytesIO(chunks[b"id3 "]))
    assert str(tags["TIT2"]) == "Long"
    assert len(tags.getall("CHAP")) == 2
    assert chunks[b"data"] in before
    assert len(chunks[b"data"]) == 2 * 44_101


def test_the_tags_of_a_wav_lie_past_4_gib(tmp_path: Path) -> None:
    path, sound = tmp_path / "x.wav", (9 << 29) + 1  # 4.5 GiB and a byte, sparse
    sizes = struct.pack("<4sI3QI", b"ds64", 28, 72 + sound, sound, sound, 0)
    shape = struct.pack("<4sI2H2I2H", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
    unknown = b"\xff" * 4
    head = b"RF64" + unknown + b"WAVE" + sizes + shape + b"data" + unknown
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + sound)
    write_tags(path, Tags(title="Long"), None, [Mark("One", 0), Mark("Two", 9)], 8, 80)
    with path.open("rb") as file:
        assert file.read(28)[20:] == struct.pack("<Q", path.stat().st_size - 8)
        file.seek(len(head) + sound + 1)
        name, size = struct.unpack("<4sI", file.read(8))
        tag = file.read(size)
        assert (name, file.read()) == (b"id3 ", bytes(size % 2))
    assert str(ID3(io.BytesIO(tag))["TIT2"]) == "Long"


def test_a_wav_has_room_to_become_one_of_over_4_gib(tmp_path: Path) -> None:
    silence = np.zeros((100, 1), np.float32)
    encode(iter([silence]), tmp_path / "x.wav", 44_100, 1, LOSSLESS[".wav"])
    start = (tmp_path / "x.wav").read_bytes()[:80]
    assert struct.pack("<4sI", b"JUNK", 28) in start  # ffmpeg makes `ds64` of it


def test_a_wav_carries_everything_in_its_id3_chunk(
    encoded: Path, tmp_path: Path, cover: bytes
) -> None:
    tags = File(tagged(encoded, tmp_path, "wav", cover=cover)).tags
    assert str(tags["TIT2"]) == HEADER.title
    assert str(tags["TDRC"]) == "2026-03-01"
    assert tags["APIC:"].data == cover


@pytest.mark.parametrize("suffix", PLAYED)
def test_a_png_is_a_cover_too(encoded: Path, tmp_path: Path, suffix: str) -> None:
    seen = probe(tagged(encoded, tmp_path, suffix, cover=picture("PNG")))
    assert [s.codec for s in seen.streams if s.kind == "video"] == ["png"]


@pytest.mark.parametrize("suffix", ["mp3", "opus", "flac"])
def test_a_player_reads_the_chapters(encoded: Path, tmp_path: Path, suffix: str) -> None:
    seen = probe(tagged(encoded, tmp_path, suffix)).chapters
    assert [c.title for c in seen] == ["Opening", "Café; # = \\ 日本", "Chapter 3"]
    assert [c.start for c in seen] == pytest.approx([0, 1, 2], abs=0.001)
    assert seen[-1].end == pytest.approx(3, abs=0.1)


def test_chapters_that_an_m4b_has_are_kept(encoded: Path, tmp_path: Path, cover: bytes) -> None:
    path = tagged(encoded, tmp_path, "m4b", cover=cover)
    assert [(c.title, c.start) for c in probe(path).chapters] == [("Opening", 0), ("Second", 1)]
    assert [c.title for c in MP4(path).chapters or ()] == ["Opening", "Second"]


def test_id3_is_version_2_3_with_ordered_chapters(encoded: Path, tmp_path: Path) -> None:
    for suffix in ("mp3", "wav"):
        path = tagged(encoded, tmp_path, suffix)
        frames = ID3(path, translate=False) if suffix == "mp3" else File(path).tags
        assert frames.version == (2, 3, 0)
        top = frames["CTOC:toc"]
        assert top.flags == 3
        assert [frames[f"CHAP:{n}"].start_time for n in top.child_element_ids] == [0, 1000, 2000]
        assert (
            frames["CHAP:chp00001"].start_offset == frames["CHAP:chp00001"].end_offset == 0xFFFFFFFF
        )


def test_more_chapters_than_a_table_holds_get_tables_of_their_own(
    encoded: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.mp3"
    shutil.copy(encoded / "a.mp3", path)
    write_tags(path, Tags(), None, [Mark(f"{n}", n * 10) for n in range(600)], 1000, 6000)
    frames = ID3(path)
    parts = frames["CTOC:toc"].child_element_ids
    leaves = [name for part in parts for name in frames[f"CTOC:{part}"].child_element_ids]
    assert len(parts) == 3
    assert [frames[f"CHAP:{name}"].sub_frames["TIT2"].text[0] for name in leaves] == [
        str(n) for n in range(600)
    ]
    assert [c.title for c in probe(path).chapters] == [str(n) for n in range(600)]


@pytest.mark.parametrize("options", [[], ["-rf64", "always"]])
def test_chapters_of_a_wav_lie_in_order(tmp_path: Path, options: list[str]) -> None:
    path = tmp_path / "x.wav"
    sound = ["-f", "lavfi", "-i", "anullsrc=r=8000", "-t", "0.001", "-c:a", "pcm_s16le"]
    subprocess.run([ffmpeg(), "-v", "error", *sound, *options, str(path)], check=True)
    titles = ["short", "a title that is rather long", "odd", "x"]  # mutagen sorts frames by size
    write_tags(path, Tags(), None, [Mark(each, n) for n, each in enumerate(titles)], 8, 8)
    found = re.findall(rb"CHAP.{6}(chp\d{5})", path.read_bytes(), re.DOTALL)
    assert found == [b"chp00000", b"chp00001", b"chp00002", b"chp00003"]


@pytest.mark.parametrize("suffix", CODECS)
def test_the_same_tags_give_the_same_bytes_also_over_old_ones(
    encoded: Path, tmp_path: Path, suffix: str, cover: bytes
) -> None:
    path = tagged(encoded, tmp_path, suffix, cover=cover)
    first = path.read_bytes()
    write_tags(path, Tags(title="Another", season="x"), None, (), RATE, RATE)
    write_tags(path, tags_of(HEADER), cover, MARKS, RATE, 3 * RATE)
    assert path.read_bytes() == first


@pytest.mark.parametrize("suffix", CODECS)
def test_tags_leave_the_sound_alone(encoded: Path, tmp_path: Path, suffix: str) -> None:
    def sound(path: Path) -> bytes:
        command = [ffmpeg(), "-v", "error", "-i", str(path), "-map", "0:a", "-f", "s16le", "-"]
        return subprocess.run(command, capture_output=True, check=True).stdout

    assert sound(tagged(encoded, tmp_path, suffix)) == sound(encoded / f"a.{suffix}")


@pytest.mark.parametrize("suffix", CODECS)
def test_hostile_tags_are_harmless(encoded: Path, tmp_path: Path, suffix: str) -> None:
    evil = "a\x00b\nTITLE=c\x1b[2J\ud800"
    tags = Tags(title=evil, author=evil, season=evil, episode="99999999", date=evil, language=evil)
    path = tagged(encoded, tmp_path, suffix, tags)
    if suffix == "wav":
        assert str(File(path).tags["TIT2"]) == "a b TITLE=c [2J\ufffd"
    else:
        seen = probe(path).tags
        assert seen["title"] == "a b TITLE=c [2J\ufffd"
        assert seen["comment"] == DISCLOSURE


def test_words_for_season_and_date_are_kept(encoded: Path, tmp_path: Path) -> None:
    tags = Tags(season="Winter", episode="3b", date="Spring 2026")
    for suffix in PLAYED:
        seen = probe(tagged(encoded, tmp_path, suffix, tags)).tags
        assert seen["date"] == "Spring 2026"
        if suffix != "m4b":  # ffmpeg shows no free-form atom
            assert (seen["season"], seen["episode"]) == ("Winter", "3b")


def test_a_month_is_kept_whole(encoded: Path, tmp_path: Path) -> None:
    month = Tags(date="2026-05")
    frames = ID3(tagged(encoded, tmp_path, "mp3", tags=month), translate=False)
    assert frames["TYER"].text == ["2026"]  # all that ID3v2.3 has a frame for
    assert frames["TXXX:DATE"].text == ["2026-05"]
    assert File(tagged(encoded, tmp_path, "flac", tags=month)).tags["DATE"] == ["2026-05"]
    assert MP4(tagged(encoded, tmp_path, "m4b", tags=month)).tags["\xa9day"] == ["2026-05"]


def test_an_audiobook_says_what_it_is(encoded: Path, tmp_path: Path) -> None:
    tags = tags_of(Header(title="Book", mode="audiobook"))
    assert (tags.genre, tags.show) == ("Audiobook", "Book")  # shelves go by the album
    assert MP4(tagged(encoded, tmp_path, "m4b", tags)).tags["stik"] == [2]


def test_the_disclosure_can_be_turned_off(encoded: Path, tmp_path: Path) -> None:
    path = tagged(encoded, tmp_path, "mp3", tags_of(replace(HEADER, disclosure="")))
    assert "comment" not in probe(path).tags


def test_a_file_that_is_no_audio_is_an_error_of_ours(tmp_path: Path) -> None:
    for suffix in ("m4b", "opus", "flac", "wav"):
        path = tmp_path / f"a.{suffix}"
        path.write_bytes(b"nothing of the kind" * 10)
        with pytest.raises(StorageError, match="tagging"):
            write_tags(path, Tags(), None, (), RATE, RATE)
        with pytest.raises(StorageError, match="No such file"):
            write_tags(tmp_path / f"missing.{suffix}", Tags(), None, (), RATE, RATE)


def test_ffmpeg_alone_sees_what_ffprobe_sees(encoded: Path, tmp_path: Path, cover: bytes) -> None:
    ffprobe = shutil.which("ffprobe")
    if not ffprobe:
        pytest.skip("no ffprobe here")
    for suffix in PLAYED:
        path = tagged(encoded, tmp_path, suffix, cover=cover)
        one, other = probe_by_ffprobe(path, ffprobe), probe_by_ffmpeg(path)
        for name in ("title", "artist", "comment", "genre", "track"):
            assert one.tags[name] == other.tags[name]
        assert one.chapters == other.chapters
        assert one.duration == pytest.approx(other.duration, abs=0.02)
        assert [s.kind for s in one.streams] == [s.kind for s in other.streams]


# cover


def test_a_drawn_title_keeps_words_with_accents() -> None:
    written = "Die größte Straße – Łódź & Été: ½ 東京… “Ånd”"
    assert drawable(written) == "Die grosste Strasse - Lodz & Ete: “And”"


def picture(kind: str, size: tuple[int, int] = (64, 64)) -> bytes:
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", size, "#336699").save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(("kind", "mime"), [("JPEG", "image/jpeg"), ("PNG", "image/png")])
def test_the_scripts_own_cover_is_taken_whatever_its_suffix(
    tmp_path: Path, kind: str, mime: str
) -> None:
    data = picture(kind)
    (tmp_path / "art.txt").write_bytes(data)
    found = own_cover(script_of(Header(cover="art.txt"), tmp_path))
    assert (found, mime_of(found)) == (data, mime)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("missing.png", "no such file"),
        ("nul\0.png", "no such file"),
        ("loop.png", "no such file"),
        ("../outside.png", "outside"),
        ("/etc/passwd", "outside"),
        ("link.png", "outside"),
        ("folder", "not a file"),
        ("fifo", "not a file"),
        ("empty.png", "neither"),
        ("text.png", "neither"),
        ("gif.png", "neither"),
        ("cut.png", "damaged"),
        ("cut.jpg", "damaged"),
        ("wide.png", "wider"),
        ("big.png", "larger"),
    ],
)
def test_a_bad_cover_is_an_error_at_its_place(tmp_path: Path, name: str, says: str) -> None:
    base = tmp_path / "project"
    (base / "folder").mkdir(parents=True)
    png = picture("PNG")
    (tmp_path / "outside.png").write_bytes(png)
    (base / "link.png").symlink_to(tmp_path / "outside.png")
    (base / "loop.png").symlink_to("loop.png")
    os.mkfifo(base / "fifo")
    files = {
        "empty.png": b"",
        "text.png": b"#EXTM3U",
        "gif.png": picture("GIF"),
        "cut.png": png[:-30],
        "cut.jpg": picture("JPEG")[:300],
        "wide.png": picture("PNG", (4001, 1)),
        "big.png": png + bytes(MOST_BYTES),
    }
    for file, data in files.items():
        (base / file).write_bytes(data)
    with pytest.raises(InputError, match=says) as caught:
        own_cover(script_of(Header(cover=name), base))
    assert caught.value.problems[0].place == Place(str(base / "a.md"))


TITLES = ["Hi", "", "日本語", "word" * 200, "a b " * 300, "\x00\x1b\ud800🎉"]


@pytest.mark.parametrize("title", TITLES)
def test_a_cover_is_drawn_for_any_title_and_always_the_same(title: str) -> None:
    import io

    from PIL import Image

    header = Header(title=title, show="A show " * 20)
    found = drawn_cover(header)
    assert found == drawn_cover(header)
    with Image.open(io.BytesIO(found)) as drawn:
        assert (drawn.format, drawn.size) == ("JPEG", (1400, 1400))
        inked = drawn.convert("L").crop((0, 0, 100, 1400)).tobytes()
    assert max(abs(a - b) for a, b in pairwise(inked)) < 60  # no type in the margin


def test_other_titles_get_other_covers() -> None:
    assert len({drawn_cover(Header(title=f"{n}")) for n in range(5)}) == 5


# report


def test_the_report_is_json_whatever_was_measured() -> None:
    report = Report(
        podforge="0.1",
        script="a.md",
        title="T\x1b",
        engines=("espeak",),
        seconds=1.25,
        words=3,
        jobs_made=1,
        jobs_cached=0,
        retakes=0,
        outputs=(ReportedOutput("a.mp3", "mp3", 100, 1.25, -math.inf, math.nan),),
        findings=(ReportedLine("suspect", "a.md", 7, "Hm\ud800", "too short"),),
    )
    value = json.loads(report_json(report))
    assert value["version"] == 1
    assert value["title"] == "T"
    assert value["seconds"] == 1.25
    assert value["outputs"][0]["lufs"] is None
    assert value["outputs"][0]["true_peak_db"] is None
    assert value["findings"][0] == {
        "severity": "suspect",
        "file": "a.md",
        "line": 7,
        "text": "Hm\ufffd",
        "reason": "too short",
    }


# writing


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def put(path: Path, text: str) -> None:
    """Write a file as `deliver` does."""
    with staging(path.parent) as folder:
        (folder / path.name).write_text(text, encoding="utf-8", newline="")
        publish(folder / path.name, path)


def test_a_text_is_written_whole_and_readable_by_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.srt"
    before = os.umask(0o022)
    try:
        put(path, "é\n")
    finally:
        os.umask(before)
    assert path.read_bytes() == "é\n".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert names_in(path.parent) == ["a.srt"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failed_write_keeps_the_old_file_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "a.srt"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if call == "fsync":
        monkeypatch.setattr(writing.os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DiskFull, match=r"a\.srt"):
        put(path, "new")
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["a.srt"]


def test_the_staging_folder_is_hidden_and_goes_whatever_happens(tmp_path: Path) -> None:
    def build() -> None:
        with staging(tmp_path) as folder:
            assert folder.name.startswith(".")
            (folder / "part.mp3").write_bytes(b"x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build()
    assert names_in(tmp_path) == []


def test_publishing_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"old")
    with staging(tmp_path) as folder:
        (folder / "a.mp3").write_bytes(b"new")
        publish(folder / "a.mp3", tmp_path / "a.mp3")
    assert (tmp_path / "a.mp3").read_bytes() == b"new"
    assert names_in(tmp_path) == ["a.mp3"]


def test_an_output_folder_that_cannot_be_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="creating"):
        put(tmp_path / "file" / "a.srt", "x")
    (tmp_path / "a.srt").mkdir()
    with pytest.raises(StorageError, match="writing"):
        put(tmp_path / "a.srt", "x")


def test_what_a_killed_render_left_goes_and_a_living_one_stays_however_old(tmp_path: Path) -> None:
    killed = tmp_path / ".podforge-killed"
    killed.mkdir()
    (killed / ".podforge-held").touch()  # by nobody
    with staging(tmp_path) as living:
        os.utime(living, (0, 0))  # a clock that jumped
        with staging(tmp_path):
            assert not killed.exists()
            assert living.exists()
    assert names_in(tmp_path) == []


def test_many_write_into_one_folder_at_once(tmp_path: Path) -> None:
    def write(number: int) -> None:
        for _ in range(40):
            put(tmp_path / f"{number}.srt", "x")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert len(names_in(tmp_path)) == 4
