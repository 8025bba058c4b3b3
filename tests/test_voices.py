"""Voices are found by exact name, checked with places, and never replaced by another."""

import math
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from podforge.cast import Cast
from podforge.engines import find_engine
from podforge.engines.espeak.engine import EspeakEngine
from podforge.errors import InputError, MissingInput, Place, UsageError
from podforge.plan import Utterance
from podforge.project import Engines
from podforge.script import Header, Role, Script
from podforge.voices import VoiceBook, open_voices, shipped_voices
from podforge.voices.book import make_voice
from tests.builders import say, script_of

PRESETS = ("ada", "iris", "jonah", "mara", "nell", "okafor", "tobias", "walter")
GOOD = "language: en-GB\nengines:\n  espeak: {voice: gmw/en, pitch: 40}\n"
CONSENT = "consent: {owner: Me, kind: self, date: 2026-01-31, allowed_uses: any}\n"


def add_voice(folder: Path, name: str, text: str = GOOD) -> Path:
    (folder / name).mkdir(parents=True)
    (folder / name / "voice.yaml").write_text(text, "utf-8")
    return folder / name


def script_for(*speakers: str, roles: tuple[Role, ...] = (), engine: str = "") -> Script:
    lines = [say(name, "Hello.", number + 1) for number, name in enumerate(speakers)]
    return script_of(*lines, header=Header(roles=roles, engine=engine))


def cast(book: VoiceBook, script: Script, engine: str = "espeak") -> Cast:
    engines = Engines(Place("s.md"))
    return book.cast(script, engine, lambda names: engines.use(names, None), find_engine)


def problems(error: InputError) -> list[str]:
    return [str(problem) for problem in error.problems]


def test_the_presets_are_complete_and_named() -> None:
    book = open_voices(shipped_voices())
    assert book.names() == PRESETS
    for name in PRESETS:
        voice = book.find(name)
        assert voice.language in ("en-GB", "en-US")
        assert voice.description.endswith(".")
        assert voice.consent
        assert voice.consent.kind == "synthetic"
        make_voice(voice, find_engine("espeak"))
        make_voice(voice, find_engine("espeak-window"))


