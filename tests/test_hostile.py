"""Input that means harm: docs/security.md has a line for each of these tests."""

import io
import json
import os
import re
import shutil
import struct
import time
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutagen import File
from mutagen.id3 import ID3
from mutagen.mp4 import MP4Tags

from podforge.errors import InputError, Place
from podforge.pcm import to_wav
from podforge.plain import plain
from podforge.reading import READERS, Asked, read
from podforge.reading.findings import Findings
from podforge.reading.lexicons import read_lexicon
from podforge.script import DISCLOSURE
from podforge.settings import read_config
from podforge.store import Store
from podforge.voices import read_voice
from tests.in_process import podforge
from tests.sounds import sine

# Colours, the title of the window, CSI as one character, and what turns the order of text around.
EVIL = "\x1b]0;PWN\x07A\x1b[31mB\x9b31mC\u202eD\u2066E\u061cF"
OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
FRONT = "---\nspeakers: {Mara: mara}\n---\n"
LINE = "**Mara:** Good evening.\n"
CLONE = "language: en\nreference: r.wav\nengines: {espeak: {voice: gmw/en}}\n"
FULL = "owner: Ann Wu, kind: written, date: 2026-01-31"


def harmless(done):
    assert not OBEYED.search(done.stdout + done.stderr), repr(done.stdout + done.stderr)
    assert "Traceback" not in done.stderr
    return done


def written(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def voice(folder, consent, text=CLONE):
    """The voice `ann` beside a script that has her speak; both in `folder`."""
    clip = folder / "voices" / "ann" / "r.wav"
    written(clip.with_name("voice.yaml"), text + consent)
    clip.write_bytes(to_wav(np.zeros(24_000, np.float32), 24_000))
    return written(folder / "s.md", "---\nspeakers: {Ann: ann}\n---\n**Ann:** Good evening.\n")


# --- what reaches a terminal ---------------------------------------------------------------


def evil_script(folder):
    said = json.dumps(EVIL)
    return written(
        folder / "evil.md",
        f"+++\ntitle = {said}\n[speakers]\n{said} = 'mara'\nMara = 'mara'\n+++\n"
        f"# Chapter {EVIL}\n\n{LINE}\nHi {EVIL}.\n",
    )


@pytest.mark.parametrize(
    "command",
    [
        ("check",), ("check", "--account"), ("check", "--spoken"), ("plan",), ("plan", "--json"),
        ("cast",), ("render", "--json", "-n"),
    ],
)  # fmt: skip
def test_a_script_says_nothing_to_the_terminal(command, tmp_path):
    assert harmless(podforge(*command, evil_script(tmp_path))).returncode == 0


def test_nor_does_a_render_nor_the_file_it_made(tmp_path):
    path, out = evil_script(tmp_path), tmp_path / "o.mp3"
    for more in ((), ("--json",), ("--events", "jsonl")):
        assert harmless(podforge("render", path, "-o", out, *more)).returncode == 0
    for text in (out.with_suffix(".vtt"), out.with_suffix(".report.json")):
        assert not OBEYED.search(text.read_text())
    for frame in ID3(out).getall("TIT2"):
        assert not OBEYED.search(str(frame)), "a NUL or a line break would end the title"
    tags = ID3(out)
    tags["TIT2"].text = [EVIL]  # by another program
    tags.save(out)
    for more in ((), ("--json",)):
        harmless(podforge("inspect", out, *more))


@pytest.mark.parametrize("line", ["engine: {0}", "cover: {0}", "lexicon: {0}", "mode: {0}",
                                  "speakers: {{{0}: {0}}}", "{0}: 1", "format: {0}"])  # fmt: skip
def test_an_error_says_nothing_to_the_terminal(line, tmp_path):
    escaped = json.dumps(EVIL).replace("\\u0007", "\\a").replace("\x9b", "\\x9b")
    path = written(tmp_path / "s.md", f"---\n{line.format(escaped)}\n---\n{LINE}")
    for command in ("check", "render"):
        harmless(podforge(command, path))


def test_a_voice_says_nothing_to_the_terminal(tmp_path):
    evil = '"A\\e[31mB\\x9b\\u202e"'
    consent = f"consent: {{owner: {evil}, kind: self, date: 2026-01-31, allowed_uses: {evil}}}\n"
    engines = f"engines: {{{evil}: {{{evil}: {evil}}}}}\n"
    voice(tmp_path, consent, f"language: en\ndescription: {evil}\n{engines}")
    for command in ("list", ("show", "ann")):
        harmless(podforge("voices", *([command] if isinstance(command, str) else command),
                          "--voices", tmp_path / "voices"))  # fmt: skip
    harmless(podforge("check", tmp_path / "s.md"))


def test_names_of_files_say_nothing_to_the_terminal(tmp_path):
    path = written(tmp_path / "a\x1b[31m\u202eb\n.md", FRONT + LINE)
    for command in (("check",), ("plan", "--json"), ("render", "-q", "--json"), ("inspect",)):
        harmless(podforge(*command, path, cwd=tmp_path))
    harmless(podforge("render", tmp_path / "no\x1b[31m.md"))
    harmless(podforge("cache", "stats", "--json", "--cache", tmp_path / "st\x9b"))


@given(st.lists(st.sampled_from([*EVIL, *"\n\u2028\ud800\x00"]) | st.text()).map("".join))
def test_plain_text_is_one_line_that_anybody_can_write(text):
    said = plain(text)
    assert not OBEYED.search(said)
    assert len(said.splitlines()) <= 1
    said.encode()


def test_a_name_that_is_not_utf_8(tmp_path):
    path = Path(os.fsdecode(bytes(tmp_path) + b"/n\xff.md"))
    path.write_text(FRONT + f"# One\n\n{LINE}\n# Two\n\n{LINE}")
    for command in (("check",), ("plan", "--json"), ("cast",)):
        assert podforge(*command, path).returncode == 0
    out = Path(os.fsdecode(bytes(tmp_path) + b"/o\xff/"))
    done = podforge("render", path, "-o", f"{out}/", "--split", "chapters", "--json")
    assert done.returncode == 0, done.stderr
    made = [Path(name) for name in json.loads(done.stdout)["renders"][0]["outputs"]]
    assert all(file.is_file() for file in made)
    assert next(out.glob("*.m3u")).read_text("utf-8").count(made[0].name) == 1
    sound = Path(os.fsdecode(bytes(tmp_path) + b"/m\xff.mp3"))
    shutil.copy(made[0], sound)
    assert podforge("inspect", sound).returncode in (0, 1)


# --- nothing outside the project -----------------------------------------------------------


def test_cues_stay_in_the_project_unless_the_command_line_allows_a_folder(tmp_path):
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "m.wav").write_bytes(to_wav(sine(440, -20, 1.0, 24_000), 24_000))
    show = tmp_path / "show"
    path = written(show / "s.md", FRONT + LINE + "\n[sfx: linked/m.wav]\n\n[sfx: ../music/m.wav]\n")
    (show / "linked").symlink_to(tmp_path / "music")
    refused = podforge("check", path)
    assert refused.returncode == 65
    assert refused.stdout.count("lies outside the project") == 2
    for command in (("check",), ("plan",), ("render", "-n")):
        assert podforge(*command, path, "--allow-root", tmp_path / "music").returncode == 0
    assert podforge("check", path, "--allow-root", tmp_path / "other").returncode == 65


