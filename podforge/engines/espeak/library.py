"""espeak-ng through ctypes, made forgetful: every utterance starts from the same state.

The library keeps state between utterances (a flutter index in static memory survives
`espeak_Terminate`), so one utterance is: load, initialise, seed, speak, terminate, unload.
This costs about a millisecond.  One process must not run two of these at a time.
"""

import _ctypes
import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

RATE = 22_050  # samples per second of every espeak-ng voice
SEED = 1  # of the breath noise

# Numbers of espeak-ng's public header `speak_lib.h`.
_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS
_BUFFER_MS = 60  # part of the sound: another length gives other bytes
_DONT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT
_UTF8 = 1  # espeakCHARS_UTF8; neither espeakSSML nor espeakPHONEMES is ever set
_PARAMETERS = {"rate": 1, "volume": 2, "pitch": 3, "range": 4, "wordgap": 7}
_LIST_END, _WORD = 0, 1  # event types


@dataclass(frozen=True)
class Tuning:
    """How espeak-ng is set for an utterance; `voice` is `family/language` or with `+variant`."""

    voice: str
    pitch: int
    range: int
    rate: int
    volume: int
    wordgap: int


@dataclass(frozen=True)
class Spoken:
    """16-bit mono PCM at `RATE`, and `(character, sample)` of each word event, from 0."""

    pcm: bytes
    words: tuple[tuple[int, int], ...]


class LibraryError(Exception):
    """espeak-ng refused; the text says what."""


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_SynthCallback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event)
)
_UriCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p)


# Refuses every file that a text asks to splice into the sound (1: do not play it).
_refuse_uri = _UriCallback(lambda _kind, _uri, _base: 1)


def say(library: Path, data: Path, text: str, tuning: Tuning) -> Spoken:
    """Speak `text`, which holds no control characters, from a fresh state.

    `data` is the folder that holds `espeak-ng-data`.  Raises `LibraryError`.
    """
    blocks: list[bytes] = []
    words: list[tuple[int, int]] = []

    def receive(wave: int | None, count: int, events: "ctypes._Pointer[_Event]") -> int:
        if wave and count > 0:
            blocks.append(ctypes.string_at(wave, 2 * count))
        index = 0
        while events and events[index].type != _LIST_END:
            event = events[index]
            if event.type == _WORD:
                words.append((event.text_position - 1, event.sample))
            index += 1
        return 0

    with _loaded(library, data) as espeak:
        callback = _SynthCallback(receive)  # a name: it must outlive the synthesis
        espeak.espeak_SetSynthCallback(callback)
        espeak.espeak_SetUriCallback(_refuse_uri)
        _tune(espeak, tuning)
        spoken = text.encode() + b"\0"
        status = espeak.espeak_Synth(
            spoken, ctypes.c_size_t(len(spoken)), 0, 1, 0, _UTF8, None, None
        )
        if status != 0:
            raise LibraryError(f"espeak-ng could not speak (status {status})")
        espeak.espeak_Synchronize()
    return Spoken(b"".join(blocks), tuple(words))


@contextmanager
def _loaded(library: Path, data: Path) -> Iterator[ctypes.CDLL]:
    """The library in its first state; unloaded again at the end."""
    espeak = ctypes.CDLL(str(library))
    try:
        rate = espeak.espeak_Initialize(_SYNCHRONOUS, _BUFFER_MS, os.fsencode(data), _DONT_EXIT)
        if rate != RATE:
            raise LibraryError(f"espeak-ng could not read its data in {data}")
        espeak.espeak_ng_SetRandSeed(ctypes.c_long(SEED))
        try:
            yield espeak
        finally:
            espeak.espeak_Terminate()
    finally:
        _unload(espeak._handle)


# ctypes loads libraries but offers no public way to unload one.
_unload: Callable[[int], None] = getattr(_ctypes, "dlclose", None) or _ctypes.FreeLibrary  # type: ignore[attr-defined]


def _tune(espeak: ctypes.CDLL, tuning: Tuning) -> None:
    if espeak.espeak_SetVoiceByName(tuning.voice.encode()) != 0:
        raise LibraryError(f'espeak-ng has no voice "{tuning.voice}"')
    for name, number in _PARAMETERS.items():  # a change of voice resets them
        espeak.espeak_SetParameter(number, getattr(tuning, name), 0)
