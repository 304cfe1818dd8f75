"""Asks one HTTP server over several connections at once from one thread, and tells what its processes cost."""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Window:
    """What was measured in one window: seconds of each answer, and the processor's seconds of server and database."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    server: float = 0.0
    database: float = 0.0


class _Client:
    """One connection, which has one request on its way."""

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests, self.received, self.begun = requests, bytearray(), 0.0

    def send(self) -> None:
        self.received.clear()
        self.begun = time.perf_counter()
        self.socket.sendall(next(self.requests))

    def receive(self) -> bool:
        """Read what is there; return whether the answer is complete."""
        part = self.socket.recv(1 << 20)
        if not part:
            raise ConnectionError("the server closed the connection")
        self.received += part
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self.received[:end]).lower()
        if not head.startswith(b"http/1.1 200"):
            raise ValueError(bytes(self.received[:600]))
        place = head.find(b"content-length:")
        if place < 0:
            return self.received.endswith(b"0\r\n\r\n")  # in chunks
        length = int(head[place + 15 :].split(b"\r\n", 1)[0])
        return len(self.received) >= end + 4 + length


def request_of(port: int, body: bytes, headers: Iterable[str] = ()) -> bytes:
    """Return the bytes of a POST to /graphql."""
    lines = ("POST /graphql HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Type: application/json",
             "Accept: application/graphql-response+json", f"Content-Length: {len(body)}", *headers)  # fmt: skip
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def window(
    port: int, requests: Sequence[bytes], seconds: float, connections: int, server: int, database: int | None
) -> Window:
    """Send requests in turn for some seconds over some connections; ``database`` is the postmaster, whose children work."""
    turns = cycle(requests)
    clients = [_Client(port, turns) for _ in range(connections)]
    found = Window()
    with selectors.DefaultSelector() as ready:
        for client in clients:
            ready.register(client.socket, selectors.EVENT_READ, client)
            client.send()
        before = _used(server), _children(database)
        begin = time.perf_counter()
        end, waiting = begin + seconds, len(clients)
        while waiting:
            for key, _ in ready.select(timeout=60):
                client = key.data
                if not client.receive():
                    continue
                now = time.perf_counter()
                found.latencies.append(now - client.begun)
                if now < end:
                    client.send()
                else:
                    waiting -= 1
        found.seconds = time.perf_counter() - begin
        found.server, found.database = _used(server) - before[0], _children(database) - before[1]
    for client in clients:
        client.socket.close()
    return found


def _used(process: int) -> float:
    """Return the processor's seconds that a process has used, with its children that ended."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def _children(parent: int | None) -> float:
    if parent is None:
        return 0.0
    found = _used(parent)
    for place in Path("/proc").iterdir():
        if place.name.isdecimal():
            try:
                stat = (place / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile
            if int(stat[1]) == parent:
                found += sum(map(int, stat[11:15])) / TICKS
    return found
