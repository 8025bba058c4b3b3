"""Speaks through ElevenLabs' own client; in a worker process only."""

import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite
from typing import Any

import httpx
import numpy as np
from elevenlabs import DialogueInput
from elevenlabs import ElevenLabs as Client
from elevenlabs.core.api_error import ApiError
from pydantic import ConfigDict, TypeAdapter

from podforge.cast import Voice
from podforge.clip import Word
from podforge.engines.base import Take, VoiceState
from podforge.engines.elevenlabs.answers import LimitedClient
from podforge.engines.elevenlabs.options import CONTEXT, Options, VoiceOptions
from podforge.engines.network.gathering import Manners, gather
from podforge.engines.network.keys import without
from podforge.engines.network.pace import Pace
from podforge.engines.network.patience import Patience
from podforge.engines.network.troubles import Kind, Trouble, message_in, of_status, seconds_asked
from podforge.engines.performing import bracketed, marked, sendable
from podforge.events import Watch
from podforge.plan import Job, Utterance

MOST_IDS = 3  # of earlier takes, that a request may name
REMEMBERED = 64  # takes whose ids are kept for the lines that follow them
# Base64 (RFC 4648), in a fourth of the time that the standard library takes.
BASE64 = TypeAdapter(bytes, config=ConfigDict(val_json_bytes="base64"))


class ElevenLabsEngine:
    """A client of the service."""

    def __init__(self, options: Options, key: str, hint: str = "") -> None:
        self._options, self._key = options, key
        pace, patience = Pace(options.per_minute), Patience(options.tries)
        self._manners = Manners(options.requests, pace, patience, hint)
        self._ids: OrderedDict[str, tuple[str, ...]] = OrderedDict()  # by the end of what was said
        self._http = LimitedClient(options.timeout)
        self._client = Client(
            api_key=key, base_url=options.address, httpx_client=self._http, timeout=options.timeout
        )

    def embed(self, voice: Voice) -> VoiceOptions:
        """Nothing is computed here: the service knows the voice by its id."""
        return VoiceOptions.of(voice.settings)

    def speak(
        self, jobs: Sequence[Job], voices: Mapping[str, VoiceState], watch: Watch
    ) -> Iterator[Take]:
        """Several requests at once; takes as they come."""
        return gather(jobs, lambda job: self._request(job, voices), watch, self._manners)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _request(self, job: Job, voices: Mapping[str, VoiceState]) -> Take:
        """One request.  Raises `Trouble`."""
        try:
            if self._options.dialogue:
                return self._dialogue(job, voices)
            return self._line(job, voices[job.voices[0].identity])
        except ApiError as error:
            said = without(message_in(error.body), self._key)
            if error.status_code is None or error.status_code < 300:
                page = said.lstrip().startswith("<")  # of a proxy, a hotel, a login
                text = f"an answer nobody understands: {' '.join(said.split())[:200]}"
                raise Trouble(Kind.REFUSED if page else Kind.WRONG, text) from None
            headers = {name.lower(): value for name, value in (error.headers or {}).items()}
            wait = seconds_asked(headers.get("retry-after"), time.time())
            raise of_status(error.status_code, said, wait) from None
        except httpx.TimeoutException:
            raise Trouble(Kind.BUSY, f"no answer within {self._options.timeout:g} s") from None
        except httpx.HTTPError as error:
            cause = without(str(error), self._key)
            raise Trouble(Kind.BUSY, f"the connection failed: {cause}") from None

    def _line(self, job: Job, voice: VoiceState) -> Take:
        """One line, with what stands around it; its words come with their times."""
        assert isinstance(voice, VoiceOptions)
        (said,), options = job.utterances, self._options
        text = _speakable(said)
        stitched = options.continuity == "ids" and bool(options.context)
        earlier = self._ids.get(job.before, ()) if stitched else ()
        around: dict[str, Any] = {"previous_request_ids": list(earlier)} if earlier else {}
        if job.before and not earlier:
            around["previous_text"] = sendable(job.before)
        if job.after:
            around["next_text"] = sendable(job.after)
        with _understanding():
            reply = self._client.text_to_speech.with_raw_response.convert_with_timestamps(
                voice.voice_id,
                text=text,
                **self._usual(job, voice_settings=_settings(voice)),
                **around,
            )
        if request := reply.headers.get("request-id"):
            self._remember(said.text, (*earlier, request)[-MOST_IDS:])
        samples = _samples(reply.data)
        alignment = getattr(reply.data, "alignment", None)
        words = _words(said.text, text, alignment, self._options.rate, len(samples))
        return Take(job.key, samples, options.rate, words=(words,) if words else None)

    def _dialogue(self, job: Job, voices: Mapping[str, VoiceState]) -> Take:
        """Several turns in one call; the service says where each ended, about."""
        inputs = []
        for said in job.utterances:
            voice = voices[job.voices[said.slot].identity]
            assert isinstance(voice, VoiceOptions)
            text = _speakable(said)
            inputs.append(DialogueInput(text=text, voice_id=voice.voice_id))
        with _understanding():
            reply = self._client.text_to_dialogue.convert_with_timestamps(
                inputs=inputs, **self._usual(job)
            )
        samples, rate = _samples(reply), self._options.rate
        ends = _ends(getattr(reply, "voice_segments", None))
        marks = tuple(min(len(samples), round(ends[n] * rate)) for n in sorted(ends))
        return Take(job.key, samples, rate, marks=marks)

    def _usual(self, job: Job, **more: object) -> dict[str, Any]:
        """What every request says; `more` joins its JSON as it is."""
        options, language = self._options, job.utterances[0].language.partition("-")[0].lower()
        return {
            "model_id": options.model,
            "output_format": f"pcm_{options.rate}",
            "seed": job.seed % 2**32,
            "request_options": {
                "max_retries": 0,
                "timeout_in_seconds": options.timeout,
                "additional_body_parameters": more,
            },
            **({"language_code": language} if options.takes_language and language else {}),
        }

    def _remember(self, text: str, ids: tuple[str, ...]) -> None:
        self._ids[text[-CONTEXT:]] = ids
        if len(self._ids) > REMEMBERED:
            self._ids.popitem(last=False)


