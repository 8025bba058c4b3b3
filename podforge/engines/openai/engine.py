"""Speaks through a server, with OpenAI's own client; in a worker process only."""

import base64
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2
import openai

from podforge.cast import Voice
from podforge.engines.base import Take, VoiceState
from podforge.engines.network.gathering import gather
from podforge.engines.network.keys import without
from podforge.engines.network.pace import Pace
from podforge.engines.network.patience import Patience
from podforge.engines.network.sounds import MOST_BYTES, samples_of
from podforge.engines.network.troubles import Kind, Trouble, of_status, seconds_asked
from podforge.engines.openai.options import Options, VoiceOptions
from podforge.engines.openai.profiles import Profile
from podforge.engines.performing import in_parentheses, instruction, marked, sendable
from podforge.events import Watch
from podforge.plan import Job

NO_KEY = "none"  # the client wants one, also for servers that do not
MOST_REFERENCE = 32 * 1024**2  # bytes of a recording that travels with each request


@dataclass(frozen=True)
class ServerVoice:
    """A voice as requests name it: by a name there, or by a recording that is sent along."""

    options: VoiceOptions
    recording: str = ""  # data URL (RFC 2397)


class SpeechServerEngine:
    """A client of one server."""

    def __init__(self, profile: Profile, options: Options, key: str) -> None:
        self._profile, self._options, self._key = profile, options, key
        self._pace = Pace(options.per_minute)
        self._client = openai.OpenAI(
            api_key=key or NO_KEY,
            base_url=options.address,
            max_retries=0,  # we try again ourselves: told to stop, we stop
            timeout=options.timeout,
            http_client=openai.DefaultHttpxClient(
                base_url=options.address, timeout=options.timeout, follow_redirects=False
            ),
        )

    def embed(self, voice: Voice) -> ServerVoice:
        """Nothing is computed here; the server makes what it needs of a name or a recording."""
        options = VoiceOptions.of(self._profile, voice.settings)
        if options.voice or not voice.reference:
            return ServerVoice(options)
        data = Path(voice.reference).read_bytes()
        return ServerVoice(options, "data:audio/wav;base64," + base64.b64encode(data).decode())

    def speak(
        self, jobs: Sequence[Job], voices: Mapping[str, VoiceState], watch: Watch
    ) -> Iterator[Take]:
        """Several requests at once; takes as they come."""
        return gather(
            jobs,
            lambda job: self._request(job, voices),
            watch,
            at_once=self._options.at_once,
            pace=self._pace,
            patience=Patience(self._options.tries),
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _request(self, job: Job, voices: Mapping[str, VoiceState]) -> Take:
        """One request.  Raises `Trouble`."""
        voice = voices[job.voices[0].identity]
        assert isinstance(voice, ServerVoice)
        try:
            body, kind = self._ask(job, voice)
        except openai.APIStatusError as error:
            wait = seconds_asked(error.response.headers.get("retry-after"), time.time())
            said = without(str(error.body or error.message), self._key)
            raise of_status(error.status_code, said, wait) from None
        except (openai.APITimeoutError, httpx2.TimeoutException):
            seconds = f"{self._options.timeout:g} s"
            raise Trouble(Kind.BUSY, f"no answer within {seconds}") from None
        except (openai.APIConnectionError, httpx2.HTTPError) as error:
            cause = without(str(error.__cause__ or error), self._key)
            raise Trouble(Kind.BUSY, f"the connection failed: {cause}") from None
        return Take(job.key, *samples_of(body, kind))

    def _ask(self, job: Job, voice: ServerVoice) -> tuple[bytes, str]:
        """The body of the reply, and its content type."""
        (said,), profile = job.utterances, self._profile
        text = sendable(marked(said, in_parentheses) if profile.delivery == "marks" else said.text)
        if not any(c.isalnum() for c in text):
            raise Trouble(Kind.WRONG, "there is nothing to say")
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
        if profile.seed:
            extra["seed"] = job.seed % 2**31
        return extra
