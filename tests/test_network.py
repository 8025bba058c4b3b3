"""What engines behind a network share: addresses, keys, patience, pace, the sound of replies."""

import io
import random
import struct
import threading
import time
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podforge.engines.base import Take
from podforge.engines.network.addresses import checked_address, host_of
from podforge.engines.network.gathering import Manners, gather
from podforge.engines.network.keys import key_of, need_of, without
from podforge.engines.network.pace import Pace
from podforge.engines.network.patience import Patience, patiently
from podforge.engines.network.sounds import samples_of
from podforge.engines.network.troubles import Kind, Trouble, of_status, seconds_asked
from podforge.errors import EngineError, SettingError, Unavailable
from podforge.plan import make_plan
from podforge.testing import Watching
from tests.builders import UTTERANCES, cast_of, say, script_of

AT_ONCE = Patience(first=0.0)


def jobs(count: int):
    script = script_of(*(say("Ana", f"Line {n}.", n + 1) for n in range(count)))
    return make_plan(script, cast_of(script, UTTERANCES)).jobs


def take(job):
    return Take(job.key, np.full(100, 0.1, np.float32), 100)


def gathered(count, call, watch=None, at_once=4):
    watch = watch or Watching()
    return gather(jobs(count), call, watch, Manners(at_once, Pace(0), AT_ONCE, "see the key"))


# --- what a status means


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, Kind.BUSY), (500, Kind.BUSY), (503, Kind.BUSY), (408, Kind.BUSY), (401, Kind.REFUSED),
     (403, Kind.REFUSED), (302, Kind.REFUSED), (400, Kind.WRONG), (404, Kind.REFUSED),
     (422, Kind.WRONG)],
)  # fmt: skip
def test_a_status_says_whether_another_try_helps(status, kind):
    assert of_status(status, "x").kind is kind


def test_what_a_server_says_is_kept_short_and_on_one_line():
    text = str(of_status(500, "a\n b " * 1000))
    assert text.startswith("HTTP 500: a b a b")
    assert len(text) < 330


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("Thu, 01 Jan 1970 00:01:40 GMT", 40.0), ("soon", 0.0), (None, 0.0),
     ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("-3", 0.0)],
)  # fmt: skip
def test_retry_after_is_a_number_or_a_date(header, seconds):
    assert seconds_asked(header, now=60.0) == seconds


# --- patience


def test_a_busy_server_is_asked_again_and_a_wrong_job_is_not():
    tries = []

    def call(troubles):
        tries.append(1)
        if troubles:
            raise troubles.pop(0)
        return "said"

    busy = Trouble(Kind.BUSY, "later")
    assert patiently(lambda: call([busy] * (3 - len(tries))), AT_ONCE, threading.Event()) == "said"
    assert len(tries) == 4
    tries.clear()
    with pytest.raises(Trouble, match="never"):
        patiently(lambda: call([Trouble(Kind.WRONG, "never")]), AT_ONCE, threading.Event())
    assert len(tries) == 1
    tries.clear()
    with pytest.raises(Trouble, match="later"):
        patiently(lambda: call([busy]), AT_ONCE, threading.Event())
    assert len(tries) == AT_ONCE.tries


def test_waits_grow_with_jitter_and_never_fall_below_what_was_asked():
    patience, dice = Patience(first=1.0, most=60.0), random.Random(1)
    for number in range(10):
        waits = [patience.wait(number, 5.0, dice) for _ in range(200)]
        limit = min(60.0, 2.0**number)
        assert 5.0 <= min(waits) < 5.0 + limit * 0.1
        assert 5.0 + limit * 0.9 < max(waits) <= 5.0 + limit


def test_a_wait_longer_than_anybody_would_ends_the_tries():
    tries = []

    def call():
        tries.append(1)
        raise Trouble(Kind.BUSY, "come back tomorrow", wait=86_400)

    with pytest.raises(Trouble, match="tomorrow"):
        patiently(call, Patience(), threading.Event())
    assert len(tries) == 1


def test_the_end_of_the_work_ends_a_wait():
    ended, tries = threading.Event(), []

    def call():
        tries.append(1)
        threading.Timer(0.05, ended.set).start()
        raise Trouble(Kind.BUSY, "later", wait=30)

    with pytest.raises(Trouble):
        patiently(call, Patience(), ended)
    assert len(tries) == 1


# --- pace


def test_requests_are_spread_evenly_over_the_minute():
    now = [100.0]
    pace = Pace(30, now=lambda: now[0])
    assert [pace.turn() for _ in range(3)] == [0.0, 2.0, 4.0]
    now[0] += 5.0
    assert pace.turn() == 1.0
    now[0] += 60.0
    assert pace.turn() == 0.0
    assert [Pace(0).turn() for _ in range(9)] == [0.0] * 9


# --- gathering