@contextmanager
def _understanding() -> Iterator[None]:
    """Turn what the client makes of JSON with other types than it expects into `Trouble`.

    It was an answer, so it is paid: nobody asks again.
    """
    try:
        yield
    except (AttributeError, TypeError, ValueError) as error:
        text = f"an answer nobody understands: {type(error).__name__}"
        raise Trouble(Kind.WRONG, text) from error


def _speakable(said: Utterance) -> str:
    """What is sent.  Raises `Trouble` for a text without a word: it would be paid, and silent."""
    if not any(c.isalnum() for c in said.text):
        raise Trouble(Kind.MUTE, "there is nothing to say")
    return sendable(marked(said, bracketed))


def _settings(voice: VoiceOptions) -> dict[str, object]:
    return {
        "stability": voice.stability,
        "similarity_boost": voice.similarity,
        "style": voice.style,
        "speed": voice.speed,
        "use_speaker_boost": voice.boost,
    }


def _samples(reply: Any) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    """16-bit PCM in base64 as float32.  Raises `Trouble` when it is missing or broken.

    The client checks nothing: a field of its models may be anything.
    """
    coded = getattr(reply, "audio_base_64", None)
    try:
        data = BASE64.validate_strings(coded if isinstance(coded, str) else "")
    except ValueError:  # pydantic's is one, and it repeats what was sent
        raise Trouble(Kind.WRONG, "the service sent broken sound") from None
    if len(data) < 2:
        raise Trouble(Kind.WRONG, "the service sent no sound")
    found: np.ndarray[tuple[int], np.dtype[np.float32]]
    found = np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float32)
    return found / np.float32(32_768)


def _words(plain: str, sent: str, alignment: Any, rate: int, samples: int) -> tuple[Word, ...]:
    """The words with their times, of the times of the characters that were sent.

    Nothing where the service counted otherwise, or where marks stand in what was sent.
    """
    starts = _times(getattr(alignment, "character_start_times_seconds", None))
    ends = _times(getattr(alignment, "character_end_times_seconds", None))
    if sent != plain or not len(starts) == len(ends) == len(plain):
        return ()
    words, first = [], -1
    for at, letter in enumerate(plain + " "):
        if not letter.isspace() and first < 0:
            first = at
        elif letter.isspace() and first >= 0:
            start, end = round(starts[first] * rate), round(ends[at - 1] * rate)
            if 0 <= start < min(end, samples):
                words.append(Word(first, at, start, min(end, samples)))
            first = -1
    return tuple(words)


def _times(found: Any) -> list[float]:
    """A list of times in seconds; empty when it is anything else."""
    times = found if isinstance(found, list) else []
    return times if all(isinstance(time, int | float) and isfinite(time) for time in times) else []


def _ends(segments: Any) -> dict[int, float]:
    """When each input of a dialogue ended, in seconds, as far as the service says."""
    ends: dict[int, float] = {}
    for segment in segments if isinstance(segments, list) else ():
        number = getattr(segment, "dialogue_input_index", None)
        end = _times([getattr(segment, "end_time_seconds", None)])
        if isinstance(number, int) and end:
            ends[number] = max(ends.get(number, 0.0), *end)
    return ends