@pytest.mark.parametrize("key", ["allow_root", "allow-root", "allowed"])
def test_no_script_and_no_project_file_allows_itself_a_folder(key, tmp_path):
    (tmp_path / "m.wav").write_bytes(to_wav(sine(440, -20, 1.0, 24_000), 24_000))
    text = f"---\n{key}: ..\nspeakers: {{Mara: mara}}\n---\n{LINE}\n[sfx: ../m.wav]\n"
    path = written(tmp_path / "show" / "s.md", text)
    written(tmp_path / "show" / "podforge.yaml", "")
    assert podforge("check", path).returncode == 65
    written(tmp_path / "show" / "podforge.yaml", f"{key}: ..\n")
    assert podforge("check", path).returncode == 65


@pytest.mark.parametrize("what", ["cover", "lexicon", "project lexicon", "voice", "recording"])
def test_a_link_that_leads_out_is_refused(what, tmp_path):
    outside = written(tmp_path / "secret", "language: en\nSECRET: 1\n")
    path = voice(tmp_path / "show", f"consent: {{{FULL}, allowed_uses: any}}\n")
    name = {"cover": "c.jpg", "lexicon": "l.yaml", "project lexicon": "lexicon.yaml",
            "voice": "voices/ann/voice.yaml", "recording": "voices/ann/r.wav"}[what]  # fmt: skip
    if what in ("cover", "lexicon"):
        path.write_text(path.read_text().replace("---\n", f"---\n{what}: {name}\n", 1))
    link = path.parent / name
    link.unlink(missing_ok=True)
    link.symlink_to(outside)
    done = podforge("check", path)
    assert done.returncode == 65
    assert "SECRET" not in done.stdout + done.stderr