def test_takes_come_as_they_finish_and_no_more_than_allowed_are_out():
    out, most, turn = [0], [0], threading.Lock()
    first = threading.Event()

    def call(job):
        with turn:
            out[0] += 1
            most[0] = max(most[0], out[0])
        if job.place.line == 1:
            assert first.wait(10)
        with turn:
            out[0] -= 1
        return take(job)

    wanted, found = {job.key for job in jobs(12)}, []
    for each in gathered(12, call, at_once=3):
        found.append(each.key)
        if len(found) == 11:
            first.set()
    assert set(found) == wanted
    assert found[-1] == jobs(12)[0].key
    assert 2 <= most[0] <= 3


def test_what_was_finished_comes_before_the_error_of_another_job():
    def call(job):
        if job.place.line == 2:
            raise Trouble(Kind.WRONG, "HTTP 422: no")
        return take(job)

    found = []
    with pytest.raises(EngineError, match=r":2.*422"):
        found.extend(gathered(8, call))
    assert len(found) == 7


def test_a_refused_key_ends_it_and_what_was_finished_is_given():
    asked = []

    def call(job):
        asked.append(job.place.line)
        if job.place.line == 3:
            raise Trouble(Kind.REFUSED, "HTTP 401: expired")
        return take(job)

    found = []
    with pytest.raises(Unavailable, match="expired"):
        found.extend(gathered(50, call, at_once=1))
    assert asked == [1, 2, 3]
    assert len(found) == 2


def test_a_server_that_is_down_ends_it_after_a_few_jobs():
    asked = []

    def call(job):
        asked.append(job.place.line)
        raise Trouble(Kind.BUSY, "no connection")

    with pytest.raises(Unavailable, match="does not answer: no connection"):
        list(gathered(50, call, at_once=2))
    assert len(set(asked)) <= 5


def test_a_cancelled_watch_ends_it_without_a_take():
    asked = []

    def call(job):
        asked.append(job.key)
        return take(job)

    assert list(gathered(50, call, Watching(most=0))) == []
    assert asked == []
    watch = Watching(most=2)
    assert len(list(gathered(50, call, watch, at_once=1))) <= 2
    assert len(asked) < 50


def test_requests_that_an_earlier_batch_left_out_count_among_those_allowed(monkeypatch):
    monkeypatch.setattr("podforge.engines.network.gathering.BEAT_SECONDS", 0.01)
    monkeypatch.setattr("podforge.engines.network.gathering.GRACE_SECONDS", 0.1)
    release, out, most = threading.Event(), [], []

    def call(job):
        out.append(job.key)
        most.append(len(out))
        release.wait(10)
        out.remove(job.key)
        return take(job)

    manners, watch = Manners(2, Pace(0), AT_ONCE), Watching(most=1)
    assert list(gather(jobs(2), call, watch, manners)) == [], "given up: they take too long"
    assert len(out) == 2
    threading.Timer(0.2, release.set).start()
    assert len(list(gather(jobs(6), call, Watching(), manners))) == 6
    assert max(most) == 2


def test_long_requests_show_life(monkeypatch):
    monkeypatch.setattr("podforge.engines.network.gathering.BEAT_SECONDS", 0.01)
    watch, done = Watching(), threading.Event()

    def call(job):
        done.wait(0.2)
        return take(job)

    assert len(list(gathered(1, call, watch))) == 1
    assert len(watch.beats) > 3


# --- addresses and keys


@pytest.mark.parametrize(
    ("text", "address"),
    [("https://tts.example.org/v1/", "https://tts.example.org/v1"),
     ("tts.example.org", "https://tts.example.org"),
     ("http://127.0.0.1:8880/v1", "http://127.0.0.1:8880/v1"),
     ("http://localhost:8880", "http://localhost:8880"),
     ("http://[::1]:9/v1", "http://[::1]:9/v1")],
)  # fmt: skip
def test_addresses_are_https_or_of_this_machine(text, address):
    assert checked_address(text) == address


@pytest.mark.parametrize(
    "text",
    ["http://tts.example.org", "http://192.168.1.5:8880", "http://localhost.example.org",
     "ftp://x.org", "file:///etc/passwd", "https://me:secret@x.org", "https://x.org/?key=1", "",
     "localhost:8000"],
)  # fmt: skip
def test_other_addresses_are_refused(text):
    with pytest.raises(SettingError):
        checked_address(text)


def test_plain_http_may_be_allowed_and_the_host_is_known():
    url = checked_address("http://192.168.1.5:8880/v1", plain_http=True)
    assert host_of(url) == "192.168.1.5:8880"


