"""A web site on loopback that serves a folder, and misbehaves on request."""

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


@dataclass
class Site:
    """A running site."""

    folder: Path
    port: int
    requested: list[str] = field(default_factory=list)
    cut: threading.Event = field(default_factory=threading.Event)
    """Set when a drip was cut off by its reader."""

    def address(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/{path}"


class _Answers(SimpleHTTPRequestHandler):
    """Files of the folder, and paths that begin with an underscore: /_status/503, /_to?url=, /_drip/NAME?rate=BYTES."""

    def __init__(self, *args: object, site: Site, **kwargs: object) -> None:
        self.site = site
        super().__init__(*args, directory=str(site.folder), **kwargs)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.site.requested.append(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        match parts.path.strip("/").split("/"):
            case ["_status", status]:
                self.send_error(int(status))
            case ["_to"]:
                self.send_response(302)
                self.send_header("Location", query["url"])
                self.end_headers()
            case ["_drip", name]:
                self._drip((self.site.folder / name).read_bytes(), int(query["rate"]))
            case ["_endless.mp3"]:
                self._endless("audio/mpeg", b"\xff\xfb\x90\x00" * 4096)
            case ["_endless.html"]:
                self._endless("text/html", b"<!DOCTYPE html><html>" + b"<p>and so on</p>" * 65536)
            case _:
                self.path = parts.path  # also when asked as a proxy, with a whole address
                super().do_GET()

    def _drip(self, body: bytes, bytes_per_s: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "audio/flac")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        block = max(bytes_per_s // 20, 1)
        try:
            for start in range(0, len(body), block):
                self.wfile.write(body[start : start + block])
                time.sleep(0.05)
        except OSError:
            self.site.cut.set()

    def _endless(self, media_type: str, block: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.end_headers()
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(block)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Readers that hang up are part of the tests."""


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    """Serve a folder until the block ends."""
    site = Site(folder, 0)
    server = _Server(("127.0.0.1", 0), partial(_Answers, site=site))
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