def test_a_lexicon_in_xml_opens_no_other_file(tmp_path):
    secret = written(tmp_path / "secret", "SECRET")
    entity = f'<!DOCTYPE lexicon [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    lexeme = "<lexeme><grapheme>word</grapheme><alias>say &x;</alias></lexeme>"
    path = written(tmp_path / "l.pls", f"{entity}<lexicon alphabet='ipa'>{lexeme}</lexicon>")
    found = read_lexicon(path, Place(str(path)), Findings(str(path)))
    assert "SECRET" not in str(found)


def test_nothing_is_written_outside_the_output_and_the_store(tmp_path):
    title = "../../../../escaped/../x"
    path = written(tmp_path / "in" / "s.md", FRONT + f"# {title}\n\n{LINE}\n# /etc/y\n\n{LINE}")
    before = set(tmp_path.rglob("*"))
    done = podforge("render", path, "-o", f"{tmp_path}/out/", "--split", "chapters",
                    "--format", "wav", "--cache", tmp_path / "store")  # fmt: skip
    assert done.returncode == 0, done.stderr
    new = {file.relative_to(tmp_path).parts[0] for file in set(tmp_path.rglob("*")) - before}
    assert new == {"out", "store"}
    names = (tmp_path / "out" / "s.m3u").read_text().splitlines()
    assert all("/" not in name for name in names if not name.startswith("#"))


def test_an_output_that_is_a_link_is_replaced_and_what_it_points_to_stays(tmp_path):
    target, link = written(tmp_path / "target", "mine"), tmp_path / "o.wav"
    link.symlink_to(target)
    assert podforge("render", written(tmp_path / "s.md", FRONT + LINE), "-o", link).returncode == 0
    assert target.read_text() == "mine"
    assert not link.is_symlink()


# --- too much of something -----------------------------------------------------------------

MANY = {
    "line.md": FRONT + "**Mara:** " + "blah " * 100_000,
    "word.md": FRONT + "**Mara:** " + "a" * 500_000,
    "speakers.md": "".join(f"**N{n}:** Hi.\n\n" for n in range(3_000)),
    "chapters.md": FRONT + f"# C\n\n{LINE}\n" * 3_000,
    "quotes.md": FRONT + LINE + "\n" + ">" * 20_000 + " x\n",
    "lists.md": FRONT + LINE + "\n" + "".join(" " * 2 * n + "- x\n" for n in range(300)),
    "brackets.md": FRONT + "**Mara:** " + "[" * 20_000 + "]" * 20_000,
    "emphasis.md": FRONT + "**Mara:** " + "*a_" * 20_000,
    "comments.md": FRONT + LINE + "<!--" * 20_000,
    "deep.yaml": "a: " + "[" * 100_000,
    "deep.json": "[" * 100_000,
    "deep.md": "+++\na=" + "[" * 30_000 + "\n+++\n" + LINE,
    "labels.txt": "A: " * 50_000,
    "cues.vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<v A>" * 20_000,
    "persons.fountain": "".join(f"BOB{n}\n(x)\nHi.\n\n" for n in range(2_000)),
}


@pytest.mark.parametrize("name", MANY)
def test_much_of_anything_is_read_or_refused_in_good_time(name, tmp_path):
    path, began = written(tmp_path / name, MANY[name]), time.process_time()
    with suppress(InputError):
        read(path, Asked())
    assert time.process_time() - began < 5


def test_a_script_of_more_than_64_mb_is_not_read(tmp_path):
    with (tmp_path / "s.md").open("wb") as file:
        file.truncate(70 * 2**20)
    began = time.process_time()
    done = podforge("check", tmp_path / "s.md")
    assert (done.returncode, time.process_time() - began < 2) == (65, True)


REFUSED = {
    "yaml": ("speakers: {Mara: mara}", "speakers: &a {Mara: mara, x: *a}"),
    "cue": (LINE, LINE + "\n[sfx: ../secret.wav]\n"),
    "cover": ("---\nspeakers", "---\ncover: /etc/passwd\nspeakers"),
    "deep": (FRONT, "+++\na=" + "[" * 30_000 + "\n+++\n"),
}


def test_what_is_refused_leaves_the_store_and_the_old_output_as_they_were(tmp_path):
    (tmp_path / "secret.wav").write_bytes(to_wav(sine(440, -20, 1.0, 24_000), 24_000))
    path, store = written(tmp_path / "show" / "s.md", FRONT + LINE), tmp_path / "store"
    command = ("render", path, "-o", f"{tmp_path}/out/", "--format", "wav", "--cache", store)

    def kept():
        folders = (tmp_path / "out", store / "records", store / "blobs")
        files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
        return {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in files}

    assert podforge(*command).returncode == 0
    before = kept()
    assert len(before) > 8
    for what, (old, new) in REFUSED.items():
        path.write_text((FRONT + LINE).replace(old, new))
        done = podforge(*command)
        assert (done.returncode, f"{path}:" in done.stderr) == (65, True), what
        assert kept() == before, what