def median_pitch(sound: NDArray[np.float32], rate: int) -> float:
    """By autocorrelation in frames of 40 ms that are loud and periodic; Hz."""
    size, found = rate // 25, []
    for at in range(0, len(sound) - size, size // 2):
        frame = sound[at : at + size] * np.hanning(size)
        power = np.abs(np.fft.rfft(frame, 4 * size)) ** 2
        likeness = np.fft.irfft(power)[:size]
        if likeness[0] < 0.4:
            continue
        lags = slice(rate // 400, rate // 60)
        best = lags.start + int(likeness[lags].argmax())
        if likeness[best] > 0.5 * likeness[0]:
            found.append(rate / best)
    return float(np.median(found))


def centroid(sound: NDArray[np.float32], rate: int) -> float:
    """Mean frequency of the power spectrum, Hz."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float((power * np.fft.rfftfreq(len(sound), 1 / rate)).sum() / power.sum())


def test_no_two_presets_sound_alike() -> None:
    """A listener tells voices apart from about two semitones of pitch, or by timbre."""
    book, engine, heard = open_voices(shipped_voices()), EspeakEngine(), {}
    text = "The old bakery opens its door before the morning train, and we all know why."
    said = Utterance("S", 0, text, "en", "", 0, 0, Place("s.md", 1, 1))
    for name in book.names():
        sound, _ = engine.say(said, make_voice(book.find(name), find_engine("espeak")))
        assert np.abs(sound).max() < 0.99, f"{name} clips"
        heard[name] = median_pitch(sound, 22_050), centroid(sound, 22_050), len(sound) / 22_050
    engine.close()
    for one, other in combinations(heard, 2):
        pitch, colour, pace = (
            abs(math.log2(a / b)) for a, b in zip(heard[one], heard[other], strict=True)
        )
        assert 12 * pitch > 1.8, (one, other, heard[one], heard[other])
        assert 12 * pitch + 6 * colour + 6 * pace > 3, (one, other)
    assert min(heard, key=lambda name: heard[name][0]) == "walter"


def test_a_speaker_without_a_role_gets_the_voice_called_like_it() -> None:
    book = open_voices(shipped_voices())
    made = cast(book, script_for("Mara", "TOBIAS", "Mara"))
    assert {name: part.voice.name for name, part in made.parts.items()} == {
        "Mara": "mara", "TOBIAS": "tobias",
    }  # fmt: skip
    assert made.parts["Mara"].engine == "espeak"
    assert made.parts["Mara"].voice.language == "en-GB"
    assert made.engines["espeak"].model.startswith("espeak-ng")
    assert [Path(source).parent.name for source in made.sources] == ["mara", "tobias"]


def test_a_role_names_its_voice_engine_language_gain_and_style() -> None:
    role = Role("Host", "nell", engine="tone", language="fr", gain_db=-3, style="softly")
    made = cast(open_voices(shipped_voices()), script_for("Host", "Ada", roles=(role,)))
    part = made.parts["Host"]
    assert (part.voice.name, part.engine, part.voice.language) == ("nell", "tone", "fr")
    assert (part.gain_db, part.style) == (-3, "softly")
    assert set(made.engines) == {"tone", "espeak"}


def test_the_engine_is_the_roles_else_the_scripts_else_the_default() -> None:
    roles = (Role("Mara", "mara", engine="espeak-window"), Role("Ada", "ada"))
    book = open_voices(shipped_voices())
    made = cast(book, script_for("Mara", "Ada", roles=roles, engine="tone"), "espeak")
    assert [made.parts[name].engine for name in ("Mara", "Ada")] == ["espeak-window", "tone"]
    assert cast(book, script_for("Ada"), "tone").parts["Ada"].engine == "tone"
    with pytest.raises(UsageError, match='no engine called "espaek"'):
        cast(book, script_for("Ada"), "espaek")


def test_all_unknown_voices_are_reported_together_and_none_is_replaced() -> None:
    role = Role("Host", "marra", place=Place("s.md", 3, 5))
    with pytest.raises(InputError) as caught:
        cast(open_voices(shipped_voices()), script_for("Host", "Mara", "Zed", roles=(role,)))
    first, second = problems(caught.value)
    assert first == 's.md:3:5: error: there is no voice called "marra" (did you mean "mara"?)'
    assert second.startswith('s.md:3:1: error: there is no voice called "zed" (there are ada, ')


@pytest.mark.parametrize("name", ["../mara", "/etc", "Mara", "mara/", "", ".", "m\x00"])
def test_a_name_never_becomes_another_path(name: str) -> None:
    with pytest.raises(InputError, match="no voice called"):
        open_voices(shipped_voices()).find(name)


def test_earlier_folders_hide_later_ones(tmp_path: Path) -> None:
    add_voice(tmp_path, "mara", GOOD.replace("en-GB", "en-ZA"))
    book = open_voices(tmp_path, shipped_voices())
    assert book.find("mara").language == "en-ZA"
    assert book.find("ada").language == "en-US"
    assert book.names() == PRESETS


def test_a_missing_voices_folder_is_missing_input(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="no voices folder"):
        open_voices(tmp_path / "none")


def test_a_folder_without_its_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "mara").mkdir()
    with pytest.raises(InputError, match=r"mara: error: the voice folder has no voice\.yaml"):
        open_voices(tmp_path, shipped_voices()).find("mara")


def test_files_and_odd_folders_are_not_voices(tmp_path: Path) -> None:
    for name in ("__pycache__", ".git", "Two Words"):
        (tmp_path / name).mkdir()
    (tmp_path / "readme").write_text("x")
    assert open_voices(tmp_path).names() == ()


def test_identity_follows_the_sound_and_not_the_name(tmp_path: Path) -> None:
    add_voice(tmp_path, "one")
    add_voice(tmp_path, "two", "description: Other words.\n" + CONSENT + GOOD)
    add_voice(tmp_path, "three", GOOD.replace("pitch: 40", "pitch: '40', range: 50"))
    add_voice(tmp_path, "four", GOOD.replace("pitch: 40", "pitch: 41"))
    book, espeak = open_voices(tmp_path), find_engine("espeak")
    one, two, three, four = (
        make_voice(book.find(name), espeak).identity for name in ("one", "two", "three", "four")
    )
    assert one == two == three != four


def test_tone_tells_voices_apart_that_have_no_settings_for_it() -> None:
    book, tone = open_voices(shipped_voices()), find_engine("tone")
    identities = {make_voice(book.find(name), tone).identity for name in PRESETS}
    assert len(identities) == len(PRESETS)


def test_a_reference_is_the_identity_and_a_source(tmp_path: Path) -> None:
    text = GOOD + CONSENT + "reference: clip.wav\n"
    for name, sound in (("one", b"RIFF1"), ("two", b"RIFF1"), ("three", b"RIFF2")):
        (add_voice(tmp_path, name, text) / "clip.wav").write_bytes(sound)
    made = cast(open_voices(tmp_path), script_for("one", "two", "three"), "fake-clone")
    voices = [made.parts[name].voice for name in ("one", "two", "three")]
    assert voices[0].identity == voices[1].identity != voices[2].identity
    assert voices[0].reference == str(tmp_path / "one" / "clip.wav")
    assert voices[0].reference in made.sources


def test_a_recording_that_the_engine_does_not_hear_changes_nothing(tmp_path: Path) -> None:
    """A line that was paid for stays, whatever the voice sounds like on other engines."""
    add_voice(tmp_path, "bare", GOOD + CONSENT)
    for name, sound in (("one", b"RIFF1"), ("two", b"RIFF2")):
        text = GOOD + "  openai: {voice: alloy}\n  qwen3-tts: {voice: kept}\n"
        place = add_voice(tmp_path, name, text + CONSENT + "reference: clip.wav\n")
        (place / "clip.wav").write_bytes(sound)
    book = open_voices(tmp_path)

    def identity(name: str, engine: str) -> str:
        return make_voice(book.find(name), find_engine(engine)).identity

    assert identity("bare", "espeak") == identity("one", "espeak") == identity("two", "espeak")
    assert identity("one", "openai") == identity("two", "openai")
    assert identity("one", "qwen3-tts") == identity("two", "qwen3-tts"), "the server knows it"
    assert identity("one", "vibevoice") != identity("two", "vibevoice")
    assert identity("one", "tone") != identity("two", "tone"), "nothing else tells them apart"
    made = cast(book, script_for("one"))
    assert made.sources == (str(tmp_path / "one" / "voice.yaml"),)


def test_a_voice_without_settings_for_the_engine_is_refused(tmp_path: Path) -> None:
    add_voice(tmp_path, "mara", "language: en\nengines: {kokoro: {voice: af}}\n")
    with pytest.raises(InputError, match=r'no settings for the engine "espeak-window".*espeak:'):
        cast(open_voices(tmp_path), script_for("Mara"), "espeak-window")


WRONG = [
    ("", "1:1", "a voice is a map"),
    ("- a\n", "1:1", "a voice is a map"),
    ("language: en\nengine: {}\n", "2:1", '"engine" is one name (did you mean "engines"?)'),
    ("description: x\n", "1:1", '"language" is missing'),
    ("language: British\n", "1:1", "not a language tag"),
    ("language: [en]\n", "1:1", "must be a text"),
    ("name: mary\nlanguage: en\n", "1:1", 'the name is "mary"'),
    ("language: en\nlanguage: de\n", "2:1", "again"),
    ("language: en\nengines: espeak\n", "2:1", "engines is a map"),
    ("language: en\nengines:\n  espeak: gmw/en\n", "3:3", "the settings for espeak are a map"),
    ("language: en\nreference: none.wav\n" + CONSENT, "2:1", 'no file "none.wav"'),
    ("language: en\nreference: ../mara.wav\n" + CONSENT, "2:1", "the voice's own folder"),
    ("language: en\nreference: voice.yaml\n", "2:1", 'needs "consent:" with owner'),
    ("language: en\nconsent: yes\n", "2:1", "consent is a map"),
    (
        "language: en\n" + CONSENT.replace("kind: self", "kind: writen"),
        "2:22", 'did you mean "written"?',
    ),
    ("language: en\n" + CONSENT.replace("2026-01-31", "31.1.2026"), "2:34", "not a date"),
    ("language: en\n" + CONSENT.replace("owner: Me, ", ""), "2:10", '"owner" is missing'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "says"), WRONG)
def test_a_wrong_voice_file_says_where_and_why(
    tmp_path: Path, text: str, where: str, says: str
) -> None:
    folder = add_voice(tmp_path, "mara", text)
    with pytest.raises(InputError) as caught:
        open_voices(tmp_path).find("mara")
    assert any(
        problem.startswith(f"{folder / 'voice.yaml'}:{where}: error: ") and says in problem
        for problem in problems(caught.value)
    ), problems(caught.value)


def test_wrong_engine_settings_are_reported_where_they_stand(tmp_path: Path) -> None:
    folder = add_voice(tmp_path, "mara", GOOD.replace("pitch: 40", "pitch: 400"))
    with pytest.raises(InputError) as caught:
        cast(open_voices(tmp_path), script_for("Mara"))
    [problem] = problems(caught.value)
    assert problem.startswith(f"{folder / 'voice.yaml'}:3:3: error: espeak")
    assert "between 0 and 99" in problem


def test_several_problems_of_one_file_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    add_voice(tmp_path, "mara", "reference: x.wav\nlanguage: ???\nvolume: 3\n")
    with pytest.raises(InputError) as caught:
        open_voices(tmp_path).find("mara")
    assert [problem.place.line for problem in caught.value.problems] == [1, 1, 2, 3]


def test_voice_files_that_are_not_text_or_too_large(tmp_path: Path) -> None:
    (add_voice(tmp_path, "one") / "voice.yaml").write_bytes(b"language: \xff")
    (add_voice(tmp_path, "two") / "voice.yaml").write_bytes(b"# " + b"x" * 70_000)
    book = open_voices(tmp_path)
    with pytest.raises(InputError, match="not UTF-8 at byte 10"):
        book.find("one")
    with pytest.raises(InputError, match="more than 64 KiB"):
        book.find("two")
