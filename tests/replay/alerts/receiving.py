"""A receiver of webhooks for tests: a real server on this machine that answers as it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Heard:
    """One request."""

    headers: dict[str, str]
    body: str


@dataclass
class Receiving:
    """What was heard; ``answer`` gives the status of the n-th request, 0 for none at all."""

    answer: Callable[[int], int] = lambda _turn: 204
    heard: list[Heard] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    @property
    def ids(self) -> list[str]:
        return [one.headers["webhook-id"] for one in self.heard]


@contextmanager
def receiving(answer: Callable[[int], int] = lambda _turn: 204) -> Iterator[Receiving]:
    """Serve until the block ends. A status of 0 keeps the sender waiting until the block ends."""
    told = Receiving(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.heard.append(Heard(headers, body))
            status = told.answer(len(told.heard))
            told.arrived.set()
            if not status:
                told.release.wait(30)
                return
            self.send_response(status)
            if status == 302:
                self.send_header("Location", told.url)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_port}/hook?for=malha"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield told
    finally:
        told.release.set()
        server.shutdown()
        server.server_close()
        thread.join()
