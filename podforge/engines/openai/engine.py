"""Speaks through a server, with OpenAI's own client; in a worker process only."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import openai

from podforge.cast import Voice
from podforge.engines.base import Take, VoiceState
from podforge.engines.network.gathering import Manners, gather
from podforge.engines.network.pace import Pace
from podforge.engines.network.patience import Patience
from podforge.engines.network.sounds import MOST_BYTES, samples_of
from podforge.engines.network.troubles import Kind, Trouble
from podforge.engines.openai.client import asking, open_client
from podforge.engines.openai.options import Options, VoiceOptions
from podforge.engines.openai.profiles import Profile
from podforge.engines.performing import bracketed, instruction, marked, sendable
from podforge.errors import InputError, Place, Unavailable
from podforge.events import Watch
from podforge.plan import Job


@dataclass(frozen=True)
class ServerVoice:
    """A voice as requests name it: by a name there, or by a recording that is sent along."""

    options: VoiceOptions
    recording: str = ""  # data URL (RFC 2397)


class SpeechServerEngine:
    """A client of one server."""

    def __init__(
        self, profile: Profile, options: Options, key: str, hint: str = "", shy: bool = False
    ) -> None:
        """`shy`: the server was named by a file that others wrote; it gets no recordings."""
        self._profile, self._options, self._key, self._shy = profile, options, key, shy
        pace, patience = Pace(options.per_minute), Patience(options.tries)
        self._manners = Manners(options.at_once, pace, patience, hint)
        self._client = open_client(options, key)

    def embed(self, voice: Voice) -> ServerVoice:
        """Nothing is computed here; the server makes what it needs of a name or a recording.

        Raises `InputError` where the server must be told what is said in the recording.
        """
        options = VoiceOptions.of(self._profile, voice.settings)
        if options.voice or not voice.reference:
            return ServerVoice(options)
        if self._profile.transcribed and not options.ref_text:
            text = f"{self._profile.name} must know what is said in it: set ref_text in voice.yaml"
            raise InputError.at(Place(voice.reference), text)
        if self._shy:
            text = f"the recording of {voice.name} goes only to a server that you name"
            raise Unavailable(text, hint="name it with --base-url or in your own configuration")
        data = Path(voice.reference).read_bytes()
        return ServerVoice(options, "data:audio/wav;base64," + base64.b64encode(data).decode())

    def speak(
        self, jobs: Sequence[Job], voices: Mapping[str, VoiceState], watch: Watch
    ) -> Iterator[Take]:
        """Several requests at once; takes as they come."""
        return gather(jobs, lambda job: self._request(job, voices), watch, self._manners)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _request(self, job: Job, voices: Mapping[str, VoiceState]) -> Take:
        """One request.  Raises `Trouble`."""
        voice = voices[job.voices[0].identity]
        assert isinstance(voice, ServerVoice)
        with asking(self._options, self._key):
            body, kind = self._ask(job, voice)
            return Take(job.key, *samples_of(body, kind))

    def _ask(self, job: Job, voice: ServerVoice) -> tuple[bytes, str]:
        """The body of the reply, and its content type."""
        (said,), profile = job.utterances, self._profile
        text = sendable(marked(said, bracketed) if profile.delivery == "marks" else said.text)
        if not any(c.isalnum() for c in said.text):
            raise Trouble(Kind.MUTE, "there is nothing to say")
        told = instruction(said, voice.options.instructions)
        with self._client.audio.speech.with_streaming_response.create(
            input=text,
            model=self._options.model,
            voice=voice.options.voice or "default",
            response_format="wav",
            speed=voice.options.speed if voice.options.speed != 1.0 else openai.omit,
            instructions=told if told and profile.delivery == "instructions" else openai.omit,
            extra_body=self._extra(job, voice),
        ) as reply:
            body = bytearray()
            for block in reply.iter_bytes():
                body += block
                if len(body) > MOST_BYTES:
                    raise Trouble(Kind.WRONG, "the server sent far more than the text can be")
            return bytes(body), reply.headers.get("content-type", "")

    def _extra(self, job: Job, voice: ServerVoice) -> dict[str, object]:
        """What the server understands beside OpenAI's own fields."""
        profile, (said,) = self._profile, job.utterances
        extra: dict[str, object] = {**profile.body}
        primary = said.language.partition("-")[0].lower()
        if name := profile.language_names.get(primary):
            extra["language"] = name
        if voice.options.task_type:
            extra["task_type"] = voice.options.task_type
        if voice.recording:
            extra["ref_audio"] = voice.recording
            if voice.options.ref_text:
                extra["ref_text"] = voice.options.ref_text
            else:  # the sound of the voice alone; less like it than with the words
                extra["x_vector_only_mode"] = True
        if profile.seed:
            extra["seed"] = job.seed % 2**31
        return extra
