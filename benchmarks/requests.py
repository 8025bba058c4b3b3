"""What podforge adds to one request to a speech server, beside a bare HTTP client.

The official clients that podforge uses stand in between: some of what is added is theirs.

    python -m benchmarks.requests [--times 300] [--seconds 4]

A server in a process of its own answers at once with the same sound.  The clients take turns; the
medians are wall clock, from the text to samples (podforge) or to the reply (the others).
"""

import argparse
import base64
import io
import json
import statistics
import subprocess
import sys
import time
import wave
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import elevenlabs
import httpx
import openai

from podforge.cast import Settings, Voice
from podforge.engines.base import EngineSpec
from podforge.engines.elevenlabs.spec import ElevenLabs
from podforge.engines.openai.spec import Openai
from podforge.testing import job_of, speak

TEXT = "Good evening, and welcome back to the bakery, where it is forty two past four."
RATE = 24_000
FIRST = 20  # that nobody counts: connections, imports


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=4.0, help="of sound in each reply")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.seconds)
    command = [sys.executable, "-m", "benchmarks.requests", "--serve"]
    command += ["--seconds", str(arguments.seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            compare(f"http://127.0.0.1:{int(server.stdout.readline())}", arguments.times)
        finally:
            server.kill()


def compare(url: str, times: int) -> None:
    print("median of a request, ms      httpx     client   podforge    added")
    speech = f"{url}/v1/audio/speech", {"input": TEXT, "model": "tts-1", "voice": "alloy"}
    spoken = asking(Openai, {"base_url": f"{url}/v1", "model": "tts-1"}, {"voice": "alloy"})
    row("openai", times, bare(*speech), openai_client(f"{url}/v1"), spoken)
    line = f"{url}/v1/text-to-speech/abc/with-timestamps", {"text": TEXT}
    settings = {"base_url": url, "api_key": "sk-benchmark"}
    spoken = asking(ElevenLabs, settings, {"voice_id": "abc"})
    row("elevenlabs", times, bare(*line), elevenlabs_client(url), spoken)


def row(name: str, times: int, *callers: Callable[[], object]) -> None:
    taken: list[list[float]] = [[] for _ in callers]
    for _ in range(FIRST + times):
        for call, found in zip(callers, taken, strict=True):
            begun = time.perf_counter()
            call()
            found.append(time.perf_counter() - begun)
    plain, client, ours = (1000 * statistics.median(found[FIRST:]) for found in taken)
    print(f"{name:<24} {plain:9.2f} {client:10.2f} {ours:10.2f} {ours - plain:8.2f}")


def bare(url: str, body: dict[str, str]) -> Callable[[], None]:
    client = httpx.Client()

    def call() -> None:
        assert client.post(url, json=body).raise_for_status().content

    return call


def openai_client(url: str) -> Callable[[], object]:
    create = openai.OpenAI(api_key="none", base_url=url).audio.speech.create
    return lambda: create(input=TEXT, model="tts-1", voice="alloy", response_format="wav").content


def elevenlabs_client(url: str) -> Callable[[], object]:
    client = elevenlabs.ElevenLabs(api_key="none", base_url=url).text_to_speech
    return lambda: client.convert_with_timestamps("abc", text=TEXT)


def asking(spec: type[EngineSpec], settings: Settings, voice: Settings) -> Callable[[], None]:
    own = spec()
    engine = own.load(settings)
    job = job_of(own, [TEXT], [Voice("v", "id", own.voice_settings(voice))], settings)

    def call() -> None:
        (take,) = speak(engine, [job])
        assert take.key == job.key

    return call


def serve(seconds: float) -> None:
    """Answer every request with the same sound; print the port first."""
    sound = bytes(2 * int(seconds * RATE))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(sound)
    edges = [seconds * n / len(TEXT) for n in range(len(TEXT) + 1)]
    timed = {
        "audio_base64": base64.b64encode(sound).decode(),
        "alignment": {
            "characters": list(TEXT),
            "character_start_times_seconds": edges[:-1],
            "character_end_times_seconds": edges[1:],
        },
    }
    bodies = {True: (file.getvalue(), "audio/wav"),
              False: (json.dumps(timed).encode(), "application/json")}  # fmt: skip

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet, or the kernel waits for an acknowledgement between two

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body, kind = bodies[self.path.endswith("/speech")]
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        print(listener.server_address[1], flush=True)
        listener.serve_forever()


if __name__ == "__main__":
    main()
