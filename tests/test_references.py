"""Recordings become voices: the best of them is taken, and what is wrong with one is said."""

import os
import stat
import subprocess
from pathlib import Path

import numpy as np
import pytest

from podforge.errors import InputError, MissingInput, Place, StorageError, UsageError
from podforge.media import encode, ffmpeg_path, read_clip
from podforge.pcm import from_wav, to_wav
from podforge.signal import resample
from podforge.units import to_decibels
from podforge.voices import open_voices
from podforge.voices.adding import NewVoice, add_voice, consent_of
from podforge.voices.files import KINDS, Consent
from podforge.voices.listening import RATE
from podforge.voices.reference import choose
from podforge.voices.writing import put
from tests.in_process import podforge
from tests.sounds import WHOLE, sine, speech

MINE = Consent("Ana", "self", "2026-01-31", "any")
SPEECH = speech(20, RATE, 1)
LOUD = float(np.sqrt(np.mean(SPEECH[np.abs(SPEECH) > 0.01] ** 2)))


def silence(seconds, rate=RATE):
    return np.zeros(int(seconds * rate), np.float32)


def hiss(seconds, below_db=0.0):
    level = LOUD * 10 ** (-below_db / 20)
    return np.random.default_rng(7).normal(0, level, int(seconds * RATE)).astype(np.float32)


def chord(seconds, below_db=0.0):
    x = sum(sine(hertz, 0, seconds, RATE) for hertz in (220, 277, 330, 440))
    return (x / x.std() * LOUD * 10 ** (-below_db / 20)).astype(np.float32)


def chosen(sound, rate=RATE):
    recording = sound.astype(np.float32)
    return choose(recording if recording.ndim == 2 else recording[:, None], rate, Place("c.wav"))


def warned(sound, rate=RATE):
    return " / ".join(chosen(sound, rate).warnings)


def wav(path, sound, rate=RATE):
    path.write_bytes(to_wav(sound, rate))
    return path


def added(folder, clip, name="ana", **more):
    new = NewVoice(name, clip, folder / "voices", MINE, **more)
    choice = add_voice(new)
    return choice, from_wav((new.folder / "reference.wav").read_bytes())


