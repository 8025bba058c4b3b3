"""A local server that speaks the real protocols of speech services, and misbehaves when told.

A fault is queued with `server.faults.append(...)` and meets the next request: `Reply(429, ...)`, or
`HALF`, `HANG_UP`, `PAGE`, `slow(seconds)`; one in `server.lines` meets every request with such a
text.  What was asked is in `server.asked`, in order.
"""

import base64
import email
import email.policy
import io
import json
import re
import sys
import threading
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

RATE = 24_000
CHARACTERS_PER_SECOND = 15


@dataclass(frozen=True)
class Reply:
    """What a request gets."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    send: float = 1.0  # the share of the body that is sent
    wait: float = 0.0  # seconds before it
    drop: bool = False  # the connection is closed without a word


HALF = Reply(send=0.5)
HANG_UP = Reply(drop=True)
PAGE = Reply(200, b"<html><title>Log in to the hotel</title></html>", {"Content-Type": "text/html"})


def slow(seconds: float) -> Reply:
    return Reply(wait=seconds)


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class SpeechServer:
    """`voices` at `/v1/audio/voices`; `key`: what a request must carry, if anything."""

    port: int = 0
    key: str = ""
    faults: list[Reply] = field(default_factory=list)
    lines: dict[str, Reply] = field(default_factory=dict)
    lives: int = sys.maxsize  # requests that it answers before it dies
    asked: list[Asked] = field(default_factory=list)
    voices: dict[str, dict[str, str]] = field(default_factory=dict)
    most_at_once: int = 0
    at_once: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base(self) -> str:
        return f"{self.url}/v1"

    def spoken(self) -> list[str]:
        """The texts that were asked for."""
        return [asked.json["input"] for asked in self.asked if asked.path.endswith("/speech")]

    def fault(self, asked: Asked) -> Reply | None:
        """What goes wrong with a request, if anything."""
        if len(self.asked) > self.lives:
            return HANG_UP
        found = [reply for text, reply in self.lines.items() if text.encode() in asked.body]
        return (found or (self.faults and [self.faults.pop(0)]) or [None])[0]

    def reply(self, asked: Asked) -> Reply:
        """What a good server says."""
        given = asked.headers.get("authorization", asked.headers.get("xi-api-key", ""))
        if self.key and given.removeprefix("Bearer ") != self.key:
            said = {"error": {"message": f"Incorrect API key provided: {given}"}}
            return Reply(401, json.dumps(said).encode(), {"Content-Type": "application/json"})
        if asked.path == "/v1/audio/speech":
            return Reply(200, wav(speech(asked.json["input"])), {"Content-Type": "audio/wav"})
        if asked.path.startswith("/v1/text-to-"):
            return self.elevenlabs(asked)
        if asked.path == "/v1/audio/voices" and asked.method == "POST":
            form = form_of(asked)
            self.voices[form["name"]] = form
            said = {"success": True, "voice": {"name": form["name"]}}
            return Reply(200, json.dumps(said).encode(), {"Content-Type": "application/json"})
        if asked.path == "/v1/audio/voices" and asked.method == "GET":
            said = {"voices": sorted(self.voices)}
            return Reply(200, json.dumps(said).encode(), {"Content-Type": "application/json"})
        return Reply(404, b'{"error": {"message": "no such path"}}')

    def elevenlabs(self, asked: Asked) -> Reply:
        """ElevenLabs' answers with times; `with-timestamps` is the end of both paths."""
        assert asked.path.partition("?")[0].endswith("/with-timestamps")
        rate = int(re.search(r"output_format=pcm_(\d+)", asked.path)[1])
        dialogue = asked.path.startswith("/v1/text-to-dialogue")
        inputs = asked.json["inputs"] if dialogue else [asked.json]
        parts, segments, at = [], [], 0
        for number, text in enumerate(each["text"] for each in inputs):
            sound = speech(text)
            segments.append(
                {"voice_id": "v", "dialogue_input_index": number, "character_start_index": 0,
                 "character_end_index": len(text), "start_time_seconds": at / rate,
                 "end_time_seconds": (at + len(sound)) / rate}
            )  # fmt: skip
            gap = np.zeros(rate * 3 // 10 * dialogue)
            parts += [sound, gap]
            at += len(sound) + len(gap)
        data = (np.concatenate(parts) * 32767).astype("<i2").tobytes()
        said: dict[str, Any] = {"audio_base64": base64.b64encode(data).decode()}
        if dialogue:
            said |= {"voice_segments": segments}
        else:
            characters = list(inputs[0]["text"])
            edges = np.linspace(0.1, at / rate - 0.1, len(characters) + 1).tolist()
            said["alignment"] = {
                "characters": characters,
                "character_start_times_seconds": edges[:-1],
                "character_end_times_seconds": edges[1:],
            }
        headers = {"Content-Type": "application/json", "request-id": f"req-{len(self.asked)}"}
        return Reply(200, json.dumps(said).encode(), headers)


def form_of(asked: Asked) -> dict[str, str]:
    """The fields of a multipart form (RFC 7578); of a file its content, as Latin-1."""
    head = b"Content-Type: " + asked.headers["content-type"].encode() + b"\r\n\r\n"
    message = email.message_from_bytes(head + asked.body, policy=email.policy.HTTP)
    return {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True).decode(
            "latin-1"
        )
        for part in message.iter_parts()
    }


def speech(text: str) -> "np.ndarray[Any, Any]":
    """Bursts as long as somebody would speak, another pitch for another text; 0.1 s of silence."""
    rng = np.random.default_rng(abs(hash(text)) % 2**32 if not text else sum(map(ord, text)))
    hop = RATE * 60 // 1000
    count = max(4, round(len(text) / CHARACTERS_PER_SECOND * 1000 / 60))
    parts = [
        np.convolve(rng.normal(0, 0.03, hop), rng.normal(0, 1, 16), "same") for _ in range(count)
    ]
    silence = np.zeros(RATE // 10)
    return np.clip(np.concatenate([silence, *parts, silence]), -0.9, 0.9)


def wav(samples: "np.ndarray[Any, Any]", rate: int = RATE) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((1, 2, rate, 0, "NONE", ""))
        sound.writeframes((samples * 32767).astype("<i2").tobytes())
    return file.getvalue()


@contextmanager
def serving(server: SpeechServer | None = None) -> Iterator[SpeechServer]:
    """A server on a port of this machine, for as long as the block runs."""
    server = server or SpeechServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def do_DELETE(self) -> None:
            self.answer()

        def log_message(self, *_: object) -> None:
            pass

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, body)
            with server.turn:
                server.asked.append(asked)
                fault = server.fault(asked)
                server.at_once += 1
                server.most_at_once = max(server.most_at_once, server.at_once)
            try:
                with suppress(ConnectionError):  # whoever has heard enough hangs up
                    self.send(fault, asked)
            finally:
                with server.turn:
                    server.at_once -= 1

        def send(self, fault: Reply | None, asked: Asked) -> None:
            if fault and fault.drop:
                self.close_connection = True
                self.connection.close()
                return
            time.sleep(fault.wait if fault else 0.0)
            good = fault is None or (fault.status == 200 and not fault.body)
            reply = server.reply(asked) if good else fault
            assert reply is not None
            share = fault.send if fault else 1.0
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body[: int(len(reply.body) * share)])
            if share < 1:
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        server.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()
            thread.join()
