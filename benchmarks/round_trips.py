"""How often a client waits for its server: a wire between the two that counts the turns of the talk."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Wire:
    """A port that leads to the server's; ``trips`` counts the times that a client spoke after an answer."""

    port: int
    trips: int = 0


@contextmanager
def counted(host: str, port: int) -> Iterator[Wire]:
    """Lead one connection at a time from a free port to a server, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        wire = Wire(door.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(door, (host, port), wire), daemon=True)
        thread.start()
        try:
            yield wire
        finally:
            door.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(door: socket.socket, server: tuple[str, int], wire: Wire) -> None:
    while True:
        try:
            client, _ = door.accept()
        except OSError:
            return
        with client, socket.create_connection(server) as behind:
            _carry(client, behind, wire)


def _carry(client: socket.socket, server: socket.socket, wire: Wire) -> None:
    asking = False
    with selectors.DefaultSelector() as both:
        for mine, other in ((client, server), (server, client)):
            mine.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            both.register(mine, selectors.EVENT_READ, other)
        while True:
            for key, _ in both.select():
                heard = key.fileobj.recv(65_536)  # type: ignore[union-attr]
                if not heard:
                    return
                if key.fileobj is client and not asking:
                    wire.trips += 1
                asking = key.fileobj is client
                key.data.sendall(heard)
