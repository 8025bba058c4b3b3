"""A Hugging Face Hub of one model on this machine, with the faults that tests ask for."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

MODEL = "someone/tiny-hf"


@dataclass
class Hub:
    """What the server holds and does; `asked` is what it was asked for."""

    files: dict[str, bytes]
    commit: str = "a" * 40
    refuses: tuple[int, str] | None = None  # every request: status and X-Error-Code
    fails: dict[str, int] = field(default_factory=dict)  # of one file: status
    drops: dict[str, int] = field(default_factory=dict)  # of one file: cut off so many times
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def fetched(self, name: str) -> int:
        """How often a file's content was asked for."""
        return sum(line.startswith("GET") and line.endswith(f"/{name}") for line in self.asked)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


class _Server(ThreadingHTTPServer):
    def __init__(self, hub: Hub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, body: bool) -> None:
        hub = self.server.hub
        path = unquote(urlsplit(self.path).path)
        hub.asked.append(f"{self.command} {path}")
        if hub.refuses:
            status, code = hub.refuses
            self._send(status, b"", {"X-Error-Code": code}, body)
        elif path in (f"/api/models/{MODEL}", f"/api/models/{MODEL}/revision/main"):
            self._send_json(_info(hub), body)
        elif path.startswith(f"/api/models/{MODEL}/tree/{hub.commit}"):
            self._send_json(_tree(hub), body)
        elif path.startswith(f"/{MODEL}/resolve/{hub.commit}/"):
            self._send_file(path.rsplit("/", 1)[1], body)
        else:
            self._send(404, b"", {"X-Error-Code": "RepoNotFound"}, body)

    def _send_file(self, name: str, body: bool) -> None:
        hub = self.server.hub
        content = hub.files[name]
        if body and name in hub.fails:
            self._send(hub.fails[name], b"", {}, body)
            return
        first = 0
        if wanted := self.headers.get("Range"):
            first = int(wanted.removeprefix("bytes=").split("-")[0])
        headers = {"X-Repo-Commit": hub.commit, "ETag": f'"{_digest(content)}"'}
        if first:
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        cut = body and hub.drops.get(name, 0) > 0
        self._send(206 if first else 200, content[first:], headers, body, cut=cut)
        if cut:
            hub.drops[name] -= 1
            self.close_connection = True

    def _send_json(self, value: object, body: bool) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"}, body)

    def _send(
        self,
        status: int,
        content: bytes,
        headers: dict[str, str],
        body: bool,
        *,
        cut: bool = False,
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content[: len(content) // 2] if cut else content)


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    with _Server(hub) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _info(hub: Hub) -> dict[str, object]:
    siblings = [
        {"rfilename": name, "size": len(content), "blobId": _digest(content)}
        for name, content in hub.files.items()
    ]
    return {"id": MODEL, "modelId": MODEL, "sha": hub.commit, "siblings": siblings, "tags": []}


def _tree(hub: Hub) -> list[dict[str, object]]:
    return [
        {"type": "file", "path": name, "size": len(content), "oid": _digest(content)}
        for name, content in hub.files.items()
    ]