def test_keys_come_from_the_user_and_are_taken_out_of_texts(monkeypatch):
    monkeypatch.setenv("SOME_KEY", " sk-12345 ")
    assert key_of({}, "SOME_KEY") == "sk-12345"
    assert key_of({"api_key": "mine"}, "SOME_KEY") == "mine"
    assert need_of({}, "SOME_KEY").found
    monkeypatch.delenv("SOME_KEY")
    assert "export SOME_KEY" in need_of({}, "SOME_KEY").remedy
    assert without("bad key sk-12345!", "sk-12345") == "bad key [key]!"
    assert without("a text", "") == "a text"


# --- sound


def wav(samples, rate=24_000, width=2, channels=1, declared=None):
    """PCM by Python's own writer; `declared` replaces the size in the header."""
    scaled = np.repeat(samples, channels) * (2 ** (8 * width - 1) - 1)
    wide = scaled.astype("<i4") if width > 1 else None
    data = (
        (scaled + 128).astype(np.uint8).tobytes()
        if wide is None
        else wide.view(np.uint8).reshape(-1, 4)[:, :width].tobytes()
    )
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((channels, width, rate, 0, "NONE", ""))
        sound.writeframes(data)
    body = bytearray(file.getvalue())
    if declared is not None:
        struct.pack_into("<I", body, 40, declared)
    return bytes(body)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_pcm_of_any_width_is_read(width, channels):
    wanted = np.sin(np.arange(500) / 9).astype(np.float32) * 0.5
    found, rate = samples_of(wav(wanted, 22_050, width, channels))
    assert rate == 22_050
    assert found.dtype == np.float32
    assert np.abs(found - wanted).max() < (2 / 128 if width == 1 else 1e-4)


def test_float_is_read_and_extensible_too():
    data = np.linspace(-1, 1, 100).astype("<f4").tobytes()
    form = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 48_000, 192_000, 4, 32, 22, 32, 4)
    form += struct.pack("<H", 3) + bytes(14)
    parts = b"WAVE" + b"LIST" + struct.pack("<I", 3) + b"abc\0"
    parts += b"fmt " + struct.pack("<I", len(form)) + form
    parts += b"data" + struct.pack("<I", len(data)) + data
    found, rate = samples_of(b"RIFF" + struct.pack("<I", len(parts)) + parts)
    assert rate == 48_000
    assert np.allclose(found, np.linspace(-1, 1, 100), atol=1e-6)


@pytest.mark.parametrize("declared", [0, 0xFFFFFFFF, 0x7FFFFFFF])
def test_a_streamed_header_that_knows_no_size_means_to_the_end(declared):
    found, _ = samples_of(wav(np.full(300, 0.25), declared=declared))
    assert len(found) == 300


def test_half_a_body_is_tried_again_and_a_page_of_html_is_not():
    with pytest.raises(Trouble, match="broke off") as half:
        samples_of(wav(np.zeros(1000))[:900])
    assert half.value.kind is Kind.BUSY
    with pytest.raises(Trouble, match=r"text/html and no WAV.*Bad gateway") as page:
        samples_of(b"<html>Bad gateway</html>", "text/html; charset=utf-8")
    assert page.value.kind is Kind.REFUSED
    with pytest.raises(Trouble, match="audio/mpeg and no WAV"):
        samples_of(b"ID3" + bytes(100), "audio/mpeg")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 60), st.binary(max_size=8))
def test_whatever_a_server_sends_is_sound_or_a_trouble(noise, at, junk):
    whole = wav(np.zeros(60) + 0.1)
    for body in noise, whole[:at] + junk + whole[at + len(junk) :], b"RIFF0000WAVE" + noise:
        try:
            found, rate = samples_of(body)
        except Trouble:
            continue
        assert np.isfinite(found).all()
        assert 8_000 <= rate <= 192_000


def test_an_address_here_without_http_is_told_with_it():
    with pytest.raises(SettingError, match="such as http://localhost:8000/v1"):
        checked_address("localhost:8000")
    with pytest.raises(SettingError) as caught:
        checked_address("https://x.org/?key=secret")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["http://[::1", "http://localhost:abc", "http://localhost:99999", "https://exa mple.org",
     "https://\u00e9..x"],
)  # fmt: skip
def test_what_is_no_address_is_an_error_of_ours(text):
    with pytest.raises(SettingError, match="no address"):
        checked_address(text)


def test_a_fault_of_the_engine_itself_loses_no_take_that_was_asked_for():
    turn = threading.Barrier(3, timeout=10)

    def call(job):
        if job.place.line <= 3:
            turn.wait()
        if job.place.line == 2:
            raise IndexError("a short list")
        if job.place.line > 3:
            time.sleep(0.1)  # by then the fault has been heard of
        return take(job)

    found = []
    with pytest.raises(IndexError):
        found.extend(gathered(9, call, at_once=3))
    assert {each.key for each in found} >= {jobs(9)[0].key, jobs(9)[2].key}
    assert len(found) < 8