def speech_db(sound):
    power = np.mean(sound[: len(sound) // 240 * 240].reshape(-1, 240).astype(float) ** 2, axis=1)
    return 10 * np.log10(power[power > power.max() / 1000].mean())


# --- what is chosen -------------------------------------------------------------------------


def test_good_speech_is_taken_whole_trimmed_and_without_a_word():
    choice = chosen(np.concatenate([silence(3), SPEECH, silence(4)]))
    assert choice.warnings == ()
    assert choice.steps == ()
    assert choice.start == pytest.approx(3, abs=0.3)
    assert choice.end == pytest.approx(23, abs=0.5)


@pytest.mark.parametrize("gain_db", [-25, 0, 8])
def test_every_reference_has_the_same_level_and_does_not_clip(gain_db, tmp_path):
    sound = SPEECH * 10 ** (gain_db / 20)
    assert np.abs(sound).max() < 1
    _, (heard, rate) = added(tmp_path, wav(tmp_path / "c.wav", sound))
    assert rate == RATE
    assert speech_db(heard) == pytest.approx(-25, abs=2)
    assert np.abs(heard).max() < 0.9


def test_peaks_are_kept_below_full_scale_at_the_cost_of_level(tmp_path):
    spiky = SPEECH * 0.1
    for at in range(RATE, len(spiky), RATE):  # a click each second, 40 dB above the speech
        spiky[at : at + 3] = (0.5, 0.9, 0.5)
    _, (heard, _) = added(tmp_path, wav(tmp_path / "c.wav", spiky))
    assert to_decibels(np.abs(heard).max()) == pytest.approx(-1, abs=0.2)


def test_of_five_minutes_the_stretch_with_the_least_noise_is_taken_and_cut_in_pauses():
    sound = np.concatenate([*[speech(25, RATE, 2)] * 10, speech(50, RATE, 3)])
    sound[: -40 * RATE] += hiss(5 * 60 - 40, 15)
    choice = chosen(sound)
    assert 10 <= choice.seconds <= 30
    assert choice.start >= 5 * 60 - 41
    (step,) = choice.steps
    assert step.startswith("took 4:")
    assert "of 5:00, the best stretch" in step
    assert choice.warnings == ()
    for edge in (choice.start, choice.end):
        at = round(edge * RATE)
        assert np.abs(sound[at - 240 : at + 240]).max() < 0.1 * np.abs(sound).max()


def test_music_before_the_speech_is_left_out():
    sound = np.concatenate([chord(25), silence(0.5), speech(25, RATE, 4)])
    choice = chosen(sound)
    assert choice.start >= 25
    assert choice.warnings == ()


def test_music_with_rests_before_the_speech_is_left_out():
    notes = [np.concatenate([chord(1.2), silence(0.3)]) for _ in range(16)]
    choice = chosen(np.concatenate([*notes, speech(25, RATE, 4)]))
    assert choice.start >= 23.5


def test_cuts_are_made_in_pauses_and_not_inside_words():
    word = np.concatenate([hiss(0.3), silence(0.1)])
    phrase = np.concatenate([*[word] * 18, silence(0.4)])  # 7.6 s
    choice = chosen(np.concatenate([phrase] * 10))
    for edge in (choice.start + 0.1, choice.end - 0.1):
        assert min(edge % 7.6, 7.6 - edge % 7.6, abs(edge % 7.6 - 7.1)) < 0.1


def test_somebody_who_never_draws_breath_is_cut_at_a_quiet_moment():
    rng = np.random.default_rng(1)
    syllables = np.abs(np.sin(2 * np.pi * 3 * np.arange(60 * RATE) / RATE)) + 0.05
    choice = chosen(rng.normal(0, 0.1, 60 * RATE) * syllables)
    assert 10 <= choice.seconds <= 30


# --- what is said ---------------------------------------------------------------------------

REFUSED = {
    "silent": (silence(12), "is silent"),
    "next to silent": (SPEECH * 1e-3, "is silent"),
    "empty of speech after a click": (
        np.concatenate([silence(5), np.full(9, 0.5, np.float32), silence(5)]), "is silent"),
    "half a second": (SPEECH[int(0.5 * RATE) : RATE], r"only 0\.\d s of speech; give at least 3 s"),
    "two seconds in twenty": (
        np.concatenate([silence(9), SPEECH[RATE : 3 * RATE], silence(9)]), "only [12].. s of sp"),
    "noise": (hiss(20), "holds noise and no clear speech"),
    "a chord": (chord(20), "holds music or a tone and no clear speech"),
    "one sample": (np.full(1, 0.5, np.float32), "no clear speech|of speech"),
    "NaN": (np.full(RATE, np.nan, np.float32), "NaN"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_a_recording_that_makes_no_voice_is_refused(what):
    sound, says = REFUSED[what]
    with pytest.raises(InputError, match=says) as caught:
        chosen(sound)
    assert str(caught.value).startswith("c.wav: error: ")


def test_a_short_recording_is_a_warning():
    assert "a voice is steadier from 10 to 30 s" in warned(SPEECH[: 7 * RATE])
    assert warned(SPEECH[: 13 * RATE]) == ""


@pytest.mark.parametrize("over", [1.5, 2, 5])
def test_clipping_is_heard_whatever_its_level(over):
    peak = np.abs(SPEECH).max()
    clipped = np.clip(SPEECH * over, -peak, peak)
    for sound in (clipped, 0.3 * clipped):
        assert "clipped in" in warned(sound)


def test_a_low_round_voice_is_not_taken_for_clipping():
    t = np.arange(20 * 48_000) / 48_000
    hum = 0.5 * np.sin(2 * np.pi * 90 * t) * np.clip(np.sin(2 * np.pi * t / 2.1) + 0.6, 0, 1)
    assert "clipped" not in warned(hum, 48_000)


def test_a_stretch_without_clipping_is_preferred():
    good, bad = speech(20, RATE, 1), 6 * speech(60, RATE, 2)
    choice = chosen(np.clip(np.concatenate([bad, good]), -0.5, 0.5))
    assert choice.start >= 59
    assert "clipped" not in " ".join(choice.warnings)


@pytest.mark.parametrize("below_db", [18, 12, 8])
def test_noise_is_heard(below_db):
    assert "noisy: only" in warned(SPEECH + hiss(20, below_db))


@pytest.mark.parametrize("below_db", [60, 45, 30])
def test_a_little_noise_is_none(below_db):
    assert warned(SPEECH + hiss(20, below_db)) == ""


@pytest.mark.parametrize("below_db", [20, 14, 9])
def test_music_under_speech_is_heard(below_db):
    assert "music or a steady tone" in warned(SPEECH + chord(20, below_db))


def test_a_telephone_is_heard_at_whatever_rate_it_was_written():
    narrow = resample(SPEECH, RATE, 8000)
    for rate in (8000, 44_100):
        assert "nothing above 3" in warned(resample(narrow, 8000, rate), rate).replace("4.0", "3.9")
    assert warned(resample(SPEECH, RATE, 16_000), 16_000) == ""


@pytest.mark.parametrize("seed", range(5))
def test_speech_is_none_of_these(seed):
    assert warned(speech(25, 44_100, seed), 44_100) == ""


# --- channels -------------------------------------------------------------------------------


def sides(left, right):
    return np.stack([left, right], axis=1)


def test_stereo_is_mixed_and_said():
    room = hiss(20, 30)
    choice = chosen(sides(SPEECH + room, 0.8 * SPEECH - room))
    assert choice.steps == ("stereo: mixed to mono",)
    assert np.abs(choice.sound - 0.9 * SPEECH).max() < 0.1 * np.abs(SPEECH).max()


def test_two_equal_sides_are_mono():
    assert chosen(sides(SPEECH, SPEECH)).steps == ()


def test_sides_out_of_phase_do_not_cancel():
    choice = chosen(sides(0.9 * SPEECH, -SPEECH))
    assert choice.steps == ("stereo, its sides out of phase: took the louder one",)
    assert np.abs(np.abs(choice.sound) - np.abs(SPEECH)).max() < 1e-6


def test_a_side_without_a_microphone_is_left_out():
    choice = chosen(sides(hiss(20, 40), SPEECH))
    assert choice.steps == ("stereo: took the side that is heard",)
    assert np.array_equal(choice.sound, SPEECH)


# --- files ----------------------------------------------------------------------------------


def test_a_file_keeps_its_rate_and_channels(tmp_path):
    both = sides(sine(440, -6, 1, 44_100), sine(660, -12, 1, 44_100))
    encode([both], tmp_path / "c.flac", 44_100, 2, WHOLE["flac"])
    sound, rate = read_clip(tmp_path / "c.flac")
    assert rate == 44_100
    assert np.abs(sound - both).max() < 1e-4


def test_the_same_clip_makes_the_same_bytes_under_any_name(tmp_path):
    clip = tmp_path / "a clip (1).mp3"
    encode([speech(45, 44_100, 1)[:, None]], clip, 44_100, 1, WHOLE["mp3"])
    for name in ("ana", "eva"):
        added(tmp_path, clip, name)
    one, other = (tmp_path / "voices" / name / "reference.wav" for name in ("ana", "eva"))
    assert one.read_bytes() == other.read_bytes()
    assert len(one.read_bytes()) > 10 * 2 * RATE


def test_a_truncated_file_gives_what_is_left_or_says_that_it_cannot_be_read(tmp_path):
    clip = tmp_path / "c.mp3"
    encode([SPEECH[:, None]], clip, RATE, 1, WHOLE["mp3"])
    data = clip.read_bytes()
    clip.write_bytes(data[: int(len(data) * 0.7)])
    choice, _ = added(tmp_path, clip)
    assert choice.seconds == pytest.approx(14, abs=1)
    clip.write_bytes(data[:200])
    with pytest.raises(InputError, match=r"c\.mp3: error: "):
        added(tmp_path, clip, "eva")


def test_the_sound_of_a_video_is_read(tmp_path):
    encode([SPEECH[:, None]], tmp_path / "c.wav", RATE, 1, WHOLE["wav"])
    video = tmp_path / "c.mkv"
    command = [ffmpeg_path(), "-v", "error", "-f", "lavfi", "-i", "color=s=32x32:d=20", "-i",
               tmp_path / "c.wav", "-shortest", "-c:v", "mpeg4", video]  # fmt: skip
    subprocess.run(command, check=True)
    choice, _ = added(tmp_path, video)
    assert choice.seconds > 15


def test_what_is_no_recording_is_named(tmp_path):
    (tmp_path / "text.wav").write_text("Good evening to all of you.\n" * 99)
    (tmp_path / "empty.wav").write_bytes(b"")
    wav(tmp_path / "bare.wav", silence(0))
    (tmp_path / "folder").mkdir()
    for name, error, says in [
        ("text.wav", InputError, r"text\.wav: error: cannot be read as audio"),
        ("empty.wav", InputError, r"empty\.wav: error: cannot be read as audio"),
        ("bare.wav", InputError, r"bare\.wav: error: (there is no sound|cannot be read)"),
        ("folder", InputError, "folder: error: not a regular file"),
        ("none.wav", MissingInput, r"none\.wav: there is no such file"),
    ]:
        with pytest.raises(error, match=says):
            added(tmp_path, tmp_path / name)
    assert not (tmp_path / "voices" / "ana").exists()


# --- the folder -----------------------------------------------------------------------------


def test_the_voice_can_be_read_and_says_what_was_stated(tmp_path):
    clip = wav(tmp_path / "c.wav", SPEECH)
    consent = consent_of('O\'Neill "Bo"\n: #x', "written", "2025-02-03", "", declared=False)
    add_voice(NewVoice("bo", clip, tmp_path / "v", consent, "en-IE", "Warm: a {voice}."))
    voice = open_voices(tmp_path / "v").find("bo")
    assert voice.consent
    assert voice.consent.owner == 'O\'Neill "Bo" : #x'
    assert (voice.consent.kind, voice.consent.date) == ("written", "2025-02-03")
    assert voice.consent.allowed_uses == "as agreed with the owner"
    assert (voice.language, voice.description) == ("en-IE", "Warm: a {voice}.")
    assert voice.engines == {}
    assert voice.reference == tmp_path / "v" / "bo" / "reference.wav"
    assert {path.name for path in (tmp_path / "v").iterdir()} == {"bo"}
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(voice.folder.stat().st_mode) == 0o777 & ~umask
    assert stat.S_IMODE(voice.reference.stat().st_mode) == 0o666 & ~umask


@pytest.mark.parametrize("name", ["../ana", "Ana", "a b", "", ".", "/tmp/ana", "-ana", "a/b"])
def test_a_name_is_checked_before_anything_is_done(name, tmp_path):
    with pytest.raises(UsageError, match="cannot be the name of a voice"):
        added(tmp_path, tmp_path / "none.wav", name)
    assert list(tmp_path.iterdir()) == []


def test_a_voice_that_is_there_is_replaced_only_on_command(tmp_path):
    clip = wav(tmp_path / "c.wav", SPEECH)
    added(tmp_path, clip)
    folder = tmp_path / "voices" / "ana"
    (folder / "raw.wav").write_bytes(b"the long original")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(UsageError, match=r'there is a voice "ana".*--force'):
        added(tmp_path, wav(tmp_path / "d.wav", speech(15, RATE, 5)))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    new = NewVoice("ana", tmp_path / "d.wav", tmp_path / "voices", MINE, "fr")
    add_voice(new, replace=True)
    assert open_voices(tmp_path / "voices").find("ana").language == "fr"
    assert (folder / "reference.wav").read_bytes() != before["reference.wav"]
    assert (folder / "raw.wav").read_bytes() == b"the long original"
    assert {path.name for path in folder.iterdir()} == {"raw.wav", "reference.wav", "voice.yaml"}


@pytest.mark.parametrize("call", ["rename", "replace", "fsync"])
def test_when_the_disk_fails_nothing_is_there(call, tmp_path, monkeypatch):
    clip = wav(tmp_path / "c.wav", SPEECH)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    owner = os if call == "fsync" else Path
    monkeypatch.setattr(owner, call, fail)
    with pytest.raises(StorageError, match="no space left"):
        added(tmp_path, clip)
    assert list((tmp_path / "voices").iterdir()) == []


def test_a_file_that_cannot_be_moved_into_place_leaves_no_draft(tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "x").write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(StorageError, match="no space left"):
        put(tmp_path / "x", b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "voices").mkdir(mode=0o555)
    with pytest.raises(StorageError, match=r"voices.*Permission denied"):
        added(tmp_path, wav(tmp_path / "c.wav", SPEECH))


def test_a_voices_folder_that_is_a_file_is_said(tmp_path):
    (tmp_path / "voices").write_text("x")
    with pytest.raises(StorageError, match="voices"):
        added(tmp_path, wav(tmp_path / "c.wav", SPEECH))


# --- consent --------------------------------------------------------------------------------


@pytest.mark.parametrize(("owner", "kind"), [("", ""), ("Mara", ""), ("", "written")])
def test_without_consent_there_is_no_voice(owner, kind):
    with pytest.raises(UsageError, match=r"--owner .* --consent written, or --i-have-rights"):
        consent_of(owner, kind, "", "", declared=False)


def test_the_short_form_is_ones_own_voice_today(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1750000000")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gitconfig").write_text("[user]\n name = Ana Writer\n")
    mine = consent_of("", "", "", "", declared=True)
    assert mine == Consent("Ana Writer", "self", "2025-06-15", "as declared with --i-have-rights")
    (tmp_path / "gitconfig").write_text("")
    monkeypatch.setenv("LOGNAME", "awriter")
    assert consent_of("", "", "", "", declared=True).owner == "awriter"


@pytest.mark.parametrize(
    ("kind", "day", "says"),
    [("writen", "", 'did you mean "written"'), ("written", "31.1.2026", "not a date")],
)
def test_consent_is_checked(kind, day, says):
    with pytest.raises(UsageError, match=says):
        consent_of("Ana", kind, day, "", declared=False)


# --- the command ----------------------------------------------------------------------------


def test_the_command_says_what_it_did_and_where_the_voice_is(tmp_path):
    clip = wav(tmp_path / "my clip.wav", speech(60, RATE, 1) + np.resize(hiss(10, 12), 60 * RATE))
    rights = ["--owner", "Ana", "--consent", "written", "--date", "2026-01-31"]
    done = podforge("voices", "add", "ana", clip.name, *rights, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "voices/ana\n"
    assert "my clip.wav: note: took 0:" in done.stderr
    assert "my clip.wav: warning: noisy: " in done.stderr
    shown = podforge("voices", "show", "ana", cwd=tmp_path).stdout
    assert "reference.wav, " in shown
    assert "written: Ana, 2026-01-31" in shown


def test_the_command_refuses_with_the_right_code_and_without_a_traceback(tmp_path):
    wav(tmp_path / "c.wav", silence(5))
    for arguments, code, says in [
        (["ana", "c.wav"], 2, "--i-have-rights"),
        (["../ana", "c.wav", "--i-have-rights"], 2, "cannot be the name"),
        (["ana", "c.wav", "--i-have-rights"], 65, "c.wav: error: is silent"),
        (["ana", "none.wav", "--i-have-rights"], 66, "no such file"),
        (["ana", "c.wav", "--i-have-rights", "--language", "British English"], 2, "language tag"),
    ]:
        done = podforge("voices", "add", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        assert says in done.stderr
        assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["c.wav"]


def test_help_names_every_kind_of_consent(tmp_path):
    said = podforge("voices", "add", "--help", cwd=tmp_path).stdout
    said = " ".join(said.split()).replace("- ", "-")
    assert all(kind in said for kind in KINDS)