def test_a_picture_that_unpacks_to_gigabytes_is_no_cover(tmp_path):
    def chunk(kind, data):
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(8 * 2**20), 9)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels)
    (tmp_path / "c.png").write_bytes(data + chunk(b"IEND", b""))
    path = written(tmp_path / "s.md", FRONT.replace("---\n", "---\ncover: c.png\n", 1) + LINE)
    done = podforge("check", path)
    assert (done.returncode, "wider or higher" in done.stdout) == (65, True)


def test_a_sound_that_lies_about_its_length_is_as_long_as_it_is(tmp_path):
    data = bytearray(to_wav(sine(440, -20, 1.0, 24_000), 24_000))
    struct.pack_into("<I", data, data.index(b"data") + 4, 0x7FFFFFF0)
    (tmp_path / "m.wav").write_bytes(data)
    path = written(tmp_path / "s.md", FRONT + LINE + "\n[sfx: m.wav]\n")
    done = podforge("render", path, "-o", tmp_path / "o.wav")
    assert done.returncode == 0, done.stderr
    assert File(tmp_path / "o.wav").info.length < 10


# --- anything at all -----------------------------------------------------------------------

PIECES = st.sampled_from([
    "---\n", "+++\n", "speakers:", " {Mara: mara}", "\n", "\n\n", "**Mara:**", "[", "]", "(", ")",
    "{", "}", "<", ">", "<!--", "-->", "`", "~~~", "*", "_", "# ", "- ", "1. ", "| a |", "&amp;",
    ": ", "'", '"', "\\", "\t", "\r", "\u2028", "\ufeff", "\x00", "\x85", "00:01 --> 00:02",
    "WEBVTT\n\n", "<v Ana>", "INT. HOUSE", "ANA\n", "&x", "*x", "!!a", "- &a [*a]", "1\n", "é",
    "[music: x.mp3]", "[pause 9e999s]", "title: ", '{"segments":', "null", "1e999", "=", "0x1",
])  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=40).map("".join)
BYTES = TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(max_size=200)
ANYTHING = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SUFFIXES = sorted(set(READERS) - {".epub", "", ".markdown", ".yml", ".spmd"})


def only_our_own_errors(act):
    began = time.process_time()
    with suppress(InputError):
        act()
    assert time.process_time() - began < 2


@pytest.mark.parametrize("suffix", SUFFIXES)
@ANYTHING
@given(data=BYTES)
def test_any_script_is_read_or_refused(suffix, data, tmp_path):
    path = tmp_path / f"s{suffix}"
    path.write_bytes(data)
    only_our_own_errors(lambda: read(path, Asked()))


@ANYTHING
@given(data=BYTES)
def test_any_voice_project_and_lexicon_file_is_read_or_refused(data, tmp_path):
    folder = tmp_path / "ann"
    folder.mkdir(exist_ok=True)
    for name in ("voice.yaml", "podforge.yaml", "l.yaml", "l.pls"):
        (folder / name).write_bytes(data)
    only_our_own_errors(lambda: read_voice(folder))
    only_our_own_errors(lambda: read_config(folder))
    for name in ("l.yaml", "l.pls"):
        only_our_own_errors(lambda name=name: _lexicon(folder / name))


def _lexicon(path):
    read_lexicon(path, Place(str(path)), Findings(str(path)))


def small_epub():
    file, names = io.BytesIO(), "urn:oasis:names:tc:opendocument:xmlns:container"
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>T</dc:title></metadata><manifest>'
        '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="a"/></spine></package>'
    )
    with zipfile.ZipFile(file, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr(
            "META-INF/container.xml",
            f'<container xmlns="{names}"><rootfiles><rootfile full-path="p.opf" '
            'media-type="application/oebps-package+xml"/></rootfiles></container>',
        )
        book.writestr("p.opf", package)
        book.writestr("a.xhtml", "<html><body><h1>One</h1><p>Hello there.</p></body></html>")
        book.writestr("../evil.txt", "x")
    return file.getvalue()


EPUB = small_epub()


@ANYTHING
@given(changes=st.lists(st.tuples(st.integers(0, len(EPUB) - 1), st.integers(0, 255)), max_size=12))
def test_any_book_is_read_or_refused(changes, tmp_path):
    data = bytearray(EPUB)
    for at, value in changes:
        data[at] = value
    (tmp_path / "b.epub").write_bytes(data)
    only_our_own_errors(lambda: read(tmp_path / "b.epub", Asked()))
    assert {path.name for path in tmp_path.iterdir()} == {"b.epub"}


@ANYTHING
@given(data=st.binary(max_size=80), at=st.integers(0, 300), whole=st.booleans())
def test_any_record_is_sound_or_none(data, at, whole, tmp_path):
    store = Store(tmp_path / "store")
    kept = store.keep("clip", "ab" * 32, {"rate": 1}, b"sound")
    (path,) = (tmp_path / "store" / "records").rglob("*.json")
    before = path.read_bytes()
    path.write_bytes(data if whole else before[:at] + data + before[at + len(data) :])
    assert store.find("clip", "ab" * 32) in (None, kept)


# --- whose voice it is, and that it is none ------------------------------------------------


def test_a_recording_without_consent_is_refused(tmp_path):
    missing = "consent: {owner: Ann Wu, kind: written}\n"
    for consent in ("", missing, f"consent: {{{FULL}, allowed_uses: }}\n"):
        done = podforge("render", voice(tmp_path, consent), "-o", tmp_path / "o.wav")
        assert done.returncode == 65
        assert "consent" in done.stderr
        assert not (tmp_path / "o.wav").exists()


@pytest.mark.parametrize(
    ("uses", "front", "allowed"),
    [
        ("any", "", True),
        ("[audiobook]", "", False),
        ("[audiobook]", "mode: audiobook\n", True),
        ("[podcast, audiobook]", "", True),
        ("[The Lamp Room]", "show: the lamp room\n", True),
        ("[The Lamp Room]", "show: The Lamp Shop\n", False),
        ("[]", "", False),
        ("[podcast, [x]]", "", False),
    ],
)
def test_what_the_owner_allows_is_kept(uses, front, allowed, tmp_path):
    path = voice(tmp_path, f"consent: {{{FULL}, allowed_uses: {uses}}}\n")
    path.write_text(path.read_text().replace("---\n", f"---\n{front}", 1))
    done = podforge("check", path)
    assert done.returncode == (0 if allowed else 65), done.stdout


def test_the_report_says_whose_voice_it_was_and_of_which_recording(tmp_path):
    path = voice(tmp_path, f"consent: {{{FULL}, allowed_uses: [podcast]}}\n")
    assert podforge("render", path, "-o", tmp_path / "o.wav").returncode == 0
    (ann,) = json.loads((tmp_path / "o.report.json").read_text())["speakers"]
    assert ann["consent"] == "written: Ann Wu, 2026-01-31"
    assert ann["allowed_uses"] == "podcast"
    assert len(ann["recording"]) == 64


def comments(path):
    """What a file's comment says, read by another hand."""
    tags = File(path).tags
    if isinstance(tags, ID3):
        return [frame.text[0] for frame in tags.getall("COMM")]
    return tags.get("\xa9cmt" if isinstance(tags, MP4Tags) else "comment") or []


@pytest.mark.parametrize(
    ("front", "formats", "says"),
    [
        ("", "mp3,m4b,m4a,opus,flac,wav", [DISCLOSURE]),
        ("disclosure: Voces sintéticas.\n", "wav", ["Voces sintéticas."]),
        ("disclosure: off\n", "m4b,wav", []),
    ],
)
def test_each_format_says_that_it_is_synthetic_unless_told_not_to(front, formats, says, tmp_path):
    path = written(tmp_path / "s.md", FRONT.replace("---\n", f"---\n{front}", 1) + LINE)
    done = podforge("render", path, "-o", f"{tmp_path}/out/", "--format", formats)
    assert done.returncode == 0, done.stderr
    for name in formats.split(","):
        assert comments(tmp_path / "out" / f"s.{name}") == says
    report = json.loads((tmp_path / "out" / "s.report.json").read_text())
    assert report["disclosure"] == "".join(says)
    told = "will not say that their speech is synthetic"
    assert (told in done.stderr, any(told in w["text"] for w in report["warnings"])) == (
        (not says,) * 2
    )


@pytest.mark.parametrize("words", ['"\\e"', '"\\u202e"', "[a, b]"])
def test_a_disclosure_that_says_nothing_is_an_error(words, tmp_path):
    text = FRONT.replace("---\n", f"---\ndisclosure: {words}\n", 1) + LINE
    assert podforge("check", written(tmp_path / "s.md", text)).returncode == 65
